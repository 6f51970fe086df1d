import {
  CLOSING_BRACE,
  CLOSING_BRACKET,
  COLON,
  COMMA,
  countSign,
  endOfString,
  OPENING_BRACE,
  OPENING_BRACKET,
  QUOTE,
} from "./json_text.ts";

/** Characters below which a text is parsed at once: at its worst it takes a few milliseconds. */
const LONG_CHARACTERS = 65_536;
/** Lists, objects, members and commas of one piece: at its worst it takes two milliseconds. */
const PIECE_PARTS = 8_192;
const BLANK = /^[ \t\n\r]*$/;
const COMMA_FIRST = /^[ \t\n\r]*,/;

/**
 * Whether a text takes so long to parse that others wait for it: not by its length, but by what it
 * is made of.
 */
export function isCostlyJson(text: string): boolean {
  if (text.length < LONG_CHARACTERS) return false;
  let parts = 0;
  for (const sign of ",[{") {
    parts += countSign(text, sign, PIECE_PARTS);
    if (parts > PIECE_PARTS) return true;
  }
  return false;
}

/** A list or object that is not closed yet, while pieces of it are there. */
interface Open {
  readonly value: unknown[] | Record<string, unknown>;
  /** Up to here the text has become `value`. */
  from: number;
  /** What stands before `from`. */
  after: "opening" | "comma" | "value";
}

/**
 * Parses one JSON text piece by piece: what it gives is what `JSON.parse` gives, and of a mebibyte
 * that takes it 80 ms no step takes more than some milliseconds. It cuts the text at commas; what
 * lies between two cuts is whole elements or members, which `JSON.parse` takes in brackets of our
 * own, but for the lists and objects in which a cut lies: those it puts together itself.
 */
export class PiecewiseJson {
  readonly #text: string;
  readonly #pieceParts: number;
  readonly #check: (piece: unknown) => void;
  #at = 0;
  #depth = 0;
  /**
   * Where the list or object of each depth opens; what is in none is in a list around the whole
   * text.
   */
  readonly #opensAt = [-1];
  /** Where the element of each depth begins that is being looked through. */
  readonly #elementAt = [0];
  /** Those in which a cut lies, from the outermost. */
  readonly #open: Open[] = [{ value: [], from: 0, after: "opening" }];

  /**
   * @param check told each piece, which may be a part of a list or object; what it throws ends the
   * step.
   */
  constructor(text: string, check: (piece: unknown) => void, pieceParts = PIECE_PARTS) {
    this.#text = text;
    this.#check = check;
    this.#pieceParts = pieceParts;
  }

  /**
   * Parses one more piece.
   *
   * @returns the value in a list of its own once all is parsed, and before that nothing.
   * @throws {SyntaxError} when the text is no JSON.
   */
  step(): [unknown] | undefined {
    const text = this.#text;
    let parts = 0;
    for (; this.#at < text.length; this.#at++) {
      switch (text.charCodeAt(this.#at)) {
        case QUOTE:
          this.#at = endOfString(text, this.#at);
          break;
        case OPENING_BRACKET:
        case OPENING_BRACE:
          parts++;
          this.#depth++;
          this.#opensAt[this.#depth] = this.#at;
          this.#elementAt[this.#depth] = this.#at + 1;
          break;
        case CLOSING_BRACKET:
        case CLOSING_BRACE:
          this.#close();
          break;
        case COLON:
          parts++;
          break;
        case COMMA:
          if (++parts >= this.#pieceParts) {
            this.#cut();
            this.#at++;
            return undefined;
          }
          this.#elementAt[this.#depth] = this.#at + 1;
          break;
      }
    }
    return this.#end();
  }

  #end(): [unknown] {
    const [root] = this.#open as [Open];
    if (this.#depth !== 0) throw new SyntaxError("The text ends too early");
    this.#take(root, this.#text.length, false);
    const values = root.value as unknown[];
    if (values.length !== 1) throw new SyntaxError(`${values.length} values instead of one`);
    return [values[0]];
  }

  #close(): void {
    if (this.#depth === 0) throw new SyntaxError("Something closes that is not open");
    if (this.#open.length > this.#depth) {
      const inner = this.#open.pop() as Open;
      const isList = this.#text.charCodeAt(this.#at) === CLOSING_BRACKET;
      if (isList !== Array.isArray(inner.value)) throw new SyntaxError("It closes as another kind");
      this.#take(inner, this.#at, true);
      const outer = this.#open.at(-1) as Open;
      outer.from = this.#at + 1;
      outer.after = "value";
    }
    this.#depth--;
  }

  /** At a comma: takes what lies before it, and opens those that are not closed there. */
  #cut(): void {
    while (this.#open.length <= this.#depth) this.#descend(this.#open.length);
    const inner = this.#open.at(-1) as Open;
    this.#take(inner, this.#at, false);
    inner.from = this.#elementAt[this.#depth] = this.#at + 1;
    inner.after = "comma";
  }

  #descend(depth: number): void {
    const outer = this.#open.at(-1) as Open;
    const elementAt = this.#elementAt[depth - 1] as number;
    if (elementAt > outer.from) {
      this.#take(outer, elementAt - 1, false);
      outer.from = elementAt;
      outer.after = "comma";
    } else if (outer.after === "value") throw new SyntaxError("Two values without a comma");
    const opensAt = this.#opensAt[depth] as number;
    const isList = this.#text.charCodeAt(opensAt) === OPENING_BRACKET;
    const value: Open["value"] = isList ? [] : {};
    const before = this.#text.slice(outer.from, opensAt);
    if (!Array.isArray(outer.value)) {
      const member = this.#parse(`{${before}[]}`) as Record<string, unknown>;
      for (const key of Object.keys(member)) outer.value[key] = value;
    } else if (BLANK.test(before)) outer.value.push(value);
    else throw new SyntaxError("Two values without a comma");
    this.#open.push({ value, from: opensAt + 1, after: "opening" });
  }

  /**
   * Takes the elements or members up to `end`, where a comma stands or, if it may be empty, its
   * end.
   */
  #take(open: Open, end: number, mayBeEmpty: boolean): void {
    let run = this.#text.slice(open.from, end);
    const isBlank = BLANK.test(run);
    if (open.after === "value") {
      if (isBlank) return;
      if (!COMMA_FIRST.test(run)) throw new SyntaxError("Two values without a comma");
      run = run.slice(run.indexOf(",") + 1);
    } else if (isBlank && mayBeEmpty && open.after === "opening") return;
    if (BLANK.test(run)) throw new SyntaxError("A comma without a value");
    if (Array.isArray(open.value)) {
      for (const element of this.#parse(`[${run}]`) as unknown[]) open.value.push(element);
    } else {
      const members = this.#parse(`{${run}}`) as Record<string, unknown>;
      for (const key of Object.keys(members)) open.value[key] = members[key];
    }
  }

  #parse(text: string): unknown {
    const piece: unknown = JSON.parse(text);
    this.#check(piece);
    return piece;
  }
}
