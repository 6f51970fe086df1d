import { assert } from "@std/assert";
import { playAgreement } from "./agreement_scenarios.ts";
import { INJECTED_BUGS } from "./injected_bugs.ts";
import { Violation } from "../consensus/raft/checker.ts";

const SEEDS = 200;

for (const [name, { scenario, bug, alter }] of Object.entries(INJECTED_BUGS)) {
  Deno.test(`the simulator of real nodes finds that ${name}`, async () => {
    const undo = alter?.();
    try {
      for (let seed = 1; seed <= SEEDS; seed++) {
        try {
          await playAgreement(scenario, seed, 3, { bug });
        } catch (error) {
          if ((error as Error).name === Violation.name) return;
          throw error;
        }
      }
    } finally {
      undo?.();
    }
    assert(false, `${SEEDS} seeds did not show that ${name}`);
  });
}
