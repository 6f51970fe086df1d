import { assert, assertEquals } from "@std/assert";
import { Cuts } from "../../lib/simulation/mod.ts";

Deno.test("cuts: parts do not reach each other, single directions stay cut, healing mends all", () => {
  const cuts = new Cuts();
  const reach = () =>
    [[1, 2], [1, 3], [3, 1], [3, 4], [1, 5]].map(([a, b]) =>
      cuts.reaches(a as number, b as number)
    );
  assertEquals(reach(), [true, true, true, true, true]);
  cuts.partition([[1, 2], [3, 4]]);
  assertEquals(reach(), [true, false, false, true, true], "5 is in no part");
  cuts.cut(1, 2);
  cuts.unite();
  assertEquals(reach(), [false, true, true, true, true]);
  assert(cuts.reaches(2, 1), "the other direction");
  cuts.heal();
  assertEquals(reach(), [true, true, true, true, true]);
});

Deno.test("cuts: what refuses does not arrive, and what arrives is not refused", () => {
  const cuts = new Cuts();
  // Whether a reaches b, and whether it is refused there.
  const told = (a: number, b: number) => [cuts.reaches(a, b), cuts.refuses(a, b)];
  assertEquals(told(1, 2), [true, false]);
  cuts.refuse(1, 2);
  assertEquals([told(1, 2), told(2, 1)], [[false, true], [true, false]]);
  cuts.mend(1, 2);
  assertEquals(told(1, 2), [true, false]);
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false], "what was refused once is silent now");
  cuts.heal();
  cuts.partition([[1], [2, 3]], true);
  assertEquals([told(1, 2), told(2, 3), told(1, 4)], [[false, true], [true, false], [true, false]]);
  cuts.partition([[1], [2]]);
  assertEquals([told(1, 2), told(1, 3)], [[false, false], [true, false]], "a silent one follows");
  cuts.partition([[1], [2]], true);
  cuts.unite();
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false]);
  cuts.refuse(1, 2);
  cuts.heal();
  cuts.cut(1, 2);
  assertEquals(told(1, 2), [false, false]);
});
