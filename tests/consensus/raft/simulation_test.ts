import { assert, assertEquals } from "@std/assert";
import { INJECTED_BUGS } from "./injected_bugs.ts";
import { runSeed } from "./simulation.ts";

Deno.test("no seed breaks a safety property, and every cluster heals", () => {
  for (let seed = 1; seed <= 80; seed++) {
    const { violation } = runSeed({ seed });
    assertEquals(violation, undefined, `seed ${seed}`);
  }
});

Deno.test("one seed is one run", () => {
  assertEquals(runSeed({ seed: 7 }), runSeed({ seed: 7 }));
});

for (const [name, bug] of Object.entries(INJECTED_BUGS)) {
  Deno.test(`the simulator finds that ${name}`, () => {
    let seed = 1;
    while (seed <= 200 && runSeed({ seed, bug }).violation === undefined) seed++;
    assert(seed <= 200, `200 seeds did not show that ${name}`);
  });
}
