import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  GOSSIP_RECORDS,
  METADATA_BYTES,
  metadataBytes,
  NAME_CHARACTERS,
  SERVICE_NAME_CHARACTERS,
  TAG_KEY_CHARACTERS,
} from "../../../lib/core/mod.ts";
import {
  CAUSE_CHARACTERS,
  OBSERVERS_MAX,
  REPLACED_MAX,
  SERVICES_MAX,
  SYNC_SHARES,
  TAGS_MAX,
} from "../../../lib/membership/swim/limits.ts";
import { parseMessage, parseRecord } from "../../../lib/membership/swim/mod.ts";
import { idOf } from "./records.ts";

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

Deno.test("what is as large as its limit is taken, and what is one larger is not", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, at) => idOf(at + 1));
  const tags = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, ""]));
  // {"a":"x…"} and [] around it.
  const tagOf = (bytes: number) => ({ tags: { a: "x".repeat(bytes - 10) }, services: [] });
  const table: [what: string, of: (size: number) => Record<string, unknown>, limit: number][] = [
    ["name", (size) => ({ name: "n".repeat(size) }), NAME_CHARACTERS],
    ["tags", (size) => ({ tags: tags(size) }), TAGS_MAX],
    ["key", (size) => ({ tags: { ["k".repeat(size)]: "v" } }), TAG_KEY_CHARACTERS],
    ["bytes", tagOf, METADATA_BYTES],
    ["services", (size) => ({ services: Array(size).fill("a") }), SERVICES_MAX],
    ["service", (size) => ({ services: ["s".repeat(size)] }), SERVICE_NAME_CHARACTERS],
    ["by", (size) => ({ state: "suspect", by: ids(size) }), OBSERVERS_MAX],
    ["refused", (size) => ({ state: "dead", refused: ids(size) }), OBSERVERS_MAX],
    ["replaces", (size) => ({ replaces: ids(size) }), REPLACED_MAX],
    ["cause", (size) => ({ state: "left", cause: "c".repeat(size) }), CAUSE_CHARACTERS],
  ];
  for (const [what, of, limit] of table) {
    const record = { ...RECORD, ...of(limit) };
    assertEquals(parseRecord(record), { ok: true, value: record as never }, what);
    reasonOf({ ...RECORD, ...of(limit + 1) });
  }
  const gossip = (count: number) => ({ type: "gossip", gossip: Array(count).fill(RECORD) });
  assert(parseMessage(gossip(GOSSIP_RECORDS)).ok && !parseMessage(gossip(GOSSIP_RECORDS + 1)).ok);
  const shares = (of: number) => ({ type: "sync-pull", of, shares: [of - 1], gossip: [] });
  assert(parseMessage(shares(SYNC_SHARES)).ok && !parseMessage(shares(2 * SYNC_SHARES)).ok);
  const all = { type: "sync-pull", of: 2, shares: [0, 1], after: idOf(1), gossip: [] };
  assert(parseMessage(all).ok && !parseMessage({ ...all, shares: [0, 1, 1] }).ok);
});

Deno.test("what says nothing of a member in its state is left out, and what is said twice is once", () => {
  const read = (changes: Record<string, unknown>) => {
    const parsed = parseRecord({ ...RECORD, ...changes });
    assert(parsed.ok, JSON.stringify(parsed));
    const { id: _id, name: _name, address: _address, incarnation: _number, ...rest } = parsed.value;
    const { tags: _tags, services: _services, state: _state, ...told } = rest;
    return told;
  };
  const by = [idOf(2), idOf(2), idOf(3)];
  const age = { ageMs: 0, cause: "c" };
  assertEquals(read({ by, refused: by, forced: true, ...age }), {});
  assertEquals(read({ state: "suspect", by, forced: true, ...age }), { by: [idOf(2), idOf(3)] });
  assertEquals(read({ state: "dead", forced: true, ...age }), age);
  assertEquals(read({ state: "left", forced: true, ...age }), { forced: true, ...age });
  assertEquals(read({ state: "left", forced: "yes" }), {});
  assertEquals(read({ undialable: true, returned: true }), { undialable: true, returned: true });
  assertEquals(read({ undialable: 1, returned: 1 }), {});
  assertEquals(read({ replaces: by }), { replaces: [idOf(2), idOf(3)] });
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
