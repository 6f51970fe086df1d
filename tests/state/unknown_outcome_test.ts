import { assert, assertEquals } from "@std/assert";
import { ClusterError, type Json, type JsonObject } from "../../lib/core/mod.ts";
import { EmbeddedEngine, kvClientOf } from "../../lib/node/mod.ts";
import { scriptedRoute } from "../support/scripted_route.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** What is told of a put when all of its tries end as `fail` says. */
async function toldWhen(fail: () => ClusterError): Promise<ClusterError> {
  const clock = new ManualClock();
  const answer = (body: Json): Json => {
    const { command } = body as { command: { type: string } };
    if (command.type !== "session-open") throw fail();
    return { ok: true, revision: 1, result: { type: "session", session: 1, ttlMs: 60_000 } };
  };
  const kv = kvClientOf(
    new EmbeddedEngine(clock, scriptedRoute((_, body) => Promise.try(() => answer(body)))),
  );
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
  // One try that was lost is enough, whatever the others were answered.
  let tries = 0;
  const once = await toldWhen(() =>
    tries++ === 0
      ? new ClusterError("UNREACHABLE", "The link broke")
      : new ClusterError("NOT_MASTER", "Another leads")
  );
  assertEquals([tries > 1, once.code, once.details?.["outcome"]], [true, "NO_QUORUM", "unknown"]);
});

/** What comes of a put whose tries are answered so, one after another. */
async function putAnswered(...answers: (Json | ClusterError)[]) {
  const clock = new ManualClock();
  let sessions = 0;
  const stamps: unknown[] = [];
  const answer = (body: Json): Json => {
    const { command } = body as { command: JsonObject };
    if (command["type"] === "session-open") {
      const result = { type: "session", session: ++sessions, ttlMs: 60_000 };
      return { ok: true, revision: 1, result };
    }
    stamps.push(command["session"]);
    const next = answers.shift() ?? new ClusterError("BAD_REQUEST", "no answer is left");
    if (next instanceof ClusterError) throw next;
    return next;
  };
  const kv = kvClientOf(
    new EmbeddedEngine(clock, scriptedRoute((_, body) => Promise.try(() => answer(body)))),
  );
  let outcome: unknown;
  const putting = kv.put("a", 1).then((result) => outcome = result, (error) => outcome = error);
  for (let at = 0; outcome === undefined && at <= 4_000; at += 20) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.advance(at);
  }
  await putting;
  return { outcome, stamps };
}

const EXPIRED: Json = {
  ok: false,
  revision: 1,
  error: { code: "SESSION_EXPIRED", message: "It ended" },
};
const DONE: Json = { ok: true, revision: 7, result: { type: "put", revision: 7, version: 1 } };
const LOST = new ClusterError("UNREACHABLE", "The link broke");

Deno.test("a session that has ended is opened anew, once, when nothing can have been done yet", async () => {
  const again = await putAnswered(EXPIRED, DONE);
  assertEquals([(again.outcome as { revision: number }).revision, again.stamps], [7, [1, 2]]);
  const twice = await putAnswered(EXPIRED, EXPIRED, DONE);
  assertEquals([(twice.outcome as ClusterError).code, twice.stamps], ["SESSION_EXPIRED", [1, 2]]);
});

Deno.test("a command that may have been done is not sent again under another session", async () => {
  const { outcome, stamps } = await putAnswered(LOST, EXPIRED, DONE);
  assert(outcome instanceof ClusterError);
  assertEquals([outcome.code, outcome.details?.["outcome"]], ["UNREACHABLE", "unknown"]);
  assertEquals(stamps, [1, 1]);
  const same = await putAnswered(LOST, DONE);
  assertEquals([(same.outcome as { revision: number }).revision, same.stamps], [7, [1, 1]]);
});
