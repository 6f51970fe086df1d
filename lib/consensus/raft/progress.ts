import type { Millis } from "../../core/mod.ts";
import { APPEND_BYTES_IN_FLIGHT, APPENDS_IN_FLIGHT } from "./limits.ts";
import type { Index } from "./entry.ts";
import { RoundTrips } from "./pace.ts";

/**
 * What a leader knows of one other node, and how it feeds it.
 *
 * ```text
 *            agreed                    too far behind
 *   replicate ◀───── probe ─────────────────────▶ snapshot
 *       └─ refused, ─▶ ▲ ◀── sent, failed, arrived ───┘
 *          link broke
 * ```
 * Invariant: `match < next`, and in `replicate` everything in (match, next) is in flight.
 */
export class Progress {
  state: "probe" | "replicate" | "snapshot" = "probe";
  /** The last index known to agree. */
  match: Index = 0;
  /** The next index to send. */
  next: Index;
  /** In `probe`: one append is under way, no other goes out before an answer or a heartbeat. */
  isProbing = false;
  /** In `snapshot`: what it will have then. */
  pendingSnapshot: Index = 0;
  /** The commit index that it was last told. */
  toldCommit: Index = 0;
  /** The latest round that it answered. */
  round = 0;
  /**
   * When the latest thing that it answered was *sent*: the leader's right to serve counts from it.
   */
  confirmedAt: Millis;
  /** The same of answers alone: whoever elected this leader has not answered it yet. */
  answeredAt: Millis = -Infinity;
  lastHeard: Millis | undefined = undefined;
  /** The further tables of the state that it said it knows, since there is a link to it. */
  tables: readonly string[] = [];
  /** How long its answers took. */
  readonly roundTrips: RoundTrips = new RoundTrips();
  /** Appends under way: their last index and bytes, in order. */
  #inFlight: { last: Index; bytes: number }[] = [];
  #bytesInFlight = 0;

  constructor(next: Index, confirmedAt: Millis) {
    this.next = next;
    this.confirmedAt = confirmedAt;
  }

  /** Whether the window has room for another append with entries. */
  get hasRoom(): boolean {
    return this.#inFlight.length < APPENDS_IN_FLIGHT &&
      this.#bytesInFlight < APPEND_BYTES_IN_FLIGHT;
  }

  /** Notes entries up to `last` as sent, hoping for the best. */
  sent(last: Index, bytes: number): void {
    this.next = last + 1;
    this.#inFlight.push({ last, bytes });
    this.#bytesInFlight += bytes;
  }

  /** Notes that the logs agree up to `index`. */
  agreed(index: Index): void {
    this.match = Math.max(this.match, index);
    this.next = Math.max(this.next, this.match + 1);
    let freed = 0;
    while (freed < this.#inFlight.length) {
      const first = this.#inFlight[freed] as { last: Index; bytes: number };
      if (first.last > index) break;
      this.#bytesInFlight -= first.bytes;
      freed++;
    }
    if (freed > 0) this.#inFlight.splice(0, freed);
  }

  /** Goes back to look for where the logs agree. */
  probe(next: Index = this.match + 1): void {
    this.#enter("probe");
    this.next = Math.max(next, this.match + 1);
  }

  /** Streams from what is known to agree. */
  replicate(): void {
    this.#enter("replicate");
    this.next = this.match + 1;
  }

  /** Waits for a snapshot to arrive. */
  awaitSnapshot(index: Index): void {
    this.#enter("snapshot");
    this.pendingSnapshot = index;
  }

  #enter(state: Progress["state"]): void {
    this.state = state;
    this.isProbing = false;
    this.pendingSnapshot = 0;
    this.#inFlight = [];
    this.#bytesInFlight = 0;
  }
}
