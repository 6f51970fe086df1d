import type { ConsensusEffect } from "../../../lib/consensus/raft/mod.ts";
import type { InjectedBug } from "./simulation.ts";

/** Bugs that an implementation of Raft may have; the simulator has to find every one of them. */
export const INJECTED_BUGS: Record<string, InjectedBug> = {
  "the vote is not persisted": {
    effects: (effects) =>
      effects.map((effect) =>
        effect.type === "persist" && effect.vote !== undefined
          ? { ...effect, vote: { term: effect.vote.term, votedFor: null } }
          : effect
      ),
  },
  "a node votes twice in a term": { rules: { mayVote: () => true } },
  "an entry of an old term is committed by counting": { rules: { mayCommit: () => true } },
  "a candidate with a shorter log gets votes": { rules: { isUpToDate: () => true } },
  "stickiness is ignored": { rules: { isSticky: () => false } },
  "an election begins without a pre-vote": { rules: { needsPreVote: () => false } },
  "the configuration changes before an entry of the term is committed": {
    rules: { mayChangeConfig: (_hasCommittedInTerm, isPending) => !isPending },
  },
  "two configuration changes are under way": { rules: { mayChangeConfig: (has) => has } },
  "a read is answered without a quorum": { rules: { isReadConfirmed: () => true } },
  "a new leader reads before its term has a committed entry": { rules: { mayRead: () => true } },
  "a deposed master grants what no majority agreed to": { grantsWhenDeposed: true },
  "a stale append truncates the log": {
    rules: {
      findConflict(entries, termAt) {
        const last = entries.at(-1);
        return last !== undefined && termAt(last.index + 1) !== undefined
          ? last.index + 1
          : entries.find(({ index, term }) => (termAt(index) ?? term) !== term)?.index;
      },
    },
  },
  "a single voter's acknowledgement waits for the second copy, its commit index does not": {
    rules: { waitsForSecond: () => false },
  },
  "a fresh leader commits alone": { rules: { isFoundInStep: () => false } },
  "a learner is in step on heartbeats alone": {
    rules: { isSteady: () => true, hasAll: () => true },
  },
  "disks count voters that keep nothing": { rules: { memoryVoters: () => 0 } },
  "conflicting entries are kept": { rules: { findConflict: () => undefined } },
  "the answer goes out before the disk is done": {
    effects: (effects) => [...effects.filter(isSend), ...effects.filter((one) => !isSend(one))],
  },
  "a snapshot forgets the configuration": {
    input: (input) =>
      input.type === "snapshot-received"
        ? { ...input, snapshot: { ...input.snapshot, config: { voters: [], learners: [] } } }
        : input,
  },
};

function isSend(effect: ConsensusEffect): boolean {
  return effect.type === "send";
}
