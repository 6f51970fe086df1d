import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Change, Config, Entry } from "../../../lib/consensus/raft/mod.ts";
import { changeConfig, ConfigHistory } from "../../../lib/consensus/raft/config_history.ts";
import { RaftLog } from "../../../lib/consensus/raft/log.ts";
import { InvariantError } from "../../../lib/core/mod.ts";

function entriesOf(terms: number[], first = 1): Entry[] {
  return terms.map((term, i) => ({
    index: first + i,
    term,
    type: "command",
    data: `e${first + i}`,
  }));
}

Deno.test("a log knows its ends and the terms between", () => {
  const log = new RaftLog(3, 2, entriesOf([2, 4, 4], 4));
  assertEquals([log.firstIndex, log.lastIndex, log.lastTerm], [4, 6, 4]);
  const table = [[2, undefined], [3, 2], [4, 2], [5, 4], [6, 4], [7, undefined]] as const;
  for (const [index, term] of table) assertEquals(log.termAt(index), term, `${index}`);
});

Deno.test("a log takes neither gaps nor terms that go back", () => {
  const log = new RaftLog(0, 0, entriesOf([1, 3]));
  assertThrows(() => log.append(entriesOf([3], 4)), InvariantError);
  assertThrows(() => log.append(entriesOf([2], 3)), InvariantError);
});

Deno.test("a slice is bounded by bytes and entries, but holds one entry at least", () => {
  const log = new RaftLog(0, 0, entriesOf([1, 1, 1, 1]));
  const indexes = (bounds: Parameters<RaftLog["slice"]>[1]) =>
    log.slice(2, bounds).map(({ index }) => index);
  assertEquals(indexes({}), [2, 3, 4]);
  assertEquals(indexes({ entries: 2 }), [2, 3]);
  assertEquals(indexes({ through: 3 }), [2, 3]);
  assertEquals(indexes({ bytes: 1 }), [2]);
  assertEquals(indexes({ bytes: log.bytesAt(2) + log.bytesAt(3) }), [2, 3]);
});

Deno.test("a tail is bounded by bytes and entries", () => {
  const log = new RaftLog(2, 1, entriesOf([1, 1, 1, 1], 3));
  const each = log.bytesAt(3);
  const table = [
    [6, 9, Infinity, 3],
    [6, 2, Infinity, 5],
    [6, 0, Infinity, 7],
    [5, 9, 2 * each, 4],
    [5, 9, 2 * each - 1, 5],
    [5, 9, 0, 6],
  ] as const;
  for (const [index, entries, bytes, start] of table) {
    assertEquals(log.startOfTail(index, { entries, bytes }), start, `${index} ${entries} ${bytes}`);
  }
});

Deno.test("the bytes of entries that were truncated go with them", () => {
  const sized = (index: number, size: number): Entry => ({
    index,
    term: 1,
    type: "command",
    data: "x".repeat(size),
  });
  const log = new RaftLog(0, 0, [sized(1, 10), sized(2, 1_000), sized(3, 2_000)]);
  log.truncateFrom(2);
  log.append([sized(2, 20), sized(3, 30)]);
  const fresh = new RaftLog(0, 0, [sized(1, 10), sized(2, 20), sized(3, 30)]);
  for (const index of [1, 2, 3]) assertEquals(log.bytesAt(index), fresh.bytesAt(index), `${index}`);
  assertEquals(log.bytesBetween(1, 3), fresh.bytesBetween(1, 3));
});

Deno.test("a compacted and truncated log agrees with a plain list of terms", () => {
  const terms = fc.array(fc.nat(5), { minLength: 1, maxLength: 30 })
    .map((steps) => steps.map((_, i) => 1 + steps.slice(0, i + 1).filter((s) => s === 0).length));
  fc.assert(
    fc.property(
      terms,
      fc.nat(30),
      fc.nat(30),
      fc.nat(40),
      fc.nat(8),
      (given, cut, base, at, term) => {
        const log = new RaftLog(0, 0, entriesOf(given));
        const compacted = Math.min(base, given.length);
        log.compactThrough(compacted);
        const kept = Math.max(compacted, Math.min(cut, given.length));
        if (kept < given.length) log.truncateFrom(kept + 1);
        assertEquals(log.lastIndex, kept);
        const known = at >= compacted && at <= kept ? (at === 0 ? 0 : given[at - 1]) : undefined;
        assertEquals(log.termAt(at), known);
        let most = compacted;
        for (
          let i = compacted + 1;
          i <= Math.min(at, kept);
          i++
        ) if (given[i - 1]! <= term) most = i;
        assertEquals(log.findAtMost(at, term), most);
      },
    ),
  );
});

Deno.test("a truncated configuration gives way to the one before it", () => {
  const history = new ConfigHistory({ index: 0, config: { voters: ["a"], learners: [] } });
  const config = { voters: ["a", "b"], learners: [] };
  history.append([{ index: 4, term: 1, type: "config", data: config }]);
  assertEquals(history.latest.config.voters, ["a", "b"]);
  assertEquals(history.at(3).config.voters, ["a"]);
  history.truncateFrom(4);
  assertEquals(history.latest.config.voters, ["a"]);
});

Deno.test("a compacted history still knows the configuration in force", () => {
  const history = new ConfigHistory();
  history.append([
    { index: 2, term: 1, type: "config", data: { voters: ["a"], learners: [] } },
    { index: 6, term: 1, type: "config", data: { voters: ["b"], learners: [] } },
  ]);
  history.compactThrough(5);
  assertEquals(history.at(5).config.voters, ["a"]);
  history.truncateFrom(6);
  assertEquals(history.latest.config.voters, ["a"]);
});

Deno.test("configurations change one step at a time", () => {
  const config = { voters: ["a", "b"], learners: ["c"] };
  const table: [Change, Config | string][] = [
    [{ type: "add-learner", node: "d" }, { voters: ["a", "b"], learners: ["c", "d"] }],
    [{ type: "promote", node: "c" }, { voters: ["a", "b", "c"], learners: [] }],
    [{ type: "demote", node: "b" }, { voters: ["a"], learners: ["c", "b"] }],
    [{ type: "remove", node: "a" }, { voters: ["b"], learners: ["c"] }],
    [{ type: "remove", node: "c" }, { voters: ["a", "b"], learners: [] }],
    [{ type: "add-learner", node: "a" }, "a takes part already"],
    [{ type: "promote", node: "b" }, "b is not a learner"],
    [{ type: "demote", node: "c" }, "c is not a voter"],
    [{ type: "remove", node: "d" }, "d takes no part"],
  ];
  for (const [change, result] of table) assertEquals(changeConfig(config, change), result);
  const last = { voters: ["a"], learners: ["c"] };
  assertEquals(changeConfig(last, { type: "remove", node: "a" }), "The last voter has to stay");
});
