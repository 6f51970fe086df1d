import { SESSION_RESULTS } from "../../core/mod.ts";
import { SESSION_RESULT_BYTES, SESSIONS_RESULT_BYTES } from "./limits.ts";
import type { Outcome } from "./command_result.ts";

/** Results past `SESSION_RESULTS` at which the oldest are dropped: not one for each command. */
const SLACK_RESULTS = 128;
/** What a remembered outcome counts, beyond the entries in it. */
const OUTCOME_BYTES = 128;

/** An outcome that a retry would get. */
export interface Remembered {
  /** What came of the command. */
  readonly outcome: Outcome;
  /** What it counts against the limits. */
  readonly bytes: number;
}

/** A client that numbers its commands. */
export interface Session {
  /** Its id. */
  readonly id: number;
  /** How long it lives without a command. */
  readonly ttlMs: number;
  /** The log index of its last command: an expiry that saw another is void. */
  counter: number;
  /** A sequence at or below this one has no result (any more) and is never applied. */
  floor: number;
  /** By sequence, in the order in which they were applied. */
  readonly results: Map<number, Remembered>;
  /** What `results` count. */
  bytes: number;
}

/** The sessions that have not ended, with the outcomes of their last commands. */
export class SessionTable {
  readonly #sessions = new Map<number, Session>();
  #bytes = 0;

  /** How many there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** What all results count against `STATE_BYTES`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All, in order of their opening. */
  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** One that has not ended. */
  get(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Adds one that has no results yet. */
  add(id: number, ttlMs: number, counter: number, floor = 0): Session {
    const session: Session = { id, ttlMs, counter, floor, results: new Map(), bytes: 0 };
    this.#sessions.set(id, session);
    return session;
  }

  /** Forgets one and its results. */
  remove(id: number): void {
    this.#bytes -= this.#sessions.get(id)?.bytes ?? 0;
    this.#sessions.delete(id);
  }

  /** Forgets results whose answers arrived. */
  acknowledge(session: Session, below: number): void {
    session.floor = Math.max(session.floor, below - 1);
    for (const sequence of session.results.keys()) {
      // One that came out of order may stay behind: it is below the floor, so nobody asks for it.
      if (sequence > session.floor) break;
      this.#forget(session, sequence);
    }
  }

  /**
   * Keeps an outcome, and drops the oldest when there are too many: the last one too, if it is more
   * than a session may keep while all together keep too much.
   *
   * @param readBytes what the entries in the outcome count.
   */
  remember(session: Session, sequence: number, outcome: Outcome, readBytes: number): void {
    this.load(session, sequence, { outcome, bytes: OUTCOME_BYTES + readBytes });
    const { results } = session;
    const limit = this.#bytes <= SESSIONS_RESULT_BYTES
      ? SESSION_RESULT_BYTES
      : Math.min(SESSION_RESULT_BYTES, SESSIONS_RESULT_BYTES / this.#sessions.size);
    if (session.bytes <= limit && results.size <= SESSION_RESULTS + SLACK_RESULTS) return;
    for (const oldest of [...results.keys()].sort((a, b) => a - b)) {
      if (session.bytes <= limit && results.size <= SESSION_RESULTS) return;
      this.#forget(session, oldest);
      session.floor = Math.max(session.floor, oldest);
    }
  }

  /** Adds a result as a snapshot held it. */
  load(session: Session, sequence: number, remembered: Remembered): void {
    session.results.set(sequence, remembered);
    session.bytes += remembered.bytes;
    this.#bytes += remembered.bytes;
  }

  #forget(session: Session, sequence: number): void {
    const bytes = session.results.get(sequence)?.bytes ?? 0;
    session.results.delete(sequence);
    session.bytes -= bytes;
    this.#bytes -= bytes;
  }
}
