import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { parseMessage, parseRecord } from "../../lib/membership/mod.ts";
import { metadataBytes } from "../../lib/membership/parse.ts";
import { idOf } from "./cluster.ts";

const RECORD = {
  id: idOf(1),
  name: "one",
  address: "10.0.0.1:8001",
  incarnation: 3,
  state: "alive",
  tags: { zone: "a" },
  services: ["greet"],
};

function reasonOf(record: unknown): string {
  const parsed = parseRecord(record);
  assert(!parsed.ok, `accepted ${JSON.stringify(record)?.slice(0, 80)}`);
  return parsed.reason;
}

Deno.test("a record is read as it was written, without unknown fields", () => {
  assertEquals(parseRecord({ ...RECORD, novelty: 1 }), { ok: true, value: RECORD as never });
});

Deno.test("a record that lies about its shape is refused with a reason", () => {
  const table: [wrong: Record<string, unknown>, reason: string][] = [
    [{ id: "x" }, "without an id"],
    [{ id: idOf(1).toUpperCase().replace("0190", "ABCD") }, "without an id"],
    [{ name: "" }, "without a name"],
    [{ name: "n".repeat(129) }, "without a name"],
    [{ address: "nowhere" }, "without an address"],
    [{ address: 8001 }, "without an address"],
    [{ incarnation: -1 }, "without an incarnation"],
    [{ incarnation: 1.5 }, "without an incarnation"],
    [{ incarnation: 2 ** 60 }, "without an incarnation"],
    [{ state: "undead" }, "without a state"],
    [{ tags: [] }, "tags"],
    [{ tags: { a: 1 } }, "tags"],
    [{ tags: JSON.parse('{"__proto__": "x"}') }, "tags"],
    [{ tags: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ""])) }, "tags"],
    [{ tags: { a: "x".repeat(4_096) } }, "more than 4096 bytes"],
    [{ services: "greet" }, "services"],
    [{ services: [""] }, "services"],
    [{ services: Array(257).fill("a") }, "services"],
    [{ state: "suspect", by: ["x"] }, "by"],
    [{ state: "suspect", refused: Array(9).fill(idOf(1)) }, "refused"],
    [{ state: "dead", ageMs: -1 }, "age"],
    [{ state: "dead", cause: "x".repeat(201) }, "cause"],
  ];
  for (const [wrong, reason] of table) {
    assertStringIncludes(reasonOf({ ...RECORD, ...wrong }), reason);
  }
  for (const record of [null, 1, "x", []]) assertStringIncludes(reasonOf(record), "not an object");
});

Deno.test("a message keeps its good records and names the bad ones", () => {
  const parsed = parseMessage({ type: "gossip", gossip: [RECORD, { ...RECORD, name: 7 }] });
  assert(parsed.ok);
  assertEquals(parsed.value.message.gossip.length, 1);
  assertEquals(parsed.value.refusals.length, 1);
});

Deno.test("a message that is malformed, or has too much in it, is refused whole", () => {
  const table: [given: unknown, reason: string][] = [
    [undefined, "not an object"],
    [{ type: "hello", sequence: 1, target: idOf(1) }, "no membership message"],
    [{ type: "probe", target: idOf(1) }, "sequence"],
    [{ type: "ack", sequence: 1, target: "x" }, "target"],
    [{ type: "gossip", gossip: Array(33).fill(RECORD) }, "gossip"],
    [{ type: "gossip", gossip: {} }, "gossip"],
    [{ type: "sync" }, "sync"],
    [{ type: "sync-digests", digests: [1, 2, 3] }, "power of two"],
    [{ type: "sync-digests", digests: Array(2_048).fill(1) }, "power of two"],
    [{ type: "sync-digests", digests: [2 ** 32] }, "sync-digests"],
    [{ type: "sync-pull", of: 2, shares: [2] }, "sync-pull"],
    [{ type: "sync-pull", of: 2, shares: [0, 1, 0] }, "sync-pull"],
    [{ type: "sync-pull", of: 2, shares: [0], after: "x" }, "sync-pull"],
    [{ type: "sync-records", members: Array(1_025).fill(RECORD) }, "sync-records"],
    [{ type: "sync-records", members: [], rest: { of: 3, shares: [] } }, "rest"],
    [{ type: "leave", member: {} }, "leave"],
    [{ type: "leave-ack" }, "incarnation"],
  ];
  for (const [given, reason] of table) {
    const parsed = parseMessage(given);
    assert(!parsed.ok);
    assertStringIncludes(parsed.reason, reason);
  }
});

Deno.test("no JSON value makes the parser throw", () => {
  const types = fc.constantFrom(
    "probe",
    "ack",
    "nack",
    "gossip",
    "sync",
    "sync-digests",
    "sync-pull",
    "sync-records",
    "leave",
    "leave-ack",
  );
  fc.assert(fc.property(fc.jsonValue(), types, fc.jsonValue(), (value, type, other) => {
    parseMessage(value);
    parseMessage({
      type,
      gossip: [value],
      members: [other, value],
      member: other,
      sequence: other,
      digest: other,
      digests: [other],
      of: 2,
      shares: [other],
      after: other,
      rest: other,
    });
    parseRecord({ ...RECORD, tags: value, services: other, by: other, ageMs: value });
  }));
});

Deno.test("metadata is counted in bytes of UTF-8", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })), (tags) => {
    const text = JSON.stringify(tags) + JSON.stringify([]);
    assertEquals(metadataBytes(tags, []), new TextEncoder().encode(text).length);
  }));
});
