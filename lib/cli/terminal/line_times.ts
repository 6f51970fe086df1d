import type { Clock } from "../../core/mod.ts";
import type { Paint } from "./palette.ts";

/**
 * When things happened, before each line that tells of one: in full for a file or another program
 * (`2026-11-25T20:27:33+01:00`, ISO 8601), and short on a terminal (`20:27:33`) under a line with
 * the date, at the beginning and whenever another day has begun.
 */
export class LineTimes {
  readonly #clock: Pick<Clock, "wallTime">;
  readonly #isTerminal: boolean;
  readonly #paint: Paint;
  #date = "";

  /**
   * Before the first line it knows no day: the first says the date.
   *
   * @param isTerminal whether a person reads along.
   */
  constructor(clock: Pick<Clock, "wallTime">, isTerminal: boolean, paint: Paint) {
    this.#clock = clock;
    this.#isTerminal = isTerminal;
    this.#paint = paint;
  }

  /** The date as a line of its own, if it is due. */
  dateLine(): string[] {
    const { date, zone } = partsOf(this.#clock.wallTime());
    if (!this.#isTerminal || date === this.#date) return [];
    this.#date = date;
    return [this.#paint("gone", `${date}, UTC${zone}`)];
  }

  /** A text behind the time, and before it the date if that is due. */
  lines(text: string): string[] {
    const { date, time, zone } = partsOf(this.#clock.wallTime());
    const stamp = this.#isTerminal ? time : `${date}T${time}${zone}`;
    return [...this.dateLine(), `${this.#paint("gone", stamp)} ${text}`];
  }
}

/** The local time of this machine, in the parts of ISO 8601. */
function partsOf(wallTime: number): { date: string; time: string; zone: string } {
  const at = new Date(wallTime);
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const offset = -at.getTimezoneOffset();
  const ahead = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return { date, time, zone };
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}
