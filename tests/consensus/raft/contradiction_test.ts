import { assertEquals } from "@std/assert";
import {
  Consensus,
  type ConsensusEffect,
  type ConsensusMessage,
  type Entry,
} from "../../../lib/consensus/raft/mod.ts";
import { appendOf, machineOf, tell, THREE } from "./single_machine.ts";

type Append = ConsensusMessage & { type: "append" };

/** A node with a log of those terms, which is known to be committed up to `commit`. */
function committedTo(
  commit: number,
  terms: Parameters<typeof machineOf>[0],
  voters?: string[],
): Consensus {
  return machineOf(terms, { commit, life: "of n1", ...(voters === undefined ? {} : { voters }) });
}

function hear(machine: Consensus, fields: Partial<Append>): ConsensusEffect[] {
  return tell(machine, 10, "n2", appendOf({ term: 2, ...fields }));
}

function contradictions(effects: readonly ConsensusEffect[]): unknown[] {
  return effects.filter(({ type }) => type === "contradicted").map((effect) => {
    const { by, index, how } = effect as ConsensusEffect & { type: "contradicted" };
    return [by, index, how];
  });
}

const command = (index: number, term: number): Entry => ({ index, term, type: "command", data: 0 });

Deno.test("what is known to be committed is applied at the restart, and no more", () => {
  const effects = committedTo(3, [1, 1, 1, 1]).handle(0, { type: "tick" });
  const applied = effects.flatMap((effect) => effect.type === "apply" ? effect.entries : []);
  assertEquals(applied.map(({ index }) => index), [1, 2, 3]);
  assertEquals(committedTo(9, [1, 1]).status().commitIndex, 2);
});

Deno.test("a leader with another entry where one is committed contradicts it, also after a restart", () => {
  const machine = committedTo(3, [1, 1, 1, 1]);
  const other = { previousIndex: 2, previousTerm: 1, entries: [command(3, 2)] };
  const effects = hear(machine, other);
  assertEquals(contradictions(effects), [["n2", 3, "other-entry"]]);
  assertEquals(machine.status().lastIndex, 4);
  assertEquals(effects.filter(({ type }) => type === "send"), []);
});

Deno.test("another entry where none is committed takes its place", () => {
  const machine = committedTo(3, [1, 1, 1, 1]);
  const other = { previousIndex: 3, previousTerm: 1, entries: [command(4, 2)] };
  assertEquals(contradictions(hear(machine, other)), []);
  assertEquals([machine.status().lastIndex, machine.termAt(4)], [4, 2]);
});

Deno.test("an append behind a committed entry of another term contradicts it", () => {
  const machine = committedTo(3, [1, 1, 1]);
  const other = { term: 3, previousIndex: 3, previousTerm: 2, entries: [command(4, 3)] };
  assertEquals(contradictions(hear(machine, other)), [["n2", 3, "other-entry"]]);
});

Deno.test("a term that another life of its leader has begun is contradicted where that is committed", () => {
  const terms = [1, 1, { term: 2, life: "first" }, 2];
  const again = { previousIndex: 4, previousTerm: 2, entries: [command(5, 2)] };
  for (const life of ["first", undefined]) {
    const fields = life === undefined ? again : { ...again, life };
    const machine = committedTo(4, terms);
    assertEquals(contradictions(hear(machine, fields)), []);
    assertEquals(machine.status().lastIndex, 5);
  }
  const second = { ...again, life: "second" };
  assertEquals(contradictions(hear(committedTo(4, terms), second)), [["n2", 3, "other-entry"]]);
  const uncommitted = committedTo(2, terms);
  assertEquals(contradictions(hear(uncommitted, second)), []);
  assertEquals(uncommitted.status().lastIndex, 2);
});

Deno.test("a log that ends before what it has acknowledged to this leader has lost entries", () => {
  const machine = committedTo(2, [1, 1]);
  const known = { previousIndex: 2, previousTerm: 1 };
  assertEquals(contradictions(hear(machine, { ...known, held: 2 })), []);
  assertEquals(contradictions(hear(machine, { ...known, held: 3 })), [["n2", 3, "lost-entries"]]);
});

Deno.test("a leader whose follower has committed what it has not is the one that is behind", () => {
  const machine = committedTo(2, [1, 1], ["n1"]);
  machine.handle(0, { type: "tick" });
  const change = { type: "add-learner", node: "n2" } as const;
  machine.handle(1, { type: "change", request: 1, change });
  const { term, lastIndex } = machine.status();
  assertEquals([term, lastIndex], [2, 4]);
  const answer = (index: number) =>
    machine.handle(2, {
      type: "message",
      from: "n2",
      message: {
        type: "appended",
        term,
        ok: true,
        index,
        hintIndex: 0,
        hintTerm: 0,
        round: 0,
        sentAt: 0,
      },
    });
  assertEquals(contradictions(answer(4)), []);
  assertEquals(contradictions(answer(9)), [["n2", 9, "leader-behind"]]);
});

Deno.test("a snapshot of another term where one is committed contradicts it", () => {
  const machine = committedTo(3, [1, 1, 1]);
  const snapshot = { index: 3, term: 2, config: { voters: THREE, learners: [] } };
  const effects = machine.handle(1, { type: "snapshot-received", from: "n2", term: 3, snapshot });
  assertEquals(contradictions(effects), [["n2", 3, "other-entry"]]);
  assertEquals(effects.some(({ type }) => type === "discard-snapshot"), true);
});
