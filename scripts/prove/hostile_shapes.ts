import { FRAME_BYTES } from "../../lib/core/mod.ts";
import { parseMessages } from "../../lib/wire/mod.ts";

/**
 * A frame of 1 MiB that is costly to read, and how long a node takes to read it, or to refuse it.
 */
export interface HostileShape {
  name: string;
  frame: Uint8Array;
  judgedMs: number;
}

const OPEN = '{"type":"members","x":';

/** As many of a unit as fit between two ends. */
function fill(unit: string, open = "[", close = "0]"): string {
  const room = FRAME_BYTES - OPEN.length - open.length - close.length - 1;
  return open + unit.repeat(Math.floor(room / unit.length)) + close;
}

function numbered(unit: (n: string) => string, open: string, close: string): string {
  const length = unit("0000000").length + 1;
  const count = Math.floor((FRAME_BYTES - OPEN.length - 4) / length);
  const units = Array.from({ length: count }, (_, n) => unit(n.toString(36).padStart(7, "0")));
  return open + units.join(",") + close;
}

/**
 * Every shape that was found to cost something, within the limits of the protocol and beyond them.
 */
export function hostileShapes(): HostileShape[] {
  const bodies: Record<string, string> = {
    "brackets": fill("[", "", ""),
    "braces": fill('{"":', "", ""),
    "nests of 60": fill(`${"[".repeat(60)}${"]".repeat(60)},`),
    "empty lists": fill("[],"),
    "empty objects": fill("{},"),
    "objects of many shapes": numbered((n) => `{"${n}":1}`, "[", "]"),
    "keys": numbered((n) => `"${n}":1`, "{", "}"),
    "one key again": fill('"a":1,', "{", '"a":1}'),
    "integers": fill("1,"),
    "fractions": fill("1234567.891,"),
    "exponents": fill("1e-300,"),
    "one long number": fill("1", "", ""),
    "one long string": fill("x", '"', '"'),
    "escapes": fill("\\u00e9", '"', '"'),
    "line breaks": fill("\\n", '"', '"'),
  };
  return Object.entries(bodies).map(([name, body]) => {
    const text = `${OPEN}${body}}`;
    const begunAt = performance.now();
    try {
      parseMessages(text, false);
    } catch {
      // It is refused, which takes its time as well.
    }
    const judgedMs = performance.now() - begunAt;
    const payload = new TextEncoder().encode(text);
    const frame = new Uint8Array(4 + payload.length);
    new DataView(frame.buffer).setUint32(0, payload.length);
    frame.set(payload, 4);
    return { name, frame, judgedMs };
  });
}
