import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError } from "../../../lib/core/mod.ts";
import { numbersOf, SnapshotContents } from "../../../lib/state/store/snapshot_chunk.ts";

Deno.test("an item begins with so many whole numbers, or is malformed", () => {
  const table: [item: unknown, count: number, isSound: boolean][] = [
    [[], 0, true],
    [[1, 2, 3], 3, true],
    [[1, 2, "more"], 2, true],
    [[1, 2], 3, false],
    [[], 1, false],
    [["1", 2, 3], 3, false],
    [[1, 2, 3.5], 3, false],
    [[1, null, 3], 3, false],
    [{ length: 3 }, 3, false],
    [null, 0, false],
    ["12", 2, false],
  ];
  for (const [item, count, isSound] of table) {
    if (isSound) assertEquals(numbersOf(item, count), item as number[]);
    else {
      const error = assertThrows(() => numbersOf(item, count), ClusterError);
      assertEquals(error.code, "BAD_MESSAGE", JSON.stringify(item));
    }
  }
});

Deno.test("a snapshot without items of a type has none of them", () => {
  const header = {
    type: "header",
    format: 1,
    index: 1,
    revision: 1,
    compactedRevision: 0,
  } as const;
  const contents = new SnapshotContents(header, new Map([["base", [1, 2]]]));
  assertEquals([contents.of("base"), contents.of("leases")], [[1, 2], []]);
});
