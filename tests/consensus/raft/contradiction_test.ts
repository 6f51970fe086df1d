import { assertEquals } from "@std/assert";
import {
  Consensus,
  type ConsensusEffect,
  type ConsensusMessage,
  type Entry,
} from "../../../lib/consensus/raft/mod.ts";
import { type Message, SeededRandom } from "../../../lib/core/mod.ts";

const VOTERS = ["n1", "n2", "n3"];
type Append = ConsensusMessage & { type: "append" };

/** A node with a log of those terms, which is known to be committed up to `commit`. */
function machineOf(
  terms: readonly (number | { term: number; life: string })[],
  commit: number,
  voters = VOTERS,
): Consensus {
  const entries = terms.map((one, at): Entry => {
    const index = at + 1;
    if (typeof one === "number") return { index, term: one, type: "command", data: `e${index}` };
    return { index, term: one.term, type: "noop", data: one.life };
  });
  return new Consensus({
    id: "n1",
    random: new SeededRandom(1),
    timing: { electionTimeoutMs: 700, heartbeatMs: 150 },
    life: "of n1",
    restored: {
      term: entries.at(-1)?.term ?? 0,
      votedFor: null,
      snapshot: { index: 0, term: 0, config: { voters, learners: [] } },
      entries,
      commit,
    },
  });
}

function tell(machine: Consensus, fields: Partial<Append>): ConsensusEffect[] {
  const message = {
    type: "append",
    term: 2,
    previousIndex: 0,
    previousTerm: 0,
    entries: [],
    commit: 0,
    round: 1,
    sentAt: 0,
    ...fields,
  };
  return machine.handle(10, { type: "message", from: "n2", message: message as Message });
}

function contradictions(effects: readonly ConsensusEffect[]): unknown[] {
  return effects.filter(({ type }) => type === "contradicted").map((effect) => {
    const { by, index, how } = effect as ConsensusEffect & { type: "contradicted" };
    return [by, index, how];
  });
}

const command = (index: number, term: number): Entry => ({ index, term, type: "command", data: 0 });

Deno.test("what is known to be committed is applied at the restart, and no more", () => {
  const effects = machineOf([1, 1, 1, 1], 3).handle(0, { type: "tick" });
  const applied = effects.flatMap((effect) => effect.type === "apply" ? effect.entries : []);
  assertEquals(applied.map(({ index }) => index), [1, 2, 3]);
  assertEquals(machineOf([1, 1], 9).status().commitIndex, 2);
});

Deno.test("a leader with another entry where one is committed contradicts it, also after a restart", () => {
  const machine = machineOf([1, 1, 1, 1], 3);
  const other = { previousIndex: 2, previousTerm: 1, entries: [command(3, 2)] };
  const effects = tell(machine, other);
  assertEquals(contradictions(effects), [["n2", 3, "other-entry"]]);
  assertEquals(machine.status().lastIndex, 4);
  assertEquals(effects.filter(({ type }) => type === "send"), []);
});

Deno.test("another entry where none is committed takes its place", () => {
  const machine = machineOf([1, 1, 1, 1], 3);
  const other = { previousIndex: 3, previousTerm: 1, entries: [command(4, 2)] };
  assertEquals(contradictions(tell(machine, other)), []);
  assertEquals([machine.status().lastIndex, machine.termAt(4)], [4, 2]);
});

Deno.test("an append behind a committed entry of another term contradicts it", () => {
  const machine = machineOf([1, 1, 1], 3);
  const other = { term: 3, previousIndex: 3, previousTerm: 2, entries: [command(4, 3)] };
  assertEquals(contradictions(tell(machine, other)), [["n2", 3, "other-entry"]]);
});

Deno.test("a term that another life of its leader has begun is contradicted where that is committed", () => {
  const terms = [1, 1, { term: 2, life: "first" }, 2];
  const again = { previousIndex: 4, previousTerm: 2, entries: [command(5, 2)] };
  for (const life of ["first", undefined]) {
    const fields = life === undefined ? again : { ...again, life };
    const machine = machineOf(terms, 4);
    assertEquals(contradictions(tell(machine, fields)), []);
    assertEquals(machine.status().lastIndex, 5);
  }
  const second = { ...again, life: "second" };
  assertEquals(contradictions(tell(machineOf(terms, 4), second)), [["n2", 3, "other-entry"]]);
  const uncommitted = machineOf(terms, 2);
  assertEquals(contradictions(tell(uncommitted, second)), []);
  assertEquals(uncommitted.status().lastIndex, 2);
});

Deno.test("a log that ends before what it has acknowledged to this leader has lost entries", () => {
  const machine = machineOf([1, 1], 2);
  const known = { previousIndex: 2, previousTerm: 1 };
  assertEquals(contradictions(tell(machine, { ...known, held: 2 })), []);
  assertEquals(contradictions(tell(machine, { ...known, held: 3 })), [["n2", 3, "lost-entries"]]);
});

Deno.test("a leader whose follower has committed what it has not is the one that is behind", () => {
  const machine = machineOf([1, 1], 2, ["n1"]);
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
  const machine = machineOf([1, 1, 1], 3);
  const snapshot = { index: 3, term: 2, config: { voters: VOTERS, learners: [] } };
  const effects = machine.handle(1, { type: "snapshot-received", from: "n2", term: 3, snapshot });
  assertEquals(contradictions(effects), [["n2", 3, "other-entry"]]);
  assertEquals(effects.some(({ type }) => type === "discard-snapshot"), true);
});
