import { assertEquals } from "@std/assert";
import type { Json } from "../../lib/core/mod.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { SnapshotWriter } from "../../lib/consensus/snapshot_writer.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A disk that tells what it is given, and may have no room. */
class ToldStore extends MemoryStore {
  readonly #told: string[];
  isFull = false;

  constructor(told: string[]) {
    super();
    this.#told = told;
  }

  override saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    if (this.isFull) throw new Error("database or disk is full");
    this.#told.push(`${index}/${first} ${chunks.join()}`);
  }
}

/** A writer, what comes of it, and the turns of its event loop. */
function writing() {
  const told: string[] = [];
  const clock = new ManualClock();
  const store = new ToldStore(told);
  const writer = new SnapshotWriter(clock, store, {
    written: (index) => told.push(`${index} written`),
    failed: (error) => told.push(`failed: ${(error as Error).message}`),
  });
  const turn = () => {
    clock.advance(clock.time);
    return told.splice(0);
  };
  return { told, clock, store, writer, turn };
}

Deno.test("a state is written one chunk a turn, made when its turn has come, and others have theirs in between", () => {
  const { told, clock, writer, turn } = writing();
  let state = "before";
  function* chunks() {
    for (let part = 0; part < 2; part++) yield state;
  }
  writer.begin(7, chunks());
  assertEquals([told, writer.isWriting], [[], true]);
  state = "as it is";
  assertEquals(turn(), ["7/0 as it is"]);
  clock.setTimer(0, () => told.push("another's turn"));
  assertEquals(turn().toSorted(), ["7/1 as it is", "another's turn"]);
  assertEquals([turn(), writer.isWriting], [["7 written"], false]);
  assertEquals([turn(), clock.due], [[], []]);
});

Deno.test("a state without a chunk is written, too", () => {
  const { writer, turn } = writing();
  writer.begin(0, []);
  assertEquals([turn(), turn()], [["0 written"], []]);
});

Deno.test("of a state that is abandoned nothing more is written, and nobody is told", () => {
  const { clock, writer, turn } = writing();
  writer.begin(7, ["a", "b"]);
  assertEquals(turn(), ["7/0 a"]);
  writer.abandon();
  assertEquals([writer.isWriting, clock.due, turn()], [false, [], []]);
});

Deno.test("one state is written at a time: the next that begins takes the place of it", () => {
  const { writer, turn } = writing();
  writer.begin(7, ["a", "b"]);
  assertEquals(turn(), ["7/0 a"]);
  writer.begin(9, ["c"]);
  assertEquals([turn(), turn(), turn()], [["9/0 c"], ["9 written"], []]);
});

Deno.test("a disk that fails in the middle ends it, and is told of once", () => {
  const { store, writer, turn } = writing();
  writer.begin(7, ["a", "b", "c"]);
  assertEquals(turn(), ["7/0 a"]);
  store.isFull = true;
  assertEquals([turn(), writer.isWriting], [["failed: database or disk is full"], false]);
  store.isFull = false;
  assertEquals(turn(), []);
});
