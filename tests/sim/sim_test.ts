import { assertEquals, assertNotEquals } from "@std/assert";
import { MACHINE_SCENARIOS, playMachines } from "./machine_scenarios.ts";
import { play, SCENARIOS } from "./scenarios.ts";

/** Enough to notice what is broken; `main.ts` runs as many as one likes. */
const SEEDS = 3;

for (const name of Object.keys(SCENARIOS)) {
  Deno.test(`real nodes keep their promises: ${name}`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await play(name, seed, 5);
      } catch (error) {
        throw new Error(
          `deno run -A tests/sim/main.ts --seeds 1 --seed ${seed} --scenario "${name}"`,
          { cause: error },
        );
      }
    }
  });
}

Deno.test("the membership machine alone keeps its promises, in small clusters and in larger ones", () => {
  for (const name of Object.keys(MACHINE_SCENARIOS)) {
    for (let seed = 1; seed <= SEEDS; seed++) playMachines(name, seed, 5);
    playMachines(name, 1, 70);
  }
});

Deno.test("one seed is one run, to the last message, and another seed is another", async () => {
  for (const name of ["partition", "loss", "restart"]) {
    const runs = [await play(name, 11, 5), await play(name, 11, 5), await play(name, 12, 5)];
    const [first, again, other] = runs.map(({ world }) => world.digest);
    assertEquals(again, first);
    assertNotEquals(other, first);
    assertEquals(runs[1]?.world.events, runs[0]?.world.events);
  }
});
