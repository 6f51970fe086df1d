import { DIAL_MS, type Millis, type Random } from "../core/mod.ts";
import { type Conditions, transit } from "./conditions.ts";
import type { Cuts } from "./cuts.ts";
import type { MemberProcess } from "./process.ts";
import { type Scheduler, Stream } from "./stream.ts";

/** Carries what the processes send, late, twice or not at all. */
export class RehearsedNetwork {
  readonly #conditions: Conditions;
  readonly #cuts: Cuts;
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  /** One for each direction that was used, as `from>to`; an ended life's are dropped with it. */
  readonly #streams = new Map<string, Stream<() => void>>();

  constructor(conditions: Conditions, cuts: Cuts, random: Random, scheduler: Scheduler) {
    this.#conditions = conditions;
    this.#cuts = cuts;
    this.#random = random;
    this.#scheduler = scheduler;
  }

  /** Carries one message. */
  carry(from: MemberProcess, to: MemberProcess, arrive: () => void): void {
    if (this.#conditions.transport === "links") return this.#streamTo(from, to).send(arrive);
    for (let copies = this.#isDuplicated() ? 2 : 1; copies > 0; copies--) {
      this.signal(from, to, arrive);
    }
  }

  /** Carries something that TCP itself says, or a datagram: it arrives, or is lost, once. */
  signal(from: MemberProcess, to: MemberProcess, arrive: () => void): void {
    const transitMs = this.#transit(from, to);
    if (transitMs !== undefined) this.#scheduler.after(transitMs, arrive);
  }

  /** Whether one has sent to the other. */
  hasLink(a: MemberProcess, b: MemberProcess): boolean {
    return this.#streams.has(`${a.id}>${b.id}`) || this.#streams.has(`${b.id}>${a.id}`);
  }

  /** Ends the link between two; what is on its way still arrives. */
  dropLink(a: MemberProcess, b: MemberProcess): void {
    this.#streams.delete(`${a.id}>${b.id}`);
    this.#streams.delete(`${b.id}>${a.id}`);
  }

  #streamTo(from: MemberProcess, to: MemberProcess): Stream<() => void> {
    const key = `${from.id}>${to.id}`;
    let stream = this.#streams.get(key);
    // A dial that got no answer in its time is given up, and what waited for it; a made link is not.
    const since = stream?.diallingSince;
    if (since !== undefined && this.#scheduler.now - since > DIAL_MS) {
      stream?.close();
      stream = undefined;
    }
    if (stream === undefined) {
      stream = new Stream(this.#scheduler, () => this.#transit(from, to), (arrive) => arrive());
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #transit(from: MemberProcess, to: MemberProcess): Millis | undefined {
    if (!this.#cuts.reaches(from.number, to.number)) return undefined;
    return transit(this.#random, this.#conditions);
  }

  #isDuplicated(): boolean {
    const { duplication } = this.#conditions;
    return duplication > 0 && this.#random.next() < duplication;
  }
}
