import { assert, assertEquals } from "@std/assert";
import { type Random, randomBelow, SeededRandom } from "../../lib/core/mod.ts";
import { chooseMember } from "../../lib/services/mod.ts";

const MEMBERS = Array.from({ length: 50 }, (_, index) => `m${index}`);

/**
 * Gives as many calls as there are members, none of which ends, and says how long the longest queue
 * is.
 */
function longestQueue(choose: (loads: Map<string, number>) => string | undefined): number {
  const loads = new Map<string, number>();
  for (let call = 0; call < MEMBERS.length * 20; call++) {
    const member = choose(loads) as string;
    loads.set(member, (loads.get(member) ?? 0) + 1);
  }
  return Math.max(...loads.values());
}

Deno.test("nobody is chosen of nobody, and the only one of one, however loaded", () => {
  const random = new SeededRandom(1);
  assertEquals(chooseMember([], "self", () => 0, random), undefined);
  assertEquals(chooseMember(["m1"], "self", () => 1_000, random), "m1");
});

Deno.test("this node serves itself when it offers the service", () => {
  const random = new SeededRandom(1);
  for (let i = 0; i < 100; i++) {
    assertEquals(chooseMember(["m1", "self", "m2"], "self", () => 0, random), "self");
  }
});

Deno.test("of two candidates the less loaded is chosen, always", () => {
  const random = new SeededRandom(2);
  const loadOf = (member: string) => member === "m1" ? 3 : 2;
  for (let i = 0; i < 100; i++) {
    assertEquals(chooseMember(["m1", "m2"], "self", loadOf, random), "m2");
  }
});

Deno.test("with equal loads every candidate has the same chance", () => {
  const random = new SeededRandom(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 30_000; i++) {
    const member = chooseMember(["m1", "m2", "m3"], "self", () => 0, random) as string;
    counts.set(member, (counts.get(member) ?? 0) + 1);
  }
  for (const [member, count] of counts) {
    assert(Math.abs(count - 10_000) < 400, `${member}: ${count}`);
  }
  assertEquals(counts.size, 3);
});

Deno.test("the longest queue of two choices stays near the mean, that of one random choice does not", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new SeededRandom(seed);
    const twoChoices = longestQueue((loads) =>
      chooseMember(MEMBERS, "self", (member) => loads.get(member) ?? 0, random)
    );
    const oneChoice = longestQueue(() => MEMBERS[randomBelow(random, MEMBERS.length)]);
    assert(twoChoices <= 23, `seed ${seed}: ${twoChoices}, the mean is 20`);
    assert(oneChoice >= twoChoices + 3, `seed ${seed}: ${oneChoice} against ${twoChoices}`);
  }
});

/** Draws what it is told, in turn. */
function drawing(...values: number[]): Random {
  return { next: () => values.shift() ?? 0 };
}

Deno.test("the second candidate is never the first, and may be any other", () => {
  const members = ["m0", "m1", "m2", "m3"];
  for (let first = 0; first < 4; first++) {
    const others = new Set<string | undefined>();
    for (const second of [0, 1, 2]) {
      // The first is full: whoever is compared with it is chosen.
      const loadOf = (member: string) => member === `m${first}` ? 1 : 0;
      const random = drawing((first + 0.5) / 4, (second + 0.5) / 3);
      others.add(chooseMember(members, "self", loadOf, random));
    }
    assertEquals(others.size, 3, `m${first} and ${[...others]}`);
    assertEquals(others.has(`m${first}`), false);
  }
});

Deno.test("of two that are loaded alike the first that was drawn is chosen", () => {
  const random = drawing(0.9, 0);
  assertEquals(chooseMember(["m0", "m1", "m2"], "self", () => 5, random), "m2");
});

Deno.test("nothing is drawn where there is nothing to choose", () => {
  const never: Random = { next: () => assert(false, "it was drawn") as never };
  assertEquals(chooseMember([], "self", () => 0, never), undefined);
  assertEquals(chooseMember(["m1"], "self", () => 0, never), "m1");
  assertEquals(chooseMember(["m1", "self"], "self", () => 0, never), "self");
});
