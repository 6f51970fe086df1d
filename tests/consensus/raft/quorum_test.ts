import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { majority, majorityValue } from "../../../lib/consensus/raft/mod.ts";

Deno.test("a majority is more than half", () => {
  const table = [[1, 1], [2, 2], [3, 2], [4, 3], [5, 3], [6, 4], [7, 4]] as const;
  for (const [voters, needed] of table) assertEquals(majority(voters), needed);
});

Deno.test("the commit index of match indexes stands in a table", () => {
  const table: [number[], number][] = [
    [[], -Infinity],
    [[5], 5],
    [[5, 9], 5],
    [[1, 2, 3], 2],
    [[3, 3, 0], 3],
    [[1, 2, 3, 4], 2],
    [[9, 1, 5, 3, 7], 5],
    [[Infinity, 0, 0], 0],
  ];
  for (const [values, value] of table) assertEquals(majorityValue(values), value);
});

Deno.test("the commit index agrees with counting each index", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }),
    (values) => {
      let counted = 0;
      for (let index = 1; index <= 20; index++) {
        const have = values.filter((value) => value >= index).length;
        if (2 * have > values.length) counted = index;
      }
      assertEquals(majorityValue(values), counted);
    },
  ));
});
