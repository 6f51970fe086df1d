import { UsageError } from "./usage_error.ts";

/** Every string and every number of a JSON text: numbers inside strings are none. */
const STRINGS_AND_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
/** Characters of a number that an error shows: enough to find it. */
const SHOWN = 60;
/** The parts of a number: its digits before and behind the point, and its exponent. */
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Refuses numbers that would become others: JSON has numbers of any length, and what reads it here,
 * as in most programs, has 64 bits for each. Another way of writing the same number (`1.0`, `1e3`)
 * is none.
 *
 * @param json what `JSON.parse` takes.
 * @throws {UsageError} naming the first of them, and what it would become.
 */
export function checkNumbers(json: string): void {
  for (const [token] of json.matchAll(STRINGS_AND_NUMBERS)) {
    if (token.startsWith('"')) continue;
    const kept = Number(token);
    if (Number.isFinite(kept) && normalForm(token) === normalForm(String(kept))) continue;
    const fate = Number.isFinite(kept)
      ? `would become ${kept}`
      : "is larger than any number that is kept";
    const shown = token.length > SHOWN ? `${token.slice(0, SHOWN)}…` : token;
    throw new UsageError(
      `The number ${shown} ${fate}: numbers have 64 bits here\n` +
        `In quotes it is a text, and kept as it stands: "${shown}"`,
    );
  }
}

/** The same text for the same number, however it is written: significant digits and exponent. */
function normalForm(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = PARTS.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const significant = digits.replace(/0+$/, "");
  const zeros = digits.length - significant.length;
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(zeros)}`;
}
