import { assertEquals } from "@std/assert";
import { ClusterError, type Json } from "../../lib/core/mod.ts";
import type { KvClient } from "../../lib/node/mod.ts";
import { failureOf } from "../support/local_cluster.ts";
import { askedKeyValue } from "./asked_key_value.ts";

/** What the master answers to the n-th command, after its session. */
type Answer = "lost" | "expired" | "done";

/**
 * A node's key-value store in front of a master that answers as it is told, and what it was sent.
 */
function before(answers: Answer[]): { kv: KvClient; sent: Json[] } {
  const sent: Json[] = [];
  let lastSession = 0;
  const answer = (body: Json): Json => {
    const { command } = body as { command: { type: string } };
    if (command.type === "session-open") {
      const result = { type: "session", session: ++lastSession, ttlMs: 60_000 };
      return { ok: true, revision: 1, result };
    }
    sent.push(command as unknown as Json);
    const next = answers.shift();
    if (next === "lost") throw new ClusterError("UNREACHABLE", "The link broke");
    if (next === "expired") {
      const error = { code: "SESSION_EXPIRED", message: "It is over", retryable: false };
      return { ok: false, revision: 1, error };
    }
    return { ok: true, revision: 2, result: { type: "put", createRevision: 2, version: 1 } };
  };
  const kv = askedKeyValue((body) => Promise.try(() => answer(body)));
  return { kv, sent };
}

Deno.test("a command whose answer was lost is sent again under its own stamp", async () => {
  const { kv, sent } = before(["lost", "done"]);
  assertEquals(await kv.put("a", 1), { revision: 2, version: 1 });
  assertEquals(sent[1], sent[0]);
});

Deno.test("a command that a session's end refused at once is done in a new session", async () => {
  const { kv, sent } = before(["expired", "done"]);
  assertEquals(await kv.put("a", 1), { revision: 2, version: 1 });
  assertEquals(sent.map((command) => (command as { session: number }).session), [1, 2]);
});

Deno.test("a command whose answer was lost before its session ended is not done twice: its outcome is unknown", async () => {
  const { kv, sent } = before(["lost", "expired", "done"]);
  assertEquals((await failureOf(kv.put("a", 1))).code, "UNREACHABLE");
  assertEquals(sent.length, 2);
  await kv.put("a", 2);
  assertEquals((sent[2] as { session: number }).session, 2);
});
