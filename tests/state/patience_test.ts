import { assert, assertEquals } from "@std/assert";
import {
  ClusterError,
  type Json,
  MASTER_WAIT_MS,
  NO_QUORUM_WAIT_MS,
  type NodeId,
} from "../../lib/core/mod.ts";
import { EmbeddedEngine, type KvClient, kvClientOf } from "../../lib/node/mod.ts";
import { servedBy } from "../../lib/state/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { CallContext } from "../../lib/rpc/mod.ts";
import { scriptedRoute } from "../support/scripted_route.ts";
import { failureOf } from "../support/local_cluster.ts";

/**
 * A member that knows of that master, whose answers, but to a session's opening, are those of
 * `serve`.
 */
function engineOf(
  clock: ManualClock,
  master: () => NodeId | undefined,
  serve: (body: Json) => Promise<Json> = () => new Promise(() => {}),
  isMajorityDead = false,
): EmbeddedEngine {
  const route = scriptedRoute(
    (_, body, timeoutMs) => {
      const silent = new Promise<Json>((_, reject) =>
        clock.setTimer(timeoutMs, () => reject(new ClusterError("TIMEOUT", "No answer")))
      );
      return Promise.race([serve(body), silent]);
    },
    {
      get leader() {
        return master();
      },
      isMajorityDead,
      missing: { silent: [{ id: "n2", name: "n2", address: "a:1" }], left: [] },
    },
  );
  return new EmbeddedEngine(clock, route);
}

/** What a request fails with, and when. */
async function failsAt(
  clock: ManualClock,
  request: Promise<unknown>,
): Promise<{ error: ClusterError; at: number }> {
  let isOver = false;
  const failing = failureOf(request).finally(() => isOver = true);
  for (let at = 0; !isOver && at <= 6_000; at += 20) {
    clock.advance(at);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { error: await failing, at: clock.now() };
}

const REQUESTS: Readonly<
  Record<string, (kv: KvClient, timeoutMs: number, engine: EmbeddedEngine) => Promise<unknown>>
> = {
  put: (kv, timeoutMs) => kv.put("a", 1, { timeoutMs }),
  get: (kv, timeoutMs) => kv.get("a", { timeoutMs }),
  list: (kv, timeoutMs) => kv.list("a", { timeoutMs }),
  delete: (kv, timeoutMs) => kv.delete("a", { timeoutMs }),
  cas: (kv, timeoutMs) => kv.compareAndSet("a", { absent: true }, 1, { timeoutMs }),
  transaction: (kv, timeoutMs) => kv.transaction({ then: [] }, { timeoutMs }),
  served: async (_, timeoutMs, engine) => {
    const { signal } = new AbortController();
    const context = { deadline: engine.clock.now() + timeoutMs, signal } as CallContext;
    await servedBy(engine)({ op: "get", key: "a" }, context);
  },
};

for (const [what, request] of Object.entries(REQUESTS)) {
  Deno.test(`that there is no majority is told within its caller's time: ${what}`, async () => {
    for (const timeoutMs of [50, 400, 2_900]) {
      const clock = new ManualClock();
      const engine = engineOf(clock, () => undefined);
      const { error, at } = await failsAt(
        clock,
        request(kvClientOf(engine), timeoutMs, engine),
      );
      assertEquals([error.code, error.details?.["missing"]], ["NO_QUORUM", ["n2"]]);
      assert(at < timeoutMs, `${at} ms of ${timeoutMs}`);
      assert(at >= timeoutMs * 0.7, `${at} ms of ${timeoutMs}: an election may come`);
    }
  });
}

Deno.test("who has more time than an election takes is told after 3 s", async () => {
  for (const timeoutMs of [5_000, undefined]) {
    const clock = new ManualClock();
    const kv = kvClientOf(engineOf(clock, () => undefined));
    const { error, at } = await failsAt(clock, kv.get("a", { timeoutMs }));
    assertEquals([error.code, at], ["NO_QUORUM", 3_000]);
  }
});

Deno.test("while most voters are dead nobody is waited for as long as for an election", async () => {
  const refuse = (code: "NOT_READY" | "NOT_MASTER") => () =>
    Promise.reject(new ClusterError(code, "Not now"));
  const table: [
    master: NodeId | undefined,
    serve: () => Promise<Json>,
    code: string,
    at: number,
  ][] = [
    [undefined, refuse("NOT_READY"), "NO_QUORUM", NO_QUORUM_WAIT_MS],
    // It says itself why it cannot.
    ["n2", refuse("NOT_READY"), "NOT_READY", NO_QUORUM_WAIT_MS],
    // It is there, and may lead again.
    ["n2", refuse("NOT_MASTER"), "NO_QUORUM", MASTER_WAIT_MS],
  ];
  for (const [master, serve, code, at] of table) {
    const clock = new ManualClock();
    const told = await failsAt(
      clock,
      kvClientOf(engineOf(clock, () => master, serve, true)).get("a"),
    );
    assertEquals(
      [told.error.code, told.at >= at && told.at <= at + 200],
      [code, true],
      `${told.at}`,
    );
    const living = new ManualClock();
    const late = await failsAt(
      living,
      kvClientOf(engineOf(living, () => master, serve)).get("a"),
    );
    assertEquals(late.at >= MASTER_WAIT_MS, true, `${late.at}`);
  }
});

Deno.test("a master that is slow is no missing majority, and may have done what was asked", async () => {
  const opened = { ok: true, revision: 1, result: { type: "session", session: 1, ttlMs: 60_000 } };
  const serve = (body: Json): Promise<Json> => {
    const { command } = body as { command?: { type: string } };
    return command?.type === "session-open" ? Promise.resolve(opened) : new Promise(() => {});
  };
  const [clock, other] = [new ManualClock(), new ManualClock()];
  const put = await failsAt(
    clock,
    kvClientOf(engineOf(clock, () => "n2", serve)).put("a", 1, { timeoutMs: 500 }),
  );
  assertEquals([put.error.code, put.error.details?.["outcome"]], ["TIMEOUT", "unknown"]);
  const get = await failsAt(
    other,
    kvClientOf(engineOf(other, () => "n2", serve)).get("a", { timeoutMs: 500 }),
  );
  assertEquals([get.error.code, get.error.details], ["TIMEOUT", undefined]);
  const doubt = "; whether the command was done is unknown";
  assertEquals([put, get].map(({ error }) => error.message.endsWith(doubt)), [true, false]);
  assert(put.at < 500 && get.at < 500, `${put.at} and ${get.at} ms`);
});

Deno.test("a session that is opened for one goes on for the others", async () => {
  const clock = new ManualClock();
  const found: NodeId[] = [];
  const serve = (body: Json): Promise<Json> => {
    const { command } = body as { command: { type: string } };
    const type = command.type === "session-open" ? "session" : "put";
    const result = { type, session: 1, ttlMs: 60_000, version: 1 };
    return Promise.resolve({ ok: true, revision: 2, result });
  };
  const kv = kvClientOf(engineOf(clock, () => found[0], serve));
  const patient = kv.put("a", 1);
  const { error } = await failsAt(clock, kv.put("b", 1, { timeoutMs: 100 }));
  assertEquals(error.code, "NO_QUORUM");
  found.push("n2");
  clock.advance(200);
  assertEquals((await patient).revision, 2);
});
