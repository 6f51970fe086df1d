import { assert } from "@std/assert";
import { PLANTS } from "./plants.ts";
import { Broken, type Create, playStory, STORIES } from "./stories.ts";

const SEEDS = 40;
const PLANT_SEEDS = 200;

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

for (const [bug, create] of Object.entries(PLANTS)) {
  Deno.test(`a machine with a bug is found out: ${bug}`, () => {
    assert(seedsUntilFound(create) !== undefined, `not found in ${PLANT_SEEDS} seeds`);
  });
}

function seedsUntilFound(create: Create): number | undefined {
  for (let seed = 1; seed <= PLANT_SEEDS; seed++) {
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
