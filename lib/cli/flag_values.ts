import {
  type Address,
  CALL_TIMEOUT_MAX_MS,
  messageOf,
  type Millis,
  parseTypedAddress,
  TAG_KEY_CHARACTERS,
} from "../core/mod.ts";
import { parseDuration } from "./terminal/mod.ts";
import type { Flag, ParsedArguments } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** `--clusterip`, of the node and of every command. */
export const CLUSTER_FLAG: Flag = {
  name: "clusterip",
  aliases: ["e", "endpoints"],
  value: "HOST:PORT[,…]",
  isRepeatable: true,
  summary: "members to go through, any that answers (127.0.0.1:8001)",
};
/** `--json`, of every command. */
export const JSON_FLAG: Flag = {
  name: "json",
  choice: { names: ["o", "output"], on: ["json"], off: ["table", "text"] },
  summary: "one JSON document, for programs",
};
/** `--timeout`, of every command. */
export const TIMEOUT_FLAG: Flag = {
  name: "timeout",
  value: "DURATION",
  summary: "how long it may take in all, like 500ms, 5s or 1m30s (5s an answer)",
};
/** `--force`, of the commands that take a voter out. */
export const FORCE_FLAG: Flag = {
  name: "force",
  summary: "also when no majority of the voters is left without it: then nothing can be written",
};
/** The flags that every command of a client takes. */
export const CLIENT_FLAGS: readonly Flag[] = [CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG];

/**
 * The whole number of a flag.
 *
 * @param most default {@linkcode Number.MAX_SAFE_INTEGER}.
 * @throws {UsageError} when it is none, or out of these bounds.
 */
export function integerOf(
  args: ParsedArguments,
  name: string,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const number = integerIn(text, least, most);
  if (number !== undefined) return number;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `${least}` : `${least} to ${most}`;
  throw new UsageError(`Invalid --${name} "${text}": it is a whole number from ${bounds}`);
}

/**
 * The port of `--myport`; 0 means any free one.
 *
 * @throws {UsageError} when it is no port.
 */
export function portOf(args: ParsedArguments, name: string): number | undefined {
  const text = args.text(name);
  const port = text === undefined ? undefined : integerIn(text, 0, 65_535);
  if (port !== undefined || text === undefined) return port;
  throw new UsageError(
    `Invalid --${name} "${text}": it is a number from 0 (any free port) to 65535`,
  );
}

/** The whole number that a text is; `undefined` when it is none, or out of the bounds. */
function integerIn(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most ? number : undefined;
}

/**
 * The addresses of a repeatable flag. An empty one is none: lists are put together by scripts.
 *
 * @throws {UsageError} when one of them is no address, or all are empty.
 */
export function addressesOf(args: ParsedArguments, name: string): Address[] {
  const texts = args.texts(name);
  const addresses = texts.map((text) => text.trim()).filter((text) => text !== "");
  if (texts.length > 0 && addresses.length === 0) {
    throw new UsageError(`--${name} "${texts.join(",")}" names no address`);
  }
  return addresses.map((text) => readAddress(text, name));
}

/**
 * The address of a flag.
 *
 * @param defaultPort of an address without a port.
 * @throws {UsageError} when it is no address.
 */
export function addressOf(
  args: ParsedArguments,
  name: string,
  defaultPort: number,
): Address | undefined {
  const text = args.text(name);
  return text === undefined ? undefined : readAddress(text, name, defaultPort);
}

/**
 * The duration of `--timeout`.
 *
 * @throws {UsageError} when it is no duration, or longer than any call may take.
 */
export function timeoutOf(args: ParsedArguments): Millis | undefined {
  return durationOf(args, "timeout");
}

/**
 * The duration of a flag.
 *
 * @throws {UsageError} when it is no duration, or longer than any call may take.
 */
export function durationOf(args: ParsedArguments, name: string): Millis | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs <= CALL_TIMEOUT_MAX_MS) return durationMs;
  throw new UsageError(`Invalid --${name} "${text}": it is at most 1h`);
}

/**
 * The tags of a repeatable `K=V` flag. A value may hold commas: `--tag` is one tag each time.
 *
 * @throws {UsageError} when one has no key, or a key comes twice.
 */
export function tagsOf(args: ParsedArguments, name: string): Record<string, string> {
  const tags = new Map<string, string>();
  for (const text of args.rawTexts(name)) {
    const at = text.indexOf("=");
    const key = text.slice(0, at);
    if (at < 1 || key.length > TAG_KEY_CHARACTERS) {
      throw new UsageError(
        `Invalid --${name} "${text}": write KEY=VALUE, with a key of at most ${TAG_KEY_CHARACTERS} characters`,
      );
    }
    if (tags.has(key)) throw new UsageError(`--${name} gives "${key}" twice`);
    tags.set(key, text.slice(at + 1));
  }
  return Object.fromEntries(tags);
}

/**
 * The value of a flag that takes one of a few.
 *
 * @throws {UsageError} when it is none of them.
 */
export function choiceOf<T extends string>(
  args: ParsedArguments,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`Invalid --${name} "${text}": it is one of ${choices.join(", ")}`);
}

function readAddress(text: string, flagName: string, defaultPort?: number): Address {
  try {
    return parseTypedAddress(text, defaultPort);
  } catch (error) {
    throw new UsageError(`--${flagName}: ${messageOf(error)}`);
  }
}
