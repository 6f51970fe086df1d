import { assertEquals } from "@std/assert";
import type { ConsensusService } from "../../lib/consensus/mod.ts";
import type { Json } from "../../lib/core/mod.ts";
import type { AnswerTo, StateRequest } from "../../lib/state/mod.ts";
import { MemberRoute } from "../../lib/state/member_route.ts";
import type { StateService } from "../../lib/state/state_service.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** The way of `n1`, whose own answers are those of `answer`. */
function routeOf(answer: (request: StateRequest, signal?: AbortSignal) => Promise<unknown>) {
  const clock = new ManualClock();
  const called: Json[] = [];
  const rpc = {
    call: (node: string, { service, body }: { service: string; body: Json }) => {
      called.push([node, service, body]);
      return Promise.resolve("of another");
    },
  };
  const service = { answer } as unknown as StateService;
  const route = new MemberRoute("n1", clock, {} as ConsensusService, service, rpc);
  return { clock, route, called };
}

const GET = { op: "get", key: "a" } as const;

Deno.test("what this node can answer it is asked as it is, and another by its service", async () => {
  const own = { ok: true, revision: 1, result: { type: "get", entry: null } };
  const asked: StateRequest[] = [];
  const { route, called } = routeOf((request) => {
    asked.push(request);
    return Promise.resolve(own);
  });
  const here: unknown = await route.ask("n1", GET, 100).answer;
  assertEquals([here === own, asked[0] === GET, called], [true, true, []]);
  assertEquals<unknown>(await route.ask("n2", GET, 100).answer, "of another");
  assertEquals(called, [["n2", "muster.state", GET]]);
  route.stop();
});

Deno.test("an own answer that does not come is given up when its time is over, each by itself", async () => {
  let answerLate: (answer: unknown) => void = () => {};
  const { clock, route } = routeOf(() => new Promise((resolve) => answerLate = resolve));
  const [short, long] = [100, 5_000].map((ms) => route.ask("n1", GET, ms));
  clock.advance(99);
  let isOver = false;
  const failing = failureOf(short?.answer as Promise<unknown>).finally(() => isOver = true);
  await Promise.resolve();
  assertEquals(isOver, false);
  clock.advance(110);
  const { code, details } = await failing;
  assertEquals([code, details], ["TIMEOUT", { outcome: "unknown" }]);
  const answer = { ok: true } as AnswerTo<typeof GET>;
  answerLate(answer);
  assertEquals(await long?.answer, answer);
  route.stop();
});

Deno.test("a watch that nobody waits for any more is told so", async () => {
  const told: unknown[] = [];
  const { route } = routeOf((_, signal) => {
    signal?.addEventListener("abort", () => told.push("aborted"));
    return new Promise(() => {});
  });
  const attempt = route.ask("n1", { op: "watch", prefix: "" }, 20_000);
  attempt.giveUp();
  assertEquals((await failureOf(attempt.answer)).code, "CANCELLED");
  assertEquals(told, ["aborted"]);
  route.stop();
});
