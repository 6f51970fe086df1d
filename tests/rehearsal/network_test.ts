import { assertEquals } from "@std/assert";
import { DIAL_MS, type Random, SeededRandom } from "../../lib/core/mod.ts";
import {
  CALM,
  type Conditions,
  Cuts,
  EventQueue,
  type MemberProcess,
  type Scheduler,
  transit,
} from "../../lib/rehearsal/mod.ts";
import { RehearsedNetwork } from "../../lib/rehearsal/network.ts";

/** Time that is let pass. */
class Time implements Scheduler {
  now = 0;
  readonly #queue = new EventQueue<() => void>();

  after(delay: number, run: () => void): void {
    this.#queue.add(this.now + delay, run);
  }

  runUntil(end: number): void {
    while (this.#queue.nextAt <= end) {
      const next = this.#queue.take();
      this.now = next?.at ?? end;
      next?.event();
    }
    this.now = end;
  }
}

/** Draws what it is told, in turn, and the last of it again and again. */
function drawing(...values: number[]): Random {
  return { next: () => values.length > 1 ? values.shift() as number : values[0] as number };
}

const ONE = { number: 1, id: "one" } as unknown as MemberProcess;
const TWO = { number: 2, id: "two" } as unknown as MemberProcess;

function stage(conditions: Partial<Conditions>, random: Random = new SeededRandom(1)) {
  const time = new Time();
  const cuts = new Cuts();
  const arrived: [what: string, at: number][] = [];
  const network = new RehearsedNetwork({ ...CALM, ...conditions }, cuts, random, time);
  const send = (what: string) => network.carry(ONE, TWO, () => arrived.push([what, time.now]));
  return { time, cuts, arrived, network, send };
}

Deno.test("a transmission takes half to one and a half of the latency, and what spread adds", () => {
  const table: [draws: number[], conditions: Partial<Conditions>, tookMs: number | undefined][] = [
    [[0], { latencyMs: 10 }, 5],
    [[0.5], { latencyMs: 10 }, 10],
    [[0.5, 0.25], { latencyMs: 10, spreadMs: 8 }, 12],
    [[0.5, 0], { latencyMs: 10, spreadMs: 1 }, 10],
    // What is lost is what is drawn below the share of the lost.
    [[0.29], { latencyMs: 10, loss: 0.3 }, undefined],
    [[0.3, 0.5], { latencyMs: 10, loss: 0.3 }, 10],
  ];
  for (const [draws, conditions, tookMs] of table) {
    assertEquals(transit(drawing(...draws), { ...CALM, ...conditions }), tookMs, `${draws}`);
  }
});

Deno.test("a datagram is lost, comes once, or twice, and a link never doubles", () => {
  const twice = stage({ transport: "datagrams", duplication: 0.5 }, drawing(0.49, 0.1, 0.2));
  twice.send("a");
  twice.time.runUntil(10);
  assertEquals(twice.arrived, [["a", 0.6], ["a", 0.7]]);
  const once = stage({ transport: "datagrams", duplication: 0.5 }, drawing(0.5));
  once.send("a");
  once.time.runUntil(10);
  assertEquals(once.arrived, [["a", 1]]);
  const lost = stage({ transport: "datagrams", loss: 0.5 }, drawing(0.1));
  lost.send("a");
  lost.time.runUntil(1_000_000);
  assertEquals(lost.arrived, []);
  const linked = stage({ transport: "links", duplication: 1 }, drawing(0.5));
  linked.send("a");
  linked.time.runUntil(10);
  assertEquals(linked.arrived, [["a", 1]]);
});

Deno.test("a dial without an answer is given up, with all that waits for it, and not a moment early", () => {
  // What is sent in vain is sent again 200 ms later, and after twice that each time.
  const early = stage({}, drawing(0.5));
  early.cuts.cut(1, 2);
  early.send("first");
  early.time.runUntil(DIAL_MS);
  early.send("second");
  early.cuts.heal();
  early.time.runUntil(20_000);
  assertEquals(early.arrived.map(([what]) => what), ["first", "second"]);
  const late = stage({}, drawing(0.5));
  late.cuts.cut(1, 2);
  late.send("first");
  late.time.runUntil(DIAL_MS + 1);
  late.cuts.heal();
  late.send("second");
  late.time.runUntil(20_000);
  assertEquals(late.arrived, [["second", DIAL_MS + 2]]);
});

Deno.test("a link that was made once keeps what is sent while it is cut", () => {
  const { time, cuts, send, arrived } = stage({}, drawing(0.5));
  send("first");
  time.runUntil(10);
  cuts.cut(1, 2);
  send("second");
  time.runUntil(DIAL_MS + 100);
  cuts.heal();
  send("third");
  time.runUntil(20_000);
  assertEquals(arrived.map(([what]) => what), ["first", "second", "third"]);
});

Deno.test("two have a link once either has sent, until it is dropped; what is on its way arrives", () => {
  const { time, network, send, arrived } = stage({}, drawing(0.5));
  assertEquals(network.hasLink(ONE, TWO), false);
  send("first");
  assertEquals([network.hasLink(ONE, TWO), network.hasLink(TWO, ONE)], [true, true]);
  network.dropLink(TWO, ONE);
  assertEquals([network.hasLink(ONE, TWO), network.hasLink(TWO, ONE)], [false, false]);
  time.runUntil(10);
  assertEquals(arrived, [["first", 1]]);
});
