import { assertEquals } from "@std/assert";
import { ClusterError, type Json } from "../../lib/core/mod.ts";
import { KeyValue } from "../../lib/node/mod.ts";
import { failureOf } from "../support/local_cluster.ts";
import { HandClock } from "../support/hand_clock.ts";

/** What is told of a put when all of its tries end as `fail` says. */
async function toldWhen(fail: () => ClusterError): Promise<ClusterError> {
  const clock = new HandClock();
  const answer = (body: Json): Json => {
    const { command } = body as { command: { type: string } };
    if (command.type !== "session-open") throw fail();
    return { ok: true, revision: 1, result: { type: "session", session: 1, ttlMs: 60_000 } };
  };
  const kv = new KeyValue({
    id: "n1",
    ports: { clock } as never,
    isOver: () => false,
    master: () => "n2",
    replicas: () => [],
    call: (_node, _service, body) => Promise.try(() => answer(body)),
    isMajorityDead: () => false,
    missingVoters: () => ({ silent: [], left: [] }),
    keptHere: () => undefined,
    failedBy: () => {},
  });
  const failing = failureOf(kv.put("a", 1));
  for (let at = 0; at <= 4_000; at += 20) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.advance(at);
  }
  return await failing;
}

Deno.test("that no master answered says whether a command may have been done", async () => {
  const refused = await toldWhen(() => new ClusterError("NOT_MASTER", "Another leads"));
  assertEquals([refused.code, refused.details?.["outcome"]], ["NO_QUORUM", undefined]);
  const lost = await toldWhen(() => new ClusterError("UNREACHABLE", "The link broke"));
  assertEquals([lost.code, lost.details?.["outcome"]], ["NO_QUORUM", "unknown"]);
  assertEquals(lost.message.endsWith("whether the command was done is unknown"), true);
});
