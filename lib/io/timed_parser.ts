import type { Millis } from "../core/mod.ts";
import { parseMessages } from "../wire/mod.ts";
import { ParseBudget } from "./parse_budget.ts";
import type { ReadingTurns } from "./reading_turns.ts";
import { FRAMES_A_LOOK, TIMED_CHARACTERS } from "./tcp_limits.ts";

/** Parses the frames of one link, and reckons what that costs against its budget and the turn that it is in. */
export class TimedParser {
  readonly #turns: ReadingTurns;
  readonly #budget = new ParseBudget();
  /** Short frames that were parsed. */
  #frames = 0;

  /** @param turns shared by the links of one network. */
  constructor(turns: ReadingTurns) {
    this.#turns = turns;
  }

  /** See `parseMessages`. */
  parse(text: string, mayBatch: boolean): ReturnType<typeof parseMessages> {
    const isLong = text.length >= TIMED_CHARACTERS;
    if (!isLong && ++this.#frames % FRAMES_A_LOOK !== 0) return parseMessages(text, mayBatch);
    const begunAt = performance.now();
    try {
      return parseMessages(text, mayBatch);
    } finally {
      const now = performance.now();
      const ms = (now - begunAt) * (isLong ? 1 : FRAMES_A_LOOK);
      this.#budget.spent(ms, now);
      this.#turns.spent(ms);
    }
  }

  /** Milliseconds for which the link is not to be read. */
  pauseMs(): Millis {
    return this.#budget.pauseMs();
  }
}
