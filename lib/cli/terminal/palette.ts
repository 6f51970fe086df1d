import { bold, cyan, dim, green, red, yellow } from "../../std/fmt/colors.ts";

/** What a colour says. */
export type Tone = "good" | "doubtful" | "bad" | "gone" | "heading" | "name";

/** Paints a text for what it says, or leaves it alone. */
export type Paint = (tone: Tone | undefined, text: string) => string;

const COLOURS: Readonly<Record<Tone, (text: string) => string>> = {
  good: green,
  doubtful: yellow,
  bad: red,
  gone: dim,
  heading: bold,
  name: cyan,
};

/** Colours on a terminal, none elsewhere; `NO_COLOR` is heeded by the colours themselves. */
export function paletteFor(isTerminal: boolean): Paint {
  return (tone, text) => tone === undefined || !isTerminal ? text : COLOURS[tone](text);
}

/** The tone of a member's state. */
export function toneOfState(state: string): Tone | undefined {
  switch (state) {
    case "alive":
      return "good";
    case "suspect":
      return "doubtful";
    case "dead":
      return "bad";
    case "left":
      return "gone";
    default:
      return undefined;
  }
}
