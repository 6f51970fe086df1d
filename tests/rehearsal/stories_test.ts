import { assert } from "@std/assert";
import { INJECTED_BUGS } from "./injected_bugs.ts";
import { Broken, type Create, playStory, STORIES } from "./stories.ts";

const SEEDS = 40;
const BUG_SEEDS = 200;

for (const name of Object.keys(STORIES)) {
  Deno.test(`in ${SEEDS} small clusters: ${name}`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        playStory(name, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}

for (const [bug, create] of Object.entries(INJECTED_BUGS)) {
  Deno.test(`a machine with a bug is found out: ${bug}`, () => {
    assert(seedsUntilFound(create) !== undefined, `not found in ${BUG_SEEDS} seeds`);
  });
}

function seedsUntilFound(create: Create): number | undefined {
  for (let seed = 1; seed <= BUG_SEEDS; seed++) {
    for (const name of Object.keys(STORIES)) {
      try {
        playStory(name, seed, create);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        return seed;
      }
    }
  }
  return undefined;
}
