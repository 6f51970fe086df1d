import { Divergence } from "../../lib/consensus/divergence.ts";
import { ConsensusService, type ReplicatedMachine } from "../../lib/consensus/mod.ts";
import {
  type AutopilotRules,
  type AutopilotStep,
  type ConsensusEffect,
  nextStep,
} from "../../lib/consensus/raft/mod.ts";
import type { Json, JsonObject, Store } from "../../lib/core/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { KeySpace } from "../../lib/state/store/key_space.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { AutopilotRunner } from "../../lib/consensus/autopilot_runner.ts";
import { Lifecycle } from "../../lib/node/lifecycle.ts";
import type { NodeBug } from "./sim_cluster.ts";

/** A bug of a node around its machines, and the scenario that has to find it. */
export interface InjectedBug {
  scenario: string;
  bug: NodeBug;
  /**
   * What is altered of the node's own parts while the scenario is played; gives back what undoes
   * it.
   */
  alter?(): () => void;
}

/** A store in which some methods are not what they should be. */
export function altered(store: Store, change: Partial<Store>): Store {
  return {
    isDurable: store.isDurable,
    ...(store.snapshotEntries === undefined ? {} : { snapshotEntries: store.snapshotEntries }),
    identity: () => store.identity(),
    saveIdentity: (identity) => store.saveIdentity(identity),
    load: () => store.load(),
    persist: (log) => store.persist(log),
    noteCommit: (index) => store.noteCommit(index),
    saveChunks: (index, first, chunks) => store.saveChunks(index, first, chunks),
    compact: (through, snapshot) => store.compact(through, snapshot),
    install: (snapshot) => store.install(snapshot),
    latestSnapshot: () => store.latestSnapshot(),
    close: () => store.close(),
    ...change,
  };
}

/** Bugs that a node's use of its disk may have; the simulator has to find every one of them. */
export const INJECTED_BUGS: Readonly<Record<string, InjectedBug>> = {
  "a snapshot drops the session table": dropping("sessions", "results"),
  "a snapshot drops what the sessions were answered": dropping("results"),
  "a snapshot drops the history": dropping("history"),
  "a vote is sent before its sync has returned": {
    scenario: "crashes while voting",
    bug: { isAwaited: (record) => record.type !== "log" || record.vote === undefined },
  },
  "entries are answered for before their sync has returned": {
    scenario: "restarts with disks",
    bug: { isAwaited: (record) => record.type !== "log" || record.entries.length === 0 },
  },
  "what is to be sent goes out before what is to be stored": {
    scenario: "restarts with disks",
    bug: {
      effects: (effects) => [...effects.filter(isSend), ...effects.filter((one) => !isSend(one))],
    },
  },
  "a write that failed is taken for done": {
    scenario: "disk fails",
    bug: {
      store: (store) =>
        altered(store, {
          persist(change) {
            try {
              store.persist(change);
            } catch {
              // It goes on as if nothing were wrong.
            }
          },
        }),
    },
  },
  "a new address builds state and consensus anew": {
    scenario: "a founder learns its address",
    bug: {},
    alter: buildAnew,
  },
  "a contradicted node goes on": {
    scenario: "a folder that was put back",
    bug: {},
    alter: () => {
      const { contradicted } = Divergence.prototype;
      Divergence.prototype.contradicted = () => {};
      return () => Divergence.prototype.contradicted = contradicted;
    },
  },
  "a client follows another cluster": {
    scenario: "another cluster at the address",
    bug: {},
    alter: () => {
      const { connect } = Client;
      Client.connect = (ports, addresses, timeoutMs) => connect(ports, addresses, timeoutMs);
      return () => Client.connect = connect;
    },
  },
  "a token goes back on a restore": {
    scenario: "a restored backup",
    bug: {},
    alter: () => {
      const { advance } = KeySpace.prototype;
      KeySpace.prototype.advance = () => {};
      return () => KeySpace.prototype.advance = advance;
    },
  },
  "a dead voter's successor gets its vote before that one goes": {
    scenario: "a spare dies between two entries",
    ...choosing({ vacatesFirst: () => false }),
  },
  "a voter that keeps nothing is waited for": {
    scenario: "one crash after another",
    ...choosing({ isAwaited: () => true }),
  },
  "a voter with a folder is waited for no longer than one without": {
    scenario: "two of the last three",
    ...choosing({ isAwaited: () => false }),
  },
  "a leaver's vote is taken by hearsay": {
    scenario: "a leave while another hangs",
    ...choosing({ hasAnswered: () => true }),
  },
  "the second of two is removed and added again, instead of demoted": {
    scenario: "two, three and two",
    ...choosing({}, (step) => step?.type === "demote" ? { ...step, type: "remove" } : step),
  },
  "a restart forgets its last entry": {
    scenario: "restarts with disks",
    bug: {
      store: (store) =>
        altered(store, {
          load() {
            const log = store.load();
            return log === undefined ? undefined : { ...log, entries: log.entries.slice(0, -1) };
          },
        }),
    },
  },
};

/** A bug in what is saved of a state: the log is right, and what it leads to is not. */
function dropping(...types: string[]): InjectedBug {
  return {
    scenario: "restarts one by one",
    bug: {
      store(store) {
        let dropped = 0;
        // The snapshot is whole all the same: its end says how many items there are.
        const without = (chunk: JsonObject): JsonObject => {
          const { type, items } = chunk;
          if (type === "end") return { ...chunk, items: Number(items) - dropped };
          if (!types.includes(String(type)) || !Array.isArray(items)) return chunk;
          dropped += items.length;
          return { ...chunk, items: [] };
        };
        return altered(store, {
          saveChunks(index, first, chunks) {
            if (first === 0) dropped = 0;
            store.saveChunks(index, first, (chunks as JsonObject[]).map(without) as Json[]);
          },
        });
      },
    },
  };
}

/** A node that is told its address takes part anew, over what its store has. */
function buildAnew(): () => void {
  const { prototype } = Lifecycle;
  const { run } = prototype;
  const machineOf = new WeakMap<ConsensusService, ReplicatedMachine>();
  const { attach } = ConsensusService.prototype;
  ConsensusService.prototype.attach = function (machine) {
    machineOf.set(this, machine);
    attach.call(this, machine);
  };
  const enterAgain = (consensus: ConsensusService, cluster: string | undefined) => {
    if (cluster === undefined) return;
    consensus.raft.stop();
    machineOf.get(consensus)?.restore([])();
    consensus.joined({ cluster, isFounder: true });
  };
  prototype.run = function (parts) {
    const { local } = this;
    local.onReaddress.subscribe(() => enterAgain(parts.consensus, local.cluster));
    return run.call(this, parts);
  };
  return () => {
    prototype.run = run;
    ConsensusService.prototype.attach = attach;
  };
}

function isSend(effect: ConsensusEffect): boolean {
  return effect.type === "send";
}

/** A master that chooses its voters by other rules, or does something else than it chose. */
function choosing(
  rules: Partial<AutopilotRules>,
  change: (step: AutopilotStep | undefined) => AutopilotStep | undefined = (step) => step,
): Pick<InjectedBug, "bug" | "alter"> {
  const alter = () => {
    const { prototype } = AutopilotRunner;
    const { choose } = prototype;
    prototype.choose = (status, members, now) =>
      change(nextStep(status, members, now, GOVERNANCE_TIMING.lan.autopilot, rules));
    return () => void (prototype.choose = choose);
  };
  return { bug: {}, alter };
}
