import { assertEquals } from "@std/assert";
import { countsOf } from "../../../lib/consensus/raft/second_copy.ts";

Deno.test("an acknowledged write is in as many places, and on as many disks, as the table says", () => {
  const table: [
    voters: number,
    hasSecond: boolean,
    memory: number,
    copies: number,
    disks: number,
  ][] = [
    [1, false, 0, 1, 1],
    [1, false, 1, 1, 0],
    [1, true, 0, 2, 2],
    // What the only voter has in memory alone is gone with it, whatever else has a copy.
    [1, true, 1, 2, 0],
    [2, false, 0, 2, 2],
    [2, false, 1, 2, 1],
    [2, false, 2, 2, 0],
    [3, false, 0, 2, 2],
    [3, false, 1, 2, 1],
    [3, false, 2, 2, 0],
    [3, false, 3, 2, 0],
    [4, false, 1, 3, 2],
    [5, false, 0, 3, 3],
    [5, false, 2, 3, 1],
    [5, false, 4, 3, 0],
  ];
  for (const [count, hasSecond, memory, copies, disks] of table) {
    const voters = Array.from({ length: count }, (_, at) => `n${at}`);
    const told = countsOf({ voters, learners: ["l"] }, hasSecond, memory);
    assertEquals(told, { copies, disks }, `${count} voters, ${memory} in memory, ${hasSecond}`);
  }
});
