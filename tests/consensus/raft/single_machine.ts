import {
  Consensus,
  type ConsensusEffect,
  type ConsensusMessage,
  type Entry,
} from "../../../lib/consensus/raft/mod.ts";
import { type Message, SeededRandom } from "../../../lib/core/mod.ts";

/** The voters of most tests. */
export const THREE = ["n1", "n2", "n3"];
/** Timing as on a local network. */
export const TIMING = { electionTimeoutMs: 700, heartbeatMs: 150 };

/** What a machine has on its disk when it starts. */
export interface Restored {
  voters?: string[];
  learners?: string[];
  /** The latest term; by default the last entry's. */
  term?: number;
  commit?: number;
  life?: string;
}

/**
 * A machine, `n1`, with a log of those terms; the first entry of a term may name the life that
 * began it.
 */
export function machineOf(
  terms: readonly (number | { term: number; life: string })[] = [],
  { voters = THREE, learners = [], term, commit, life }: Restored = {},
): Consensus {
  const entries = terms.map((one, at): Entry => {
    const index = at + 1;
    if (typeof one === "number") return { index, term: one, type: "command", data: `e${index}` };
    return { index, term: one.term, type: "noop", data: one.life };
  });
  return new Consensus({
    id: "n1",
    random: new SeededRandom(1),
    timing: TIMING,
    ...(life === undefined ? {} : { life }),
    restored: {
      term: term ?? entries.at(-1)?.term ?? 0,
      votedFor: null,
      snapshot: { index: 0, term: 0, config: { voters, learners } },
      entries,
      ...(commit === undefined ? {} : { commit }),
    },
  });
}

/** A leader's message without entries, and what differs from that. */
export function appendOf(
  fields: Partial<ConsensusMessage & { type: "append" }> = {},
): ConsensusMessage {
  return {
    type: "append",
    term: 1,
    previousIndex: 0,
    previousTerm: 0,
    entries: [],
    commit: 0,
    round: 1,
    sentAt: 0,
    ...fields,
  };
}

/** Gives a machine a message. */
export function tell(
  machine: Consensus,
  now: number,
  from: string,
  message: ConsensusMessage,
): ConsensusEffect[] {
  return machine.handle(now, { type: "message", from, message: message as unknown as Message });
}

/** The messages among effects. */
export function sent(effects: readonly ConsensusEffect[]): ConsensusMessage[] {
  return effects.flatMap((effect) => effect.type === "send" ? [effect.message] : []);
}
