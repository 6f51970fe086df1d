/**
 * How the shared state fares when it is large: 100,000 keys, 10,000 watches and 1,000 leases on one
 * node's copy, without disk or network: memory, and what each operation takes.
 *
 *     deno run --allow-all scripts/prove/state_scale.ts [--keys 100000] [--watches 10000] [--leases 1000]
 */
import { State, Watches } from "../../lib/state/store/mod.ts";
import { flagNumber } from "./table.ts";

const keys = flagNumber("keys", 100_000);
const watchCount = flagNumber("watches", 10_000);
const leaseCount = flagNumber("leases", 1_000);
const VALUE = "x".repeat(100);

const state = new State();
let index = 0;

function timed(what: string, count: number, run: () => void): void {
  const startedAt = performance.now();
  run();
  const tookMs = performance.now() - startedAt;
  const heapMB = Deno.memoryUsage().heapUsed / 1e6;
  const each = (tookMs * 1_000 / count).toFixed(1);
  console.log(
    `| ${what} | ${count} | ${tookMs.toFixed(0)} ms | ${each} µs | ${heapMB.toFixed(0)} MB |`,
  );
}

console.log("| what | how many | in all | each | heap |\n|---|---|---|---|---|");
const leases: number[] = [];
timed("leases granted", leaseCount, () => {
  for (let n = 0; n < leaseCount; n++) {
    state.apply(++index, { type: "lease-grant", ttlMs: 60_000 });
    leases.push(index);
  }
});
timed("keys put", keys, () => {
  for (let n = 0; n < keys; n++) {
    const lease = n < leaseCount ? { lease: leases[n] } : {};
    state.apply(++index, { type: "put", key: `key/${n}`, value: VALUE, ...lease });
  }
});
const watches = new Watches(state);
timed("watches added", watchCount, () => {
  for (let n = 0; n < watchCount; n++) watches.add(`watch-${n}`, { key: `key/${n}` });
});
timed("puts, each seen by one watch", watchCount, () => {
  for (let n = 0; n < watchCount; n++) {
    const { events } = state.apply(++index, { type: "put", key: `key/${n}`, value: n });
    for (const id of watches.feed(events)) watches.take(id);
  }
});
timed("gets", keys, () => {
  for (let n = 0; n < keys; n++) state.get(`key/${n}`);
});
timed("lists of 1,000", 100, () => {
  for (let n = 0; n < 100; n++) state.list("key/", { limit: 1_000, after: `key/${n * 500}` });
});
timed("leases ended, with a key each", leaseCount, () => {
  for (const lease of leases) state.apply(++index, { type: "lease-revoke", lease });
});
