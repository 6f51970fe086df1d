import type { ReplicatedMachine } from "../../lib/consensus/mod.ts";
import type { Json } from "../../lib/core/mod.ts";
import { State } from "../../lib/state/store/mod.ts";

/** The shared state as what a log replicates, without anybody who waits for it to change. */
export class ReplicatedState implements ReplicatedMachine {
  state = new State();

  apply(index: number, command: Json): unknown {
    return this.state.apply(index, command).outcome;
  }

  snapshot(): Iterable<Json> {
    return this.state.snapshot() as Iterable<Json>;
  }

  restore(chunks: Iterable<Json>): () => void {
    const [...all] = chunks;
    const state = all.length === 0 ? new State() : State.restore(all);
    return () => void (this.state = state);
  }
}
