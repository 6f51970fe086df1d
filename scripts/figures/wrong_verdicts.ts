import type { Millis } from "../../lib/core/mod.ts";
import { Rehearsal } from "../../lib/rehearsal/mod.ts";

/** What was believed wrongly, by whomever and of whomever. */
export interface WrongVerdicts {
  verdicts: number;
  suspicions: number;
}

/** What a trial is made of. */
export interface Trial {
  nodes: number;
  seeds: number;
  durationMs: Millis;
  lifeguard: boolean;
}

/** Counts wrong verdicts while a share of all datagrams is lost. */
export function wrongVerdicts(trial: Trial & { loss: number }): WrongVerdicts {
  return count(trial, trial.loss, 0, 0);
}

/** Counts wrong verdicts against the others while the first `slow` members handle messages late. */
export function slowMembers(trial: Trial & { slow: number; slowMs: Millis }): WrongVerdicts {
  return count(trial, 0, trial.slow, trial.slowMs);
}

function count(trial: Trial, loss: number, slow: number, slowMs: Millis): WrongVerdicts {
  const total = { verdicts: 0, suspicions: 0 };
  for (let seed = 1; seed <= trial.seeds; seed++) {
    const rehearsal = new Rehearsal({
      nodes: trial.nodes,
      seed,
      lifeguard: trial.lifeguard,
      conditions: { transport: "datagrams", loss },
    });
    for (let number = 1; number <= slow; number++) rehearsal.process(number).slowMs = slowMs;
    rehearsal.run(trial.durationMs);
    for (const { subject, state, isWrong } of rehearsal.timeline.beliefs) {
      if (!isWrong || subject <= slow) continue;
      if (state === "dead") total.verdicts++;
      else total.suspicions++;
    }
  }
  return total;
}
