import { assert, assertEquals, assertThrows } from "@std/assert";
import { ClusterError, type LogChange, SeededRandom } from "../../lib/core/mod.ts";
import { HostWorld, SimDisk } from "../../lib/simulation/mod.ts";
import { entries, testStore } from "../io/store_compliance.ts";

const FOUNDED: LogChange = { vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) };

testStore("simulated disk", () => ({
  store: new SimDisk(1).mount(new HostWorld(new SeededRandom(1)).boot(1)),
  end: () => {},
}));

/**
 * The log on a disk whose process died while its last write was under way, and what became of it.
 */
function logAfterCrash(seed: number, how: "kill" | "silence") {
  const world = new HostWorld(new SeededRandom(seed));
  const disk = new SimDisk(seed);
  const process = world.boot(1);
  const store = disk.mount(process);
  store.persist(FOUNDED);
  world.advance(1_000);
  process.dieInSync(how, 1_000);
  store.persist({ truncateFrom: 3, entries: entries(3, 4, 2) });
  // It never comes to this: the one before has not returned.
  store.persist({ entries: entries(5, 5, 2) });
  world.advance(1_000);
  const log = disk.mount(world.boot(1)).load()?.entries as { index: number; term: number }[];
  return { log: log.map(({ index, term }) => `${index}:${term}`), fates: disk.fates };
}

Deno.test("of a write whose sync was under way at a crash all is there or nothing, of those before it all", () => {
  const total = { whole: 0, torn: 0, lost: 0 };
  for (let seed = 1; seed <= 40; seed++) {
    const { log, fates } = logAfterCrash(seed, seed % 2 === 0 ? "kill" : "silence");
    const wasWhole = fates.whole === 1;
    assertEquals(log, wasWhole ? ["1:1", "2:1", "3:2", "4:2"] : ["1:1", "2:1", "3:1"]);
    for (const fate of ["whole", "torn", "lost"] as const) total[fate] += fates[fate];
  }
  assert(Math.min(total.whole, total.torn, total.lost) > 0, JSON.stringify(total));
});

Deno.test("a process that waits for its disk is heard of only afterwards, and notices nothing", () => {
  const world = new HostWorld(new SeededRandom(1));
  const disk = new SimDisk(1);
  disk.syncMs = [100, 100];
  const process = world.boot(1);
  const store = disk.mount(process);
  const seen: string[] = [];
  store.persist(FOUNDED);
  process.emit(() => seen.push(`sent at ${Math.round(world.now)}`));
  world.after(50, () => process.perform(() => seen.push(`woken at ${Math.round(world.now)}`)));
  world.advance(99);
  assertEquals(seen, []);
  world.advance(2);
  assertEquals(seen, ["sent at 100", "woken at 100"]);
});

Deno.test("what a process did behind a sync in which it died never happened", () => {
  const world = new HostWorld(new SeededRandom(1));
  const process = world.boot(1);
  const store = new SimDisk(1).mount(process);
  process.dieInSync("kill", 1_000);
  store.persist(FOUNDED);
  process.emit(() => assert(false, "it spoke"));
  world.advance(1_000);
  assert(process.isDead);
});

for (const fault of ["full", "failing"] as const) {
  Deno.test(`a disk that is ${fault} says so, and takes nothing more in this life`, () => {
    const world = new HostWorld(new SeededRandom(1));
    const disk = new SimDisk(1);
    const store = disk.mount(world.boot(1));
    store.persist(FOUNDED);
    disk.fault = fault;
    assertThrows(() => store.persist({ entries: entries(4, 4) }), ClusterError);
    disk.fault = undefined;
    assertThrows(() => store.persist({ entries: entries(4, 4) }), ClusterError, "failed before");
    const log = disk.mount(world.boot(1)).load();
    assert(log?.entries.length === 3 || (fault === "failing" && log?.entries.length === 4));
  });
}
