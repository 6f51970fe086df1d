import { assert, assertEquals } from "@std/assert";
import {
  SESSION_RESULT_BYTES,
  SESSIONS,
  SESSIONS_RESULT_BYTES,
} from "../../../lib/state/store/limits.ts";
import type { Outcome } from "../../../lib/state/store/mod.ts";
import { SessionTable } from "../../../lib/state/store/session_table.ts";

const OUTCOME: Outcome = { ok: true, revision: 1, result: { type: "done", changed: true } };

Deno.test("what all sessions remember together is bounded, however many they are and however much each read", () => {
  const table = new SessionTable();
  for (let id = 1; id <= SESSIONS; id++) {
    const connection = table.add(id, 60_000, id);
    table.remember(connection, 1, OUTCOME, SESSION_RESULT_BYTES / 2);
    assert(table.bytes <= SESSIONS_RESULT_BYTES + SESSION_RESULT_BYTES, `${table.bytes} bytes`);
  }
});

Deno.test("of sessions that keep too much together each keeps its newest", () => {
  const table = new SessionTable();
  const sessions = Array.from({ length: 128 }, (_, at) => table.add(at + 1, 60_000, at + 1));
  const bytes = 100_000;
  for (let sequence = 1; sequence <= 10; sequence++) {
    for (const connection of sessions) table.remember(connection, sequence, OUTCOME, bytes);
  }
  for (const { results, floor } of sessions) {
    // The last of ten, without a gap.
    assertEquals(
      [...results.keys()],
      Array.from({ length: 10 - floor }, (_, at) => floor + 1 + at),
    );
    assert(floor < 10, "the newest is kept");
  }
  assert(table.bytes <= SESSIONS_RESULT_BYTES + bytes, `${table.bytes} bytes`);
  for (const { id } of sessions) table.remove(id);
  assertEquals([table.size, table.bytes], [0, 0]);
});
