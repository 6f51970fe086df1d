import { assertEquals, assertRejects } from "@std/assert";
import { ClusterError, DRAIN_REST_MS, LAST_ANSWER_MS } from "../../lib/core/mod.ts";
import { Leave, type LeaveParts } from "../../lib/admin/leave.ts";
import { Events, type NodeEvent } from "../../lib/node/mod.ts";
import type { NodeContext } from "../../lib/part/mod.ts";
import { CallsUnderWay } from "../../lib/rpc/mod.ts";
import { Connections } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { ManualClock } from "../support/manual_clock.ts";

const BOUND_MS = 10_000;

/**
 * A node of which only the leave is real: its parts say when they are done, and what was done to
 * them.
 */
class LeavingStage {
  readonly clock = new ManualClock();
  readonly done: string[] = [];
  readonly over = new AbortController();
  readonly released = Promise.withResolvers<void>();
  readonly calls = { lastAnswerAt: -Infinity };
  readonly connections: Connections;
  readonly events: NodeEvent[] = [];
  readonly leaving: Leave;
  readonly underWay = new CallsUnderWay();
  /** Why the others cannot do without its vote; they can when there is none. */
  refusal: ClusterError | undefined;

  constructor(calls: readonly object[] = [], boundMs = BOUND_MS) {
    this.connections = new Connections(this.clock, { message: () => {}, closed: () => {} });
    const events = new Events();
    events.listen((event) => this.events.push(event));
    const note = (what: string) => void this.done.push(what);
    const vote = (what: string) => {
      note(what);
      return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
    };
    const below = {
      connections: this.connections,
      rpc: Object.assign(this.calls, {
        withdraw: () => {
          this.underWay.begin(calls);
          return this.underWay;
        },
        abandon: ({ code }: ClusterError) => note(`abandon: ${code}`),
        offerAgain: () => note("offer again"),
        close: () => note("close the desk"),
      }),
      more: [],
      leases: { releaseAll: () => this.released.promise, resume: () => note("resume leases") },
      consensus: {
        departures: {
          mayLeave: () => vote("may leave"),
          leave: (_: unknown, withinMs: number) => vote(`leave within ${withinMs} ms`),
        },
      },
      membership: { step: ({ type }: { type: string }) => note(`step: ${type}`) },
    };
    const context = { ports: { clock: this.clock }, events } as unknown as NodeContext;
    const parts = below as unknown as LeaveParts;
    this.leaving = new Leave(context, parts, this.over.signal, "done", boundMs);
  }

  /** Closes the last links, as a node does before it ends. */
  async close(): Promise<void> {
    await this.leaving.close();
    this.done.push(`end: ${this.leaving.reason}`);
  }

  /** Lets time pass, and everything that was promised go on. */
  async at(time: number): Promise<string[]> {
    this.clock.advance(time);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return this.done.splice(0);
  }
}

Deno.test("without calls the vote goes when the leases are released, and no word is said of waiting", async () => {
  const stage = new LeavingStage();
  const leaving = stage.leaving.run(false);
  assertEquals(await stage.at(0), []);
  stage.released.resolve();
  assertEquals(await stage.at(400), [`leave within ${BOUND_MS - 400} ms`, "step: leave"]);
  await leaving;
  assertEquals([stage.events, stage.clock.due], [[], []]);
  // Whoever asks again waits for the same.
  await stage.leaving.run(true);
  assertEquals(await stage.at(500), []);
});

Deno.test("leases that are not released in time hold nothing up, and the vote has its time all the same", async () => {
  const stage = new LeavingStage();
  void stage.leaving.run(false);
  assertEquals(await stage.at(0), []);
  assertEquals(await stage.at(BOUND_MS - 1), []);
  assertEquals(await stage.at(BOUND_MS), ["leave within 0 ms", "step: leave"]);
  // The calls took all the time: what is left is for leases and vote, however short the bound.
  const short = new LeavingStage([], 100);
  void short.leaving.run(false);
  assertEquals(await short.at(0), []);
  assertEquals(await short.at(DRAIN_REST_MS - 1), []);
  assertEquals(await short.at(DRAIN_REST_MS), ["leave within 0 ms", "step: leave"]);
});

