import { assertEquals } from "@std/assert";
import { DIAL_MS, type Random, SeededRandom } from "../../lib/core/mod.ts";
import {
  CALM,
  type Conditions,
  MessageNetwork,
  SimProcess,
  SimWorld,
  transit,
} from "../../lib/simulation/mod.ts";

/** Draws what it is told, in turn, and the last of it again and again. */
function drawing(...values: number[]): Random {
  return { next: () => values.length > 1 ? values.shift() as number : values[0] as number };
}

function stage(conditions: Partial<Conditions>, random: Random = new SeededRandom(1)) {
  const world = new SimWorld(random, conditions);
  const [one, two] = [new SimProcess(world, 1, 0), new SimProcess(world, 2, 0)];
  const arrived: [what: string, at: number][] = [];
  const network = new MessageNetwork(world);
  const send = (what: string) => network.carry(one, two, () => arrived.push([what, world.now]));
  const runUntil = (end: number) => world.advance(end - world.now);
  const { cuts } = world;
  return { one, two, runUntil, cuts, arrived, network, send };
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
  twice.runUntil(10);
  assertEquals(twice.arrived, [["a", 0.6], ["a", 0.7]]);
  const once = stage({ transport: "datagrams", duplication: 0.5 }, drawing(0.5));
  once.send("a");
  once.runUntil(10);
  assertEquals(once.arrived, [["a", 1]]);
  const lost = stage({ transport: "datagrams", loss: 0.5 }, drawing(0.1));
  lost.send("a");
  lost.runUntil(1_000_000);
  assertEquals(lost.arrived, []);
  const linked = stage({ transport: "links", duplication: 1 }, drawing(0.5));
  linked.send("a");
  linked.runUntil(10);
  assertEquals(linked.arrived, [["a", 1]]);
});

Deno.test("a dial without an answer is given up, with all that waits for it, and not a moment early", () => {
  // What is sent in vain is sent again 200 ms later, and after twice that each time.
  const early = stage({}, drawing(0.5));
  early.cuts.cut(1, 2);
  early.send("first");
  early.runUntil(DIAL_MS);
  early.send("second");
  early.cuts.heal();
  early.runUntil(20_000);
  assertEquals(early.arrived.map(([what]) => what), ["first", "second"]);
  const late = stage({}, drawing(0.5));
  late.cuts.cut(1, 2);
  late.send("first");
  late.runUntil(DIAL_MS + 1);
  late.cuts.heal();
  late.send("second");
  late.runUntil(20_000);
  assertEquals(late.arrived, [["second", DIAL_MS + 2]]);
});

Deno.test("a link that was made once keeps what is sent while it is cut", () => {
  const { runUntil, cuts, send, arrived } = stage({}, drawing(0.5));
  send("first");
  runUntil(10);
  cuts.cut(1, 2);
  send("second");
  runUntil(DIAL_MS + 100);
  cuts.heal();
  send("third");
  runUntil(20_000);
  assertEquals(arrived.map(([what]) => what), ["first", "second", "third"]);
});

Deno.test("two have a link once either has sent, until it is dropped; what is on its way arrives", () => {
  const { one, two, runUntil, network, send, arrived } = stage({}, drawing(0.5));
  assertEquals(network.hasLink(one, two), false);
  send("first");
  assertEquals([network.hasLink(one, two), network.hasLink(two, one)], [true, true]);
  network.dropLink(two, one);
  assertEquals([network.hasLink(one, two), network.hasLink(two, one)], [false, false]);
  runUntil(10);
  assertEquals(arrived, [["first", 1]]);
});
