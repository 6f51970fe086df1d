import { assertEquals, assertThrows } from "@std/assert";
import type { Json, Store } from "../../lib/core/mod.ts";

/** An entry as consensus hands it to a store. */
export function entry(index: number, term = 1, data: Json = `command ${index}`): StoredEntry {
  return { index, term, type: "command", data };
}

/** Several consecutive entries. */
export function entries(first: number, last: number, term = 1): StoredEntry[] {
  return Array.from({ length: last - first + 1 }, (_, at) => entry(first + at, term));
}

/** What a snapshot stands for. */
export function metaOf(index: number, term = 1): Json & { index: number } {
  return { index, term, config: { voters: ["a"], learners: [] } };
}

/** Registers what every store owes a running node, whether or not it outlives the process. */
export function testStore(kind: string, open: () => { store: Store; end(): void }): void {
  const test = (name: string, check: (store: Store) => void) =>
    Deno.test(`${kind}: ${name}`, () => {
      const { store, end } = open();
      try {
        check(store);
      } finally {
        store.close();
        end();
      }
    });

  test("a new store has nothing", (store) => {
    assertEquals(store.identity(), undefined);
    assertEquals(store.load(), undefined);
    assertEquals(store.latestSnapshot(), undefined);
  });

  test("a saved state counts only when its index is named", (store) => {
    store.persist({
      vote: { term: 1, votedFor: "a" },
      snapshot: metaOf(0),
      entries: entries(1, 5),
    });
    store.saveChunks(4, 0, ["one", { two: 2 }]);
    assertEquals(store.latestSnapshot(), undefined);
    store.compact(3, metaOf(4));
    const latest = store.latestSnapshot();
    assertEquals(latest?.meta, metaOf(4));
    assertEquals([...latest?.chunks ?? []], ["one", { two: 2 }]);
  });

  test("a state may come in many parts, among which other things are stored", (store) => {
    store.persist({ vote: { term: 1, votedFor: "a" }, snapshot: metaOf(0) });
    store.saveChunks(4, 0, ["one"]);
    store.persist({ entries: entries(1, 5) });
    store.saveChunks(4, 1, ["two", "three"]);
    store.persist({ entries: entries(6, 7) });
    store.saveChunks(4, 3, ["four"]);
    assertEquals(store.latestSnapshot(), undefined);
    store.compact(4, metaOf(4));
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["one", "two", "three", "four"]);
  });

  test("part 0 begins a state anew, and another that was never adopted is gone then", (store) => {
    store.saveChunks(4, 0, ["adopted"]);
    store.install(metaOf(4));
    store.saveChunks(6, 0, ["abandoned", "in the middle"]);
    store.saveChunks(8, 0, ["begun", "again"]);
    store.saveChunks(8, 0, ["new"]);
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["adopted"]);
    store.compact(8, metaOf(8));
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["new"]);
  });

  test("what never was adopted cannot be, once another state has begun", (store) => {
    store.saveChunks(4, 0, ["abandoned"]);
    store.saveChunks(6, 0, ["new"]);
    if (store.isDurable) assertThrows(() => store.compact(4, metaOf(4)), Error, "index 4");
    else store.compact(4, metaOf(4));
    assertEquals(store.latestSnapshot(), undefined);
  });

  test("an installed snapshot takes the place of the one before", (store) => {
    store.saveChunks(4, 0, ["old"]);
    store.install(metaOf(4));
    store.saveChunks(9, 0, ["new", "newer"]);
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["old"]);
    store.install(metaOf(9, 2));
    assertEquals(store.latestSnapshot()?.meta, metaOf(9, 2));
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["new", "newer"]);
  });

  test("whoever reads a snapshot reads it to its end, whatever comes after", (store) => {
    store.saveChunks(4, 0, ["a", "b", "c"]);
    store.install(metaOf(4));
    const read: Json[] = [];
    for (const chunk of store.latestSnapshot()?.chunks ?? []) {
      read.push(chunk);
      if (read.length > 1) continue;
      store.saveChunks(9, 0, ["later"]);
      store.compact(9, metaOf(9));
    }
    assertEquals(read, ["a", "b", "c"]);
    assertEquals([...store.latestSnapshot()?.chunks ?? []], ["later"]);
  });

  test("a state that was never saved cannot be adopted", (store) => {
    store.saveChunks(4, 0, ["a"]);
    if (store.isDurable) assertThrows(() => store.compact(5, metaOf(5)), Error, "index 5");
    else store.compact(5, metaOf(5));
    assertEquals(store.latestSnapshot(), undefined);
  });
}

/** An entry as consensus writes it: to a store it is a number and something. */
export interface StoredEntry {
  [field: string]: Json;
  index: number;
}
