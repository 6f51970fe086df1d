import { assert } from "@std/assert";
import { randomBetween, SeededRandom } from "../../lib/core/mod.ts";
import { Rehearsal } from "../../lib/rehearsal/mod.ts";

/** Machines that join a cluster of three, five a second. */
const CROWD = 50;

/** Deaths believed while each machine is stopped twice in the first seconds after its join. */
function deaths(seed: number): number {
  const rehearsal = new Rehearsal({ nodes: 3, seed });
  const random = new SeededRandom(seed ^ 77);
  for (let number = 4; number < 4 + CROWD; number++) {
    const at = (number - 4) * 200;
    rehearsal.at(at, () => rehearsal.join(number, 1 + number % 3));
    let stopAt = at + randomBetween(random, 50, 550);
    for (let stops = 0; stops < 2; stops++) {
      const forMs = randomBetween(random, 2_000, 4_500);
      rehearsal.at(stopAt, () => rehearsal.pause(number));
      rehearsal.at(stopAt + forMs, () => rehearsal.resume(number));
      stopAt += forMs + randomBetween(random, 1_000, 2_000);
    }
  }
  rehearsal.run(40_000);
  return rehearsal.timeline.beliefs.filter(({ state }) => state === "dead").length;
}

Deno.test("in a crowd of machines that stall again and again while they start nobody is held for dead", () => {
  const all = [1, 2, 3, 4].map(deaths);
  assert(all.every((count) => count === 0), `deaths: ${all}`);
});
