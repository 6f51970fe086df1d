import { assert, assertEquals } from "@std/assert";
import { FRAME_BYTES, JOINED_RECORDS } from "../../lib/core/mod.ts";
import type { MemberRecord, MemberState } from "../../lib/membership/swim/mod.ts";
import { welcomeRecords } from "../../lib/membership/welcome_records.ts";

function record(id: string, state: MemberState, tag = ""): MemberRecord {
  const tags: Record<string, string> = tag === "" ? {} : { tag };
  return { id, name: id, address: "127.0.0.1:1", incarnation: 1, state, tags, services: [] };
}

Deno.test("a newcomer is told first who answers it, then who lives, then who is gone", () => {
  const records = [record("x", "left"), record("a", "alive"), record("y", "dead")];
  records.push(record("self", "alive"), record("b", "suspect"));
  const told = welcomeRecords(records, "self").map(({ id }) => id);
  assertEquals(told, ["self", "a", "b", "x", "y"]);
});

Deno.test("a thousand members that are gone do not hide one that lives", () => {
  const gone = Array.from({ length: 1_000 }, (_, index) => record(`x${index}`, "left"));
  const told = welcomeRecords([...gone, record("a", "alive"), record("self", "alive")], "self");
  assertEquals(told.length, JOINED_RECORDS);
  assertEquals(told.slice(0, 2).map(({ id }) => id), ["self", "a"]);
});

Deno.test("members with all the metadata that they may have fit one frame", () => {
  const large = Array.from(
    { length: 600 },
    (_, index) => record(`m${index}`, "alive", "\u20ac".repeat(1_300)),
  );
  const told = welcomeRecords([...large, record("self", "alive")], "self");
  assertEquals(told[0]?.id, "self");
  assert(told.length > 50);
  assert(new TextEncoder().encode(JSON.stringify(told)).length < FRAME_BYTES);
});
