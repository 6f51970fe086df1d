import { type Millis, type Random, randomBelow, sample, SeededRandom } from "../../lib/core/mod.ts";
import type { MemberState } from "../../lib/membership/swim/mod.ts";
import { Rehearsal } from "../../lib/rehearsal/mod.ts";
import type { Conditions } from "../../lib/simulation/mod.ts";
import { promise } from "./violation.ts";

/** Members that lose their power at once, at the most. */
const VICTIMS = 5;

/** What a scenario of machines plays with. */
interface Stage {
  random: Random;
  nodes: number;
  open(conditions?: Partial<Conditions>): Rehearsal;
}

/**
 * The membership machine alone, without the node round it: thousands of members fit in one run.
 *
 * What dissemination takes grows with the logarithm of their number, and the promises with it.
 */
export const MACHINE_SCENARIOS: Readonly<Record<string, (stage: Stage) => Rehearsal>> = {
  /** Killed: dead to all soon, and nobody else is. */
  "machines: crash"({ random, nodes, open }) {
    const rehearsal = open();
    const victim = 1 + randomBelow(random, nodes);
    rehearsal.kill(victim);
    expectSeen(rehearsal, victim, "dead", newsMs(nodes));
    expectNobodyDeadBut(rehearsal, victim);
    return rehearsal;
  },

  /** Every twentieth transmission lost: nobody dies of it. */
  "machines: loss"({ nodes, open }) {
    const rehearsal = open({ loss: 0.05 });
    rehearsal.run(nodes > 100 ? 10_000 : 60_000);
    expectNobodyDeadBut(rehearsal);
    return rehearsal;
  },

  /** Left in order: left to all soon, dead to nobody. */
  "machines: leave"({ random, nodes, open }) {
    const rehearsal = open();
    const leaver = 1 + randomBelow(random, nodes);
    rehearsal.input(rehearsal.process(leaver), { type: "leave" });
    expectSeen(rehearsal, leaver, "left", newsMs(nodes));
    expectNobodyDeadBut(rehearsal);
    return rehearsal;
  },

  /** Some lose power at once: dead to all others, and nobody else is. */
  "machines: silence"({ random, nodes, open }) {
    const rehearsal = open();
    const numbers = Array.from({ length: nodes }, (_, at) => at + 1);
    const victims = sample(random, numbers, Math.min(VICTIMS, Math.floor(nodes / 3)));
    for (const victim of victims) rehearsal.silence(victim);
    rehearsal.run(8_000);
    for (const victim of victims) expectSeen(rehearsal, victim, "dead", 20_000 + newsMs(nodes));
    expectNobodyDeadBut(rehearsal, ...victims);
    return rehearsal;
  },
};

/** Plays one scenario with one seed. */
export function playMachines(name: string, seed: number, nodes: number): Rehearsal {
  const random = new SeededRandom(seed ^ 0x5eed);
  const open = (conditions: Partial<Conditions> = {}) => {
    const rehearsal = new Rehearsal({ nodes, seed, conditions });
    rehearsal.run(randomBelow(random, 2_000));
    return rehearsal;
  };
  return (MACHINE_SCENARIOS[name] as (stage: Stage) => Rehearsal)({ random, nodes, open });
}

/**
 * Until a piece of news is everywhere: a second in a small cluster, and some rounds of gossip more.
 */
function newsMs(nodes: number): Millis {
  return 1_000 + 1_000 * Math.ceil(Math.log10(nodes));
}

function expectSeen(
  rehearsal: Rehearsal,
  member: number,
  state: MemberState,
  withinMs: Millis,
): void {
  const tookMs = rehearsal.runUntil(() => rehearsal.isSeen(member, state), withinMs);
  promise(tookMs !== undefined, `member ${member} is not ${state} to all after ${withinMs} ms`);
}

function expectNobodyDeadBut(rehearsal: Rehearsal, ...victims: number[]): void {
  const wrong = rehearsal.timeline.beliefs.find(({ state, subject }) =>
    state === "dead" && !victims.includes(subject)
  );
  promise(wrong === undefined, `${wrong?.observer} held ${wrong?.subject} for dead`);
}
