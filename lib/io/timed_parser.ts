import type { Millis } from "../core/mod.ts";
import { type FrameDecoder, isCostlyJson, parseMessages, PiecewiseMessages } from "../wire/mod.ts";
import { ParseBudget } from "./parse_budget.ts";
import type { ReadingTurns } from "./reading_turns.ts";
import { FRAMES_A_LOOK, PARSE_BURST_MS, PARSE_SHARE, TIMED_CHARACTERS } from "./tcp_limits.ts";

type Parsed = ReturnType<typeof parseMessages>;

/**
 * Parses the frames of one link, and reckons what that costs against its budget and the turn that
 * it is in.
 */
export class TimedParser {
  readonly #turns: ReadingTurns;
  readonly #budget = new ParseBudget(PARSE_SHARE, PARSE_BURST_MS);
  /** Short frames that were parsed. */
  #frames = 0;
  /** A costly frame of which there are pieces to parse. */
  #pieces: PiecewiseMessages | undefined;
  /** What a costly frame held, until somebody takes it. */
  #parsed: Parsed | undefined;
  /** Characters of the last frame. */
  characters = 0;

  /** @param turns shared by the links of one network. */
  constructor(turns: ReadingTurns) {
    this.#turns = turns;
  }

  /**
   * Whether it has a frame that takes more turns of the event loop than one: see `waitForPiece`.
   */
  get isUnfinished(): boolean {
    return this.#pieces !== undefined;
  }

  /**
   * What the next whole frame holds; nothing while there is none, or while it is unfinished.
   *
   * @throws {WireError} when the input is not the protocol.
   */
  next(decoder: FrameDecoder, mayBatch: boolean): Parsed | undefined {
    const parsed = this.#parsed;
    if (parsed !== undefined) {
      this.#parsed = undefined;
      return parsed;
    }
    const text = decoder.next();
    if (text === undefined) return undefined;
    this.characters = text.length;
    const isLong = text.length >= TIMED_CHARACTERS;
    if (!isLong && ++this.#frames % FRAMES_A_LOOK !== 0) return parseMessages(text, mayBatch);
    const begunAt = performance.now();
    try {
      if (!isLong || !isCostlyJson(text)) return parseMessages(text, mayBatch);
      this.#pieces = new PiecewiseMessages(text, mayBatch);
      this.#turns.costly.enter(this);
      return undefined;
    } finally {
      this.#spent(begunAt, isLong ? 1 : FRAMES_A_LOOK);
    }
  }

  /**
   * Calls back when the unfinished frame may go on.
   *
   * @returns what ends the wait, and the parsing, without that.
   */
  waitForPiece(goOn: () => void): () => void {
    this.#turns.costly.wait(this, goOn);
    return () => this.drop();
  }

  /**
   * Parses one more piece of the unfinished frame; `next` gives what it holds after the last.
   *
   * @returns `false`: it is the turn of others.
   * @throws {WireError} when it holds no messages.
   */
  goOn(): false {
    const begunAt = performance.now();
    this.#parsed = this.#pieces?.step();
    const now = this.#spent(begunAt, 1);
    this.#turns.costly.spent(now - begunAt, now);
    if (this.#parsed !== undefined) this.drop();
    return false;
  }

  /** Parses no more of an unfinished frame. */
  drop(): void {
    this.#pieces = undefined;
    this.#turns.costly.leave(this);
  }

  /** Milliseconds for which the link is not to be read. */
  pauseMs(): Millis {
    // Pieces wait for their turns, which are less than its share.
    return this.isUnfinished ? 0 : this.#budget.pauseMs();
  }

  #spent(begunAt: Millis, times: number): Millis {
    const now = performance.now();
    const ms = (now - begunAt) * times;
    this.#budget.spent(ms, now);
    this.#turns.spent(ms);
    return now;
  }
}
