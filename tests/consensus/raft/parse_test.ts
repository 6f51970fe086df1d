import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  Consensus,
  CONSENSUS_MESSAGE_TYPES,
  parseConsensusMessage,
  parseSnapshotMeta,
} from "../../../lib/consensus/raft/mod.ts";
import { CONFIG_NODES, SeededRandom } from "../../../lib/core/mod.ts";
import { APPEND_ENTRIES } from "../../../lib/consensus/raft/limits.ts";

const APPEND = {
  type: "append",
  term: 3,
  previousIndex: 4,
  previousTerm: 2,
  entries: [{ index: 5, term: 3, type: "command", data: "x" }],
  commit: 4,
  round: 1,
  sentAt: 10.5,
};

function reasonOf(given: unknown): string | undefined {
  const parsed = parseConsensusMessage(given);
  return parsed.ok ? undefined : parsed.reason;
}

Deno.test("a message is taken or refused with its reason", () => {
  const entry = APPEND.entries[0]!;
  const config = { voters: ["a", "b"], learners: ["c"] };
  const table: [unknown, string | undefined][] = [
    [APPEND, undefined],
    [{ ...APPEND, more: "fields are ignored" }, undefined],
    [{ ...APPEND, entries: [] }, undefined],
    [{ ...APPEND, entries: [{ ...entry, type: "config", data: config }] }, undefined],
    [null, "not an object"],
    [{ ...APPEND, term: -1 }, "term is not a whole number"],
    [{ ...APPEND, term: 1e300 }, "term is not a whole number"],
    [{ type: "probe", term: 1 }, "unknown type"],
    [{ ...APPEND, entries: "x" }, "append: entries is not a list"],
    [{ ...APPEND, entries: Array(APPEND_ENTRIES + 1) }, `append: over ${APPEND_ENTRIES} entries`],
    [{ ...APPEND, previousTerm: 4 }, "append: previousTerm is past its term"],
    [{ ...APPEND, sentAt: "now" }, "append: sentAt is not a number"],
    [{ ...APPEND, electionTimeoutMs: 1_200 }, undefined],
    [{ ...APPEND, electionTimeoutMs: -1 }, "append: electionTimeoutMs is not a whole"],
    [{ ...APPEND, electionTimeoutMs: "1" }, "append: electionTimeoutMs is not a whole"],
    [
      { ...APPEND, entries: [{ ...entry, index: 6 }] },
      "append: entry 5: its index does not follow",
    ],
    [{ ...APPEND, entries: [{ ...entry, term: 4 }] }, "append: entry 5: its term does not follow"],
    [{ ...APPEND, entries: [{ ...entry, term: 1 }] }, "append: entry 5: its term does not follow"],
    [{ ...APPEND, entries: [{ ...entry, type: "other" }] }, "append: entry 5: unknown type"],
    [
      {
        ...APPEND,
        entries: [{ ...entry, type: "config", data: { voters: ["a", "a"], learners: [] } }],
      },
      "append: entry 5: config names a node twice",
    ],
    [{ type: "vote", term: 1, pre: 0, granted: true }, "vote: pre is not a flag"],
  ];
  for (const [given, reason] of table) assertEquals(reasonOf(given), reason, JSON.stringify(given));
});

Deno.test("each list of a configuration holds ids alone, and no more than fit", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);
  const noId = "append: entry 5: config holds what is no id";
  const table: [config: unknown, reason: string | undefined][] = [
    [{ voters: ids(CONFIG_NODES), learners: [] }, undefined],
    [{ voters: ids(3), learners: ids(CONFIG_NODES).slice(3) }, undefined],
    [
      { voters: ids(3), learners: ids(CONFIG_NODES + 1).slice(3) },
      `append: entry 5: config has over ${CONFIG_NODES} nodes`,
    ],
    [{ voters: ["a"], learners: "b" }, "append: entry 5: config lists no voters and learners"],
    [{ voters: ["a"] }, "append: entry 5: config lists no voters and learners"],
    [["a"], "append: entry 5: config is not an object"],
    ...["", 7, null, ["b"], {}, "x".repeat(65)].flatMap((
      stranger,
    ): [config: unknown, reason: string][] => [
      [{ voters: ["a", stranger], learners: ["c"] }, noId],
      [{ voters: ["a"], learners: ["c", stranger] }, noId],
    ]),
    [{ voters: ["a"], learners: ["a"] }, "append: entry 5: config names a node twice"],
    [{ voters: ["a"], learners: ["b", "b"] }, "append: entry 5: config names a node twice"],
  ];
  for (const [data, reason] of table) {
    const entries = [{ ...APPEND.entries[0]!, type: "config", data }];
    assertEquals(reasonOf({ ...APPEND, entries }), reason, JSON.stringify(data));
  }
});

Deno.test("a snapshot without a sound configuration is refused", () => {
  assertEquals(
    parseSnapshotMeta({ index: 1, term: 1, config: { voters: [], learners: [] } }).ok,
    true,
  );
  for (const given of [{}, { index: 1, term: 1 }, { index: 1, term: 1, config: { voters: [7] } }]) {
    assertEquals(parseSnapshotMeta(given).ok, false);
  }
});

Deno.test("nothing that arrives makes the machine throw, and its term stays sound", () => {
  const type = fc.constantFrom(...CONSENSUS_MESSAGE_TYPES);
  const whole = fc.oneof(fc.nat(6), fc.maxSafeInteger(), fc.anything());
  const flag = fc.oneof(fc.boolean(), fc.anything());
  const entry = fc.record({
    index: fc.nat(6),
    term: fc.nat(4),
    type: fc.constantFrom("noop", "command", "config", "x"),
    data: fc.constantFrom(null, "x", { voters: ["n1", "n2"], learners: [] }),
  });
  const message = fc.record({
    type,
    term: fc.oneof(fc.nat(4), fc.anything()),
    pre: flag,
    transfer: flag,
    granted: flag,
    ok: flag,
    lastIndex: whole,
    lastTerm: whole,
    previousIndex: fc.nat(4),
    previousTerm: fc.nat(3),
    entries: fc.oneof(fc.array(entry, { maxLength: 3 }), fc.anything()),
    commit: whole,
    round: whole,
    sentAt: whole,
    index: whole,
    hintIndex: whole,
    hintTerm: whole,
    read: whole,
  }, { requiredKeys: ["type", "term"] });
  const from = fc.constantFrom("n2", "n3", "stranger");
  fc.assert(
    fc.property(fc.array(fc.tuple(from, message), { maxLength: 40 }), (messages) => {
      const machine = new Consensus({
        id: "n1",
        random: new SeededRandom(1),
        timing: { electionTimeoutMs: 100, heartbeatMs: 20 },
        bootstrap: { voters: ["n1", "n2", "n3"] },
      });
      let now = 0;
      let term = 0;
      for (const [sender, given] of messages) {
        now += 30;
        machine.handle(now, { type: "tick" });
        machine.handle(now, { type: "message", from: sender, message: given as { type: string } });
        machine.handle(now, { type: "propose", proposals: [{ request: now, data: "x" }] });
        const status = machine.status();
        assertEquals(status.term >= term && status.commitIndex <= status.lastIndex, true);
        term = status.term;
      }
    }),
    { numRuns: 300 },
  );
});
