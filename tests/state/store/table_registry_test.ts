import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError } from "../../../lib/core/mod.ts";
import { PROTOCOL_1_TABLES, State, TableRegistry } from "../../../lib/state/store/mod.ts";
import { TALLY, type Tally } from "./tally_table.ts";

const registry = new TableRegistry([TALLY]);
const add = (name: string, by: number) => ({ type: "tally-add", name, by });
const put = { type: "put", key: "a", value: 1 };

function copyOf(state: State, tables = registry): State {
  return State.restore(JSON.parse(JSON.stringify([...state.snapshot()])), tables);
}

function countsOf(state: State): [string, number][] {
  return [...(state.table("tally") as Tally).counts];
}

Deno.test("a further table is applied, remembered by sessions and kept in snapshots", () => {
  const state = new State(registry);
  state.apply(1, { type: "session-open", ttlMs: 1_000, drawnId: 7 });
  const stamped = { ...add("a", 2), session: 7, sequence: 1 };
  for (const [index, isReplay] of [[2, false], [3, true]] as const) {
    const applied = state.apply(index, stamped, "tally");
    assertEquals(applied.isReplay, isReplay);
    assertEquals<unknown>(applied.outcome, {
      ok: true,
      revision: 1,
      result: { type: "tally", count: 2 },
    });
  }
  const { outcome } = state.apply(4, add("a", 99), "tally");
  assertEquals(outcome.ok ? "ok" : outcome.error.code, "TOO_MANY");
  assertEquals(countsOf(state), [["a", 2]]);
  const copy = copyOf(state);
  assertEquals(countsOf(copy), [["a", 2]]);
  assertEquals(copy.digest(), state.digest());
});

Deno.test("what a further table's commands lack is an outcome, alike on every replica", () => {
  const [one, other] = [new State(registry), new State(registry)];
  for (const state of [one, other]) {
    const { outcome } = state.apply(1, { type: "tally-add", name: 5 }, "tally");
    assertEquals(outcome.ok ? "ok" : outcome.error.code, "BAD_REQUEST");
  }
  assertEquals(one.digest(), other.digest());
});

Deno.test("who does not know the table of an entry never answers it, and stays where it was", () => {
  const older = new State();
  older.apply(1, put);
  const digest = older.digest();
  const error = assertThrows(() => older.apply(2, add("a", 1), "tally"), ClusterError, "newer");
  assertEquals(error.code, "NEWER_CLUSTER");
  assertEquals(older.digest(), digest);
  // Of a table that is known, too, there may be later commands.
  const known = new State(registry);
  assertThrows(() => known.apply(1, { type: "tally-divide" }, "tally"), ClusterError, "newer");
  assertThrows(() => known.apply(1, put, "tally"), ClusterError, "newer");
});

Deno.test("an entry that names no table is of the first four, whatever a client wrote into it", () => {
  const outcomes = [new State(), new State(registry)].map((state) =>
    state.apply(1, add("a", 1)).outcome
  );
  assertEquals(outcomes[0], outcomes[1]);
  assertEquals(outcomes[0]?.ok, false);
});

Deno.test("a snapshot names each further table that was ever used, also an empty one", () => {
  const unused = new State(registry);
  unused.apply(1, put);
  assertEquals(copyOf(unused, PROTOCOL_1_TABLES).digest(), unused.digest());
  const used = new State(registry);
  used.apply(1, add("a", 1), "tally");
  used.apply(2, { type: "tally-reset", name: "a", by: 0 }, "tally");
  assertEquals([used.hasUsed("tally"), unused.hasUsed("tally")], [true, false]);
  assertEquals(copyOf(used).hasUsed("tally"), true);
  const error = assertThrows(() => copyOf(used, PROTOCOL_1_TABLES), ClusterError, "newer");
  assertEquals(error.code, "NEWER_CLUSTER");
});

Deno.test("tables that would be taken for each other are refused when they are registered", () => {
  const wrong = [
    { ...TALLY, name: "keys" },
    { ...TALLY, name: "talk" },
    { ...TALLY, sections: ["base"] },
    { ...TALLY, name: "put", sections: ["puts"] },
  ];
  for (const kind of wrong) assertThrows(() => new TableRegistry([kind]), TypeError);
  assertThrows(() => new TableRegistry([TALLY, TALLY]), TypeError);
});

Deno.test("a command is the leader's alone unless its table gives it to clients", () => {
  const proposedBy = (type: string) => registry.find(type)?.rule.proposedBy ?? "leader";
  assertEquals(
    ["put", "compact", "expire", "advance", "tally-add", "tally-reset"].map(proposedBy),
    ["clients", "clients", "leader", "leader", "clients", "leader"],
  );
});

Deno.test("what is no object is no command, of no table, and every replica says so", () => {
  for (const data of [undefined, null, "put", 5, true, [], [put]]) {
    const { outcome } = new State(registry).apply(1, data);
    const error = outcome.ok ? undefined : outcome.error;
    assertEquals(
      [error?.code, error?.message],
      ["BAD_REQUEST", "A command is an object"],
      JSON.stringify(data),
    );
  }
});
