import { type Clock, type Json, MachineRunner } from "../core/mod.ts";
import type { ConsensusService, ReplicatedMachine } from "../consensus/mod.ts";
import {
  Lessor,
  type LessorInput,
  type Outcome,
  proposeCompaction,
  type ProposeExpire,
  State,
  type TableRegistry,
  Watches,
} from "./store/mod.ts";

/**
 * This node's copy of the state: what the log of consensus makes the same on every node, and who
 * waits for it to change.
 *
 * While this node leads it also proposes what only a leader may: the end of leases and locks whose
 * time is over, and the compaction of history that has grown too long.
 */
export class StateReplica implements ReplicatedMachine {
  readonly #clock: Clock;
  readonly #consensus: ConsensusService;
  readonly #leases: MachineRunner<LessorInput, ProposeExpire>;
  /** Called when the watch of that id has something to take, or must look again. */
  readonly #wakers = new Map<string, () => void>();
  readonly tables: readonly string[];
  readonly #registry: TableRegistry;
  #state: State;
  readonly #watches: Watches;

  /**
   * @param consensus what keeps the log: it tells this copy what is committed, and who leads.
   * @param registry the tables of the state.
   */
  constructor(clock: Clock, consensus: ConsensusService, registry: TableRegistry) {
    this.tables = registry.further;
    this.#registry = registry;
    this.#state = new State(registry);
    this.#watches = new Watches(this.#state);
    this.#clock = clock;
    this.#consensus = consensus;
    this.#leases = new MachineRunner(
      clock,
      new Lessor(),
      { type: "tick" },
      ({ command }) => this.#propose(command as unknown as Json),
    );
    consensus.onLeading.subscribe((isLeading) =>
      this.#leases.input(
        isLeading ? { type: "elected", alive: this.#state.expirables() } : { type: "deposed" },
      )
    );
    consensus.onApplied.subscribe(() => this.#compact());
    consensus.attach(this);
  }

  /** The clock that waiting is reckoned with. */
  get clock(): Clock {
    return this.#clock;
  }

  /** The state as this node has applied it: possibly stale. */
  get state(): State {
    return this.#state;
  }

  /** The watches of the state. */
  get watches(): Watches {
    return this.#watches;
  }

  /** Has `woken` called when the watch of that id has news, or must look again. */
  onNews(id: string, woken: (() => void) | undefined): void {
    if (woken === undefined) this.#wakers.delete(id);
    else this.#wakers.set(id, woken);
  }

  hasUsed(table: string): boolean {
    return this.#state.hasUsed(table);
  }

  apply(index: number, command: Json, table?: string): Outcome {
    const { outcome, expiry, events, hasAdvanced } = this.#state.apply(index, command, table);
    for (const change of expiry) this.#leases.input(change);
    if (events.length > 0) this.#wake(this.#watches.feed(events));
    if (hasAdvanced) this.#wake(this.#watches.rebase(this.#state));
    return outcome;
  }

  snapshot(): Iterable<Json> {
    return this.#state.snapshot() as Iterable<Json>;
  }

  restore(chunks: Iterable<Json>): () => void {
    const [...all] = chunks;
    const state = all.length === 0 ? new State(this.#registry) : State.restore(all, this.#registry);
    return () => {
      this.#state = state;
      this.#wake(this.#watches.rebase(state));
    };
  }

  /** Ends it: whoever waits looks again, and nothing is proposed any more. */
  stop(): void {
    this.#leases.stop();
    for (const woken of [...this.#wakers.values()]) woken();
  }

  #compact(): void {
    if (!this.#consensus.raft.isLeader) return;
    const compaction = proposeCompaction(this.#state);
    if (compaction !== undefined) this.#propose(compaction as unknown as Json);
  }

  /** What is not agreed on is proposed again, by whoever leads then. */
  #propose(command: Json): void {
    this.#consensus.raft.propose(command).catch(() => {});
  }

  #wake(ids: readonly string[]): void {
    for (const id of ids) this.#wakers.get(id)?.();
  }
}
