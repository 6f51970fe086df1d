import { assert, assertEquals, assertThrows } from "@std/assert";
import { ClusterError, SeededRandom } from "../../lib/core/mod.ts";
import { HostWorld, SimDisk } from "../../lib/simulation/mod.ts";
import { entries, metaOf } from "../io/store_compliance.ts";

/** A disk with five entries of one node, the first three behind a snapshot; its process is dead. */
function written(isSnapshotTaken = false) {
  const world = new HostWorld(new SeededRandom(1));
  const disk = new SimDisk(1);
  const process = world.boot(1);
  const store = disk.mount(process);
  store.saveIdentity({ id: "a", cluster: "c" });
  store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 5) });
  if (isSnapshotTaken) {
    store.saveChunks(3, 0, [{ a: 1 }, { b: 2 }]);
    store.compact(3, metaOf(3));
  }
  world.advance(1_000);
  process.kill();
  return { world, disk };
}

Deno.test("what a disk holds for sure is what the syncs of its process have left", () => {
  const { disk } = written();
  assertEquals([1, 5, 6].map((index) => disk.holds(index, undefined)), [true, true, false]);
  assertEquals([disk.holds(2, 1), disk.holds(2, 7)], [true, false]);
  const world = new HostWorld(new SeededRandom(1));
  const fresh = new SimDisk(1);
  fresh.mount(world.boot(1)).persist({ entries: entries(1, 1) });
  assertEquals(fresh.holds(1, undefined), false, "its sync has not returned");
  world.advance(1_000);
  assertEquals(fresh.holds(1, undefined), true);
});

Deno.test("an entry is held by the snapshot that stands for it", () => {
  const { world, disk } = written(true);
  assertEquals([3, 4, 5, 6].map((index) => disk.holds(index, undefined)), [
    true,
    true,
    true,
    false,
  ]);
  const store = disk.mount(world.boot(1));
  const { meta, chunks } = store.latestSnapshot() ?? { meta: undefined, chunks: [] };
  assertEquals([meta, [...chunks]], [metaOf(3), [{ a: 1 }, { b: 2 }]]);
  assertEquals(store.load()?.entries.length, 2);
});

Deno.test("a disk that has lost something is not opened, and its record says what it had", () => {
  for (const what of ["its last entries", "its log", "everything"] as const) {
    const { world, disk } = written();
    assertEquals(disk.lose(what), true);
    assertThrows(() => disk.mount(world.boot(1)), ClusterError, "Cannot use the simulated disk");
  }
});

Deno.test("of a log that a snapshot stands for nothing is lost with its entries", () => {
  const world = new HostWorld(new SeededRandom(1));
  const disk = new SimDisk(1);
  const process = world.boot(1);
  const store = disk.mount(process);
  store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) });
  store.saveChunks(3, 0, [{ a: 1 }]);
  // The snapshot is taken, and the entries that it stands for are kept.
  store.compact(0, metaOf(3));
  world.advance(1_000);
  process.kill();
  assertEquals(disk.lose("its log"), false);
  assertEquals(disk.mount(world.boot(1)).load()?.entries, []);
});

Deno.test("a disk that is put back is what it was, and its node is none the wiser", () => {
  const { world, disk } = written();
  const copy = disk.copy(world.now);
  const process = world.boot(1);
  disk.mount(process).persist({ entries: entries(6, 9) });
  world.advance(1_000);
  assertEquals(disk.holds(9, undefined), true);
  process.kill();
  disk.putBack(copy);
  assertEquals([disk.holds(5, undefined), disk.holds(6, undefined)], [true, false]);
  const again = disk.mount(world.boot(1));
  assertEquals(again.load()?.entries.length, 5);
  assertEquals(again.identity(), { id: "a", cluster: "c" });
});

Deno.test("a process dies in the sync of the record that it is to die with, and of no other", () => {
  const world = new HostWorld(new SeededRandom(1));
  const disk = new SimDisk(1);
  const process = world.boot(1);
  const store = disk.mount(process);
  disk.dieWriting("silence", (record) => record.type === "log" && record.vote !== undefined);
  store.persist({ entries: entries(1, 2) });
  world.advance(1_000);
  assert(process.isRunning);
  store.persist({ vote: { term: 1, votedFor: "a" } });
  world.advance(100);
  assertEquals(process.state, "silent");
});

Deno.test("a state that was not saved to its end is gone when the disk is opened again", () => {
  const { world, disk } = written();
  const process = world.boot(1);
  const store = disk.mount(process);
  store.saveChunks(5, 0, [{ a: 1 }]);
  world.advance(1_000);
  process.kill();
  const again = disk.mount(world.boot(1));
  assertEquals([disk.unfinished, again.latestSnapshot()], [1, undefined]);
  assertThrows(() => again.compact(5, metaOf(5)), ClusterError, "no state of index 5");
});

Deno.test("a disk takes as long for a sync as it is told, but for one in a hundred", () => {
  const world = new HostWorld(new SeededRandom(1));
  const disk = new SimDisk(1);
  disk.syncMs = [5, 6];
  const process = world.boot(1);
  const store = disk.mount(process);
  const tookMs: number[] = [];
  for (let index = 1; index <= 1_000; index++) {
    const before = process.time;
    store.persist({ entries: entries(index, index) });
    tookMs.push(process.time - before);
    world.advance(200);
  }
  assert(Math.min(...tookMs) >= 5 && Math.max(...tookMs) <= 80);
  const stalls = tookMs.filter((ms) => ms > 6.001);
  assert(stalls.length > 1 && stalls.length < 30 && Math.min(...stalls) >= 10, stalls.join());
});

Deno.test("neither a process that is over writes anything, nor a store that was closed", () => {
  const { world, disk } = written();
  const process = world.boot(1);
  const store = disk.mount(process);
  store.close();
  assertThrows(() => store.persist({ entries: entries(6, 6) }), ClusterError, "is closed");
  process.kill();
  const other = world.boot(1);
  const late = disk.mount(other);
  other.kill();
  late.persist({ entries: entries(6, 6) });
  late.noteCommit(6);
  world.advance(1_000);
  assertEquals([disk.holds(5, undefined), disk.holds(6, undefined)], [true, false]);
});
