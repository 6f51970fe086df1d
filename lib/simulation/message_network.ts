import { DIAL_MS } from "../core/mod.ts";
import type { SimProcess } from "./sim_process.ts";
import type { SimWorld } from "./sim_world.ts";
import { Stream } from "./stream.ts";

/**
 * Carries single messages between processes, late, twice or not at all: links without their making.
 */
export class MessageNetwork {
  readonly #world: SimWorld;
  /**
   * One for each direction that was used, by sender and receiver; an ended life's are dropped with
   * it.
   */
  readonly #streams = new Map<SimProcess, Map<SimProcess, Stream<() => void>>>();

  /** Lies in a world, and behaves as its conditions and cuts say. */
  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** Carries one message. */
  carry(from: SimProcess, to: SimProcess, arrive: () => void): void {
    if (this.#world.conditions.transport === "links") return this.#streamTo(from, to).send(arrive);
    for (let copies = this.#isDuplicated() ? 2 : 1; copies > 0; copies--) {
      this.#world.signal(from.number, to.number, arrive);
    }
  }

  /** Whether one has sent to the other. */
  hasLink(a: SimProcess, b: SimProcess): boolean {
    return this.#streams.get(a)?.has(b) === true || this.#streams.get(b)?.has(a) === true;
  }

  /** Ends the link between two; what is on its way still arrives. */
  dropLink(a: SimProcess, b: SimProcess): void {
    this.#streams.get(a)?.delete(b);
    this.#streams.get(b)?.delete(a);
  }

  #streamTo(from: SimProcess, to: SimProcess): Stream<() => void> {
    const streams = this.#streams.get(from) ?? new Map<SimProcess, Stream<() => void>>();
    if (streams.size === 0) this.#streams.set(from, streams);
    let stream = streams.get(to);
    // A dial that got no answer in its time is given up, and what waited for it; a made link is
    // not.
    const since = stream?.diallingSince;
    if (since !== undefined && this.#world.now - since > DIAL_MS) {
      stream?.close();
      stream = undefined;
    }
    if (stream === undefined) {
      const transit = () => this.#world.transit(from.number, to.number);
      stream = new Stream(this.#world, transit, (arrive) => arrive());
      streams.set(to, stream);
    }
    return stream;
  }

  #isDuplicated(): boolean {
    const { random, conditions: { duplication } } = this.#world;
    return duplication > 0 && random.next() < duplication;
  }
}
