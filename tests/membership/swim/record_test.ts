import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  hasLeftInOrder,
  type Member,
  overrides,
  type Standing,
} from "../../../lib/membership/swim/mod.ts";

/** The table of `mod.ts`, spelled out: a dumb second implementation. */
function overridesByTable(told: Standing, known: Standing): boolean {
  const i = told.incarnation;
  const j = known.incarnation;
  const row = told.forced ? "forced" : told.state;
  const column = known.forced ? "forced" : known.state;
  const table: Record<string, Record<string, boolean>> = {
    alive: { alive: i > j, suspect: i > j, dead: i > j, left: i > j, forced: false },
    suspect: { alive: i >= j, suspect: i > j, dead: i > j, left: i > j, forced: false },
    dead: { alive: i >= j, suspect: i >= j, dead: i > j, left: i > j, forced: false },
    left: { alive: i >= j, suspect: i >= j, dead: i >= j, left: i > j, forced: false },
    forced: { alive: true, suspect: true, dead: true, left: true, forced: i > j },
  };
  return table[row]?.[column] ?? false;
}

const STANDINGS: Standing[] = [];
for (const incarnation of [0, 1, 2, 3]) {
  for (const state of ["alive", "suspect", "dead", "left"] as const) {
    STANDINGS.push({ incarnation, state });
  }
  STANDINGS.push({ incarnation, state: "left", forced: true });
}

const standing = fc.constantFrom(...STANDINGS);

function believe(claims: readonly Standing[]): Standing | undefined {
  let known: Standing | undefined;
  for (const told of claims) if (known === undefined || overrides(told, known)) known = told;
  return known;
}

Deno.test("precedence is what the table says for every pair of claims", () => {
  for (const told of STANDINGS) {
    for (const known of STANDINGS) {
      assertEquals(
        overrides(told, known),
        overridesByTable(told, known),
        `${JSON.stringify(told)} over ${JSON.stringify(known)}`,
      );
    }
  }
});

Deno.test("of two different claims exactly one overrides the other", () => {
  for (const a of STANDINGS) {
    for (const b of STANDINGS) {
      if (a === b) assert(!overrides(a, b));
      else assert(overrides(a, b) !== overrides(b, a));
    }
  }
});

Deno.test("the same claims in any order and repetition end in the same belief", () => {
  fc.assert(fc.property(
    fc.array(standing, { minLength: 1, maxLength: 8 }).chain((claims) =>
      fc.tuple(fc.constant(claims), fc.shuffledSubarray(claims, { minLength: claims.length }))
    ),
    ([claims, shuffled]) => {
      assertEquals(believe(shuffled), believe(claims));
      assertEquals(believe([...shuffled, ...claims]), believe(claims));
    },
  ));
});

Deno.test("of those who were at an address the last says whether it was left in order", () => {
  const at = (id: string, state: Member["state"], since: number, removed = false) =>
    ({ id, state, since, removed, address: "a:1" }) as Member;
  const elsewhere = { ...at("z", "left", 9), address: "b:1" };
  const died = at("a", "dead", 1);
  const left = at("b", "left", 2);
  assert(!hasLeftInOrder([died, elsewhere], "a"));
  for (const id of ["a", "b"]) assert(hasLeftInOrder([left, died, elsewhere], id), id);
  // Whoever hears of both at once takes the later id for the later life.
  assert(hasLeftInOrder([{ ...left, since: 1 }, died], "a"));
  assert(!hasLeftInOrder([{ ...left, id: "0", since: 1 }, died], "0"));
  assert(!hasLeftInOrder([died, left, at("c", "dead", 3)], "b"));
  assert(!hasLeftInOrder([at("c", "left", 1, true)], "c"));
  assert(!hasLeftInOrder([], "a"));
});