Deno.test("calls under way are waited for, nine tenths of the time and no more, then they are abandoned", async () => {
  const [answered, late] = [{}, {}];
  const stage = new LeavingStage([answered, late]);
  stage.released.resolve();
  void stage.leaving.run(false);
  assertEquals(await stage.at(0), []);
  assertEquals(stage.events, [
    { event: "leaving", reason: "done", calls: 2, withinMs: 0.9 * BOUND_MS },
  ]);
  stage.underWay.over(answered);
  assertEquals(await stage.at(0.9 * BOUND_MS - 1), []);
  assertEquals(await stage.at(0.9 * BOUND_MS), [
    "abandon: SHUTTING_DOWN",
    "may leave",
    `leave within ${DRAIN_REST_MS} ms`,
    "step: leave",
  ]);
});

Deno.test("calls that are answered in time are not abandoned", async () => {
  const call = {};
  const stage = new LeavingStage([call]);
  stage.released.resolve();
  void stage.leaving.run(false);
  await stage.at(100);
  stage.underWay.over(call);
  assertEquals(await stage.at(200), [
    "may leave",
    `leave within ${BOUND_MS - 200} ms`,
    "step: leave",
  ]);
});

Deno.test("a node that the others need stays, and offers again what it did", async () => {
  const stage = new LeavingStage();
  stage.refusal = new ClusterError("NO_QUORUM", "They need it");
  stage.released.resolve();
  const refused = assertRejects(() => stage.leaving.run(false), ClusterError, "They need it");
  assertEquals(await stage.at(0), [
    `leave within ${BOUND_MS} ms`,
    "offer again",
    "resume leases",
  ]);
  await refused;
  assertEquals(stage.events, [{ event: "warning", code: "NO_QUORUM", message: "They need it" }]);
});

Deno.test("a node that is no member any more waits for nothing, and does not leave what it is not in", async () => {
  const whenever: ((stage: LeavingStage) => void)[] = [
    // It ends while the leases are released, or before they are.
    (stage) => void stage.leaving.run(false).then(() => stage.done.push("run")),
    (stage) => {
      stage.over.abort();
      void stage.leaving.run(false).then(() => stage.done.push("run"));
    },
  ];
  for (const begin of whenever) {
    const stage = new LeavingStage();
    begin(stage);
    const done = await stage.at(0);
    stage.over.abort();
    done.push(...await stage.at(0));
    assertEquals([stage.clock.due, done], [[], [`leave within ${BOUND_MS} ms`, "run"]]);
  }
});

Deno.test("its last links stay open for one second after its last word, or until the callers close them", async () => {
  const member = { role: "member", node: "n", channel: "data" } as const;
  const links = [new FakeLink(), new FakeLink(), new FakeLink()];
  const stage = new LeavingStage();
  for (const link of links) stage.connections.establish(link, member);
  await stage.at(5_000);
  void stage.close();
  assertEquals([await stage.at(5_000), stage.leaving.isClosing], [["close the desk"], true]);
  // Links that were made since hear it only now.
  for (const link of links) {
    assertEquals(link.take(), [{ type: "bye", reason: "done", leaving: true }]);
  }
  // An answer goes out: its caller may need a moment.
  stage.calls.lastAnswerAt = 5_500;
  assertEquals(await stage.at(5_000 + LAST_ANSWER_MS), []);
  assertEquals(await stage.at(5_500 + LAST_ANSWER_MS - 1), []);
  assertEquals(await stage.at(5_500 + LAST_ANSWER_MS), ["end: done"]);
  const closed = new LeavingStage();
  for (const link of links) {
    link.isClosed = false;
    closed.connections.establish(link, member);
  }
  void closed.close();
  assertEquals(await closed.at(0), ["close the desk"]);
  for (const [at, link] of links.entries()) {
    assertEquals(await closed.at(at), []);
    link.end({ kind: "closed", message: "they have all" });
  }
  assertEquals(await closed.at(links.length), ["end: done"]);
});

Deno.test("its last links are open no longer than the whole leave may take", async () => {
  const member = { role: "member", node: "n", channel: "data" } as const;
  const stage = new LeavingStage();
  stage.connections.establish(new FakeLink(), member);
  stage.clock.time = BOUND_MS - 300;
  stage.calls.lastAnswerAt = BOUND_MS - 300;
  void stage.close();
  assertEquals(await stage.at(BOUND_MS - 1), ["close the desk"]);
  assertEquals(await stage.at(BOUND_MS), ["end: done"]);
  // And not at all when it was ended meanwhile.
  const ended = new LeavingStage();
  ended.connections.establish(new FakeLink(), member);
  ended.over.abort();
  void ended.close();
  assertEquals(await ended.at(0), ["close the desk", "end: done"]);
});
