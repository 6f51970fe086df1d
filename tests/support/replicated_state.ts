import type { ReplicatedMachine } from "../../lib/consensus/mod.ts";
import type { Json } from "../../lib/core/mod.ts";
import { PROTOCOL_1_TABLES, State, TableRegistry } from "../../lib/state/store/mod.ts";

/** The shared state as what a log replicates, without anybody who waits for it to change. */
export class ReplicatedState implements ReplicatedMachine {
  readonly tables: readonly string[];
  readonly #registry: TableRegistry;
  state: State;

  /** @param registry the tables of the state. Default: the first four. */
  constructor(registry: TableRegistry = PROTOCOL_1_TABLES) {
    this.#registry = registry;
    this.tables = registry.further;
    this.state = new State(registry);
  }

  hasUsed(table: string): boolean {
    return this.state.hasUsed(table);
  }

  apply(index: number, command: Json, table?: string): unknown {
    return this.state.apply(index, command, table).outcome;
  }

  snapshot(): Iterable<Json> {
    return this.state.snapshot() as Iterable<Json>;
  }

  restore(chunks: Iterable<Json>): () => void {
    const [...all] = chunks;
    const state = all.length === 0 ? new State(this.#registry) : State.restore(all, this.#registry);
    return () => void (this.state = state);
  }
}
