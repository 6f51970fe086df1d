import { assert, assertEquals } from "@std/assert";
import { LINKS_TO_ALL, RETURN_DIAL_MS } from "../../../lib/core/mod.ts";
import { FOUNDING_WAIT_MS } from "../../../lib/bootstrap/limits.ts";
import { RETURN_WATCH_MS, RETURNS_WATCHED } from "../../../lib/membership/swim/limits.ts";
import { PROFILES } from "../../../lib/membership/swim/mod.ts";
import { Cluster } from "./cluster.ts";
import { idOf } from "./records.ts";

/** When the others dialled a process that is gone, from now on. */
function dialsOf(cluster: Cluster, gone: number, forMs: number): number[] {
  const dials: number[] = [];
  const seen = new Map(cluster.processes.map((process) => [process, process.effects.length]));
  const end = cluster.now + forMs;
  while (cluster.now < end) {
    cluster.run(10);
    for (const process of cluster.processes) {
      for (const effect of process.effects.slice(seen.get(process))) {
        if (effect.type === "send" && effect.to === idOf(gone)) dials.push(cluster.now);
      }
      seen.set(process, process.effects.length);
    }
  }
  return dials;
}

function longestGap(dials: readonly number[], from: number, to: number): number {
  const moments = [from, ...dials, to];
  return Math.max(...moments.slice(1).map((at, index) => at - (moments[index] as number)));
}

for (const profile of ["lan", "wan", "local"] as const) {
  for (const survivors of [1, 2, 3, 5, 9]) {
    Deno.test(`somebody dials who went twice within the wait of a founder: ${profile}, ${survivors} are left`, () => {
      const cluster = Cluster.of(survivors + 1, survivors, PROFILES[profile]);
      cluster.kill(1);
      assert(cluster.runUntil(() => cluster.isSeenBy("dead", 1), 20_000) !== undefined);
      cluster.run(60_000);
      const from = cluster.now;
      const dials = dialsOf(cluster, 1, 10_000);
      assert(longestGap(dials, from, cluster.now) <= FOUNDING_WAIT_MS / 2, dials.join());
      // One of them looks after it: with their number only the reconnections grow, as ever.
      const reconnections = survivors * 10_000 / (PROFILES[profile].reconnectIntervalMs / 2);
      assert(dials.length <= 51 + reconnections, `${dials.length} dials in 10 s`);
    });
  }
}

Deno.test("who left in order or was removed is dialled as who died", () => {
  const cluster = Cluster.of(4);
  cluster.input(cluster.process(1), { type: "leave" });
  cluster.input(cluster.process(2), { type: "remove", node: idOf(4) });
  cluster.run(5_000);
  const from = cluster.now;
  const dials = dialsOf(cluster, 1, 5_000);
  assert(longestGap(dials, from, cluster.now) <= FOUNDING_WAIT_MS / 2, dials.join());
  const removedFrom = cluster.now;
  const removed = dialsOf(cluster, 4, 5_000);
  assert(longestGap(removed, removedFrom, cluster.now) <= FOUNDING_WAIT_MS / 2, removed.join());
});

Deno.test("of several lives at one address the last is dialled, and who cannot be dialled is not", () => {
  const cluster = Cluster.of(3);
  const { address } = cluster.process(1).machine.self();
  cluster.kill(1);
  cluster.run(5_000);
  for (const number of [8, 9]) {
    cluster.join(number, { address, name: `life ${number}` });
    cluster.run(5_000);
    cluster.kill(number);
    cluster.run(5_000);
  }
  const from = cluster.now;
  const dials = dialsOf(cluster, 9, 5_000);
  assert(longestGap(dials, from, cluster.now) <= FOUNDING_WAIT_MS / 2, dials.join());
  // The earlier lives are dialled by chance alone, as ever.
  for (const earlier of [1, 8]) assert(dialsOf(cluster, earlier, 5_000).length < 20);
  cluster.input(cluster.process(2), { type: "describe", isUndialable: true });
  cluster.run(2_000);
  cluster.kill(2);
  cluster.run(5_000);
  assert(dialsOf(cluster, 2, 5_000).length < 20);
});

Deno.test("many that went are looked after at a bounded cost for each member, and in all", () => {
  const cluster = Cluster.of(9, 3);
  for (let number = 4; number <= 9; number++) cluster.kill(number);
  cluster.run(10_000);
  const counts = cluster.processes.map((process) => {
    const before = process.machine.counters().sent.probe;
    cluster.run(5_000);
    return process.machine.counters().sent.probe - before;
  });
  const looks = 5_000 / RETURN_DIAL_MS * RETURNS_WATCHED;
  for (const sent of counts.slice(0, 3)) assert(sent <= looks + 20, `${sent} in 5 s`);
});

Deno.test("an address that another member has now is not dialled for who was there", () => {
  const cluster = Cluster.of(3);
  const { address } = cluster.process(1).machine.self();
  cluster.kill(1);
  cluster.run(5_000);
  cluster.join(9, { address, name: "anew" });
  cluster.run(5_000);
  assertEquals(dialsOf(cluster, 1, 5_000), []);
});

Deno.test("after an hour the gone are dialled as seldom as ever", () => {
  const cluster = Cluster.of(3);
  cluster.kill(1);
  cluster.run(RETURN_WATCH_MS + 10_000);
  assert(dialsOf(cluster, 1, 20_000).length < 40);
});

Deno.test("past as many members as have links to all nobody is dialled more often", () => {
  const cluster = Cluster.of(LINKS_TO_ALL + 3);
  cluster.kill(1);
  cluster.run(10_000);
  assert(dialsOf(cluster, 1, 5_000).length < 60);
});
