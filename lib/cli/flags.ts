import { parseArgs } from "../std/cli/parse_args.ts";
import { nearestOf } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** A flag of a command. */
export interface Flag {
  /** Without dashes, as it is typed. */
  readonly name: string;
  /** Other names of it, which other programs have made a habit; one of a letter has one dash. */
  readonly aliases?: readonly string[];
  /**
   * For a flag without a value: flags of other names that turn it on, or leave it off, by theirs.
   */
  readonly choice?: {
    readonly names: readonly string[];
    readonly on: readonly string[];
    readonly off: readonly string[];
  };
  /** What stands for the value in the help; a flag without one is on or off. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly isRepeatable?: boolean;
  /** Whether `true` or `false` may follow as an argument of its own, as the tutorial wrote it. */
  readonly mayBeFollowedByTruth?: boolean;
  /** One line for the help. */
  readonly summary: string;
}

/** What a person gave a command, read but not understood yet. */
export interface ParsedArguments {
  /** What is no flag, in order. */
  readonly positionals: readonly string[];
  /** Whether a flag without a value is on. */
  isOn(name: string): boolean;
  /** The value of a flag, when it was given. */
  text(name: string): string | undefined;
  /** The values of a repeatable flag, each as it was given. */
  rawTexts(name: string): readonly string[];
  /** The values of a repeatable flag; one value may be several, with commas between. */
  texts(name: string): string[];
}

/** How the standard library gives the arguments back. */
interface RawArguments {
  readonly flags: Record<string, unknown>;
  readonly positionals: string[];
  readonly unknown: string[];
}

/** The variable that stands for a flag: `--makeMasterOnError` is `MUSTER_MAKE_MASTER_ON_ERROR`. */
export function variableOf(flagName: string): string {
  return "MUSTER_" + flagName.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Reads the arguments of a command. Flags stand anywhere, have one dash or two, and their value is
 * the next argument or follows `=`; after `--` nothing is a flag. What is not given is looked for
 * in the environment.
 *
 * @param environment a variable's value, where it may be read.
 * @throws {UsageError} for an unknown flag, a missing value, a flag given twice.
 */
export function parseFlags(
  args: readonly string[],
  flags: readonly Flag[],
  environment: (variable: string) => string | undefined = () => undefined,
): ParsedArguments {
  const raw = readRaw(withTwoDashes(withoutAliases(args, flags), flags), flags);
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const given = raw.flags[flag.name];
    if (flag.value === undefined) {
      if (given !== undefined) values.set(flag.name, [String(given === true)]);
      continue;
    }
    if (given === undefined) continue;
    const texts = (given as unknown[]).map(String);
    if (texts.includes("")) {
      throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value}`);
    }
    if (texts.length > 1 && flag.isRepeatable !== true) {
      throw new UsageError(`--${flag.name} is given ${texts.length} times; it has one value`);
    }
    values.set(flag.name, texts);
  }
  const [unknown] = raw.unknown;
  if (unknown !== undefined) throw unknownFlag(unknown, flags);
  for (const flag of flags) addFromEnvironment(values, flag, environment);
  return {
    positionals: raw.positionals,
    isOn: (name) => values.get(name)?.[0] === "true",
    text: (name) => values.get(name)?.[0],
    rawTexts: (name) => values.get(name) ?? [],
    texts: (name) => (values.get(name) ?? []).flatMap((text) => text.split(",")),
  };
}

/** Whether the arguments ask for a flag that has no value, before anything else is read. */
export function asksFor(args: readonly string[], ...names: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end)
    .some((arg) => names.some((name) => new RegExp(`^--?${name}(?:=true)?$`).test(arg)));
}

/**
 * The arguments with every flag by its own name.
 *
 * @throws {UsageError} when a choice is none of its values: `-o yaml`.
 */
export function withoutAliases(args: readonly string[], flags: readonly Flag[]): string[] {
  const plain: string[] = [];
  const end = args.indexOf("--");
  const last = end === -1 ? args.length : end;
  for (let at = 0; at < last; at++) {
    const arg = args[at] as string;
    const [, name = "", value] = shapeOf(arg, flags);
    const renamed = flags.find(({ aliases }) => aliases?.includes(name));
    const chosen = flags.find(({ choice }) => choice?.names.includes(name));
    if (renamed !== undefined) {
      plain.push(`--${renamed.name}${value === undefined ? "" : `=${value}`}`);
    } else if (chosen !== undefined) {
      const isOn = isChosen(chosen, arg, value ?? (at + 1 < last ? args[++at] : undefined));
      if (isOn) plain.push(`--${chosen.name}`);
    } else plain.push(arg);
  }
  return plain.concat(args.slice(last));
}

/** A flag's name and its value, if they stand together: `--output=json`, `-o=json`, `-ojson`. */
function shapeOf(arg: string, flags: readonly Flag[]): readonly (string | undefined)[] {
  const [, letter = "", attached = ""] = /^-([A-Za-z])([\w-]+)$/.exec(arg) ?? [];
  const chosen = flags.find(({ choice }) => choice?.names.includes(letter))?.choice;
  const isAttached = chosen !== undefined && [...chosen.on, ...chosen.off].includes(attached);
  if (isAttached) return [arg, letter, attached];
  return /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(arg) ?? [];
}

function isChosen({ choice }: Flag, arg: string, value: string | undefined): boolean {
  const { on, off } = choice as NonNullable<Flag["choice"]>;
  if (value !== undefined && on.includes(value)) return true;
  if (value !== undefined && off.includes(value)) return false;
  const typed = arg.replace(/=.*$/s, "");
  throw new UsageError(`Invalid ${typed} "${value ?? ""}": it is ${[...on, ...off].join(" or ")}`);
}

/** The tutorial wrote long flags with one dash; a single letter stays a short flag. */
function withTwoDashes(args: readonly string[], flags: readonly Flag[]): string[] {
  const end = args.indexOf("--");
  const rest = end === -1 ? [] : args.slice(end);
  const own = end === -1 ? args : args.slice(0, end);
  return withNegativeValues(own, flags).map((arg) => {
    const shape = /^--?([A-Za-z][\w.-]+)(=.*)?$/s.exec(arg);
    if (shape === null) return arg;
    const [, name = "", value = ""] = shape;
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined || flag.value !== undefined) return `--${name}${value}`;
    if (value !== "" && value !== "=true" && value !== "=false") {
      throw new UsageError(
        `--${name} is on or off: it takes true or false, not "${value.slice(1)}"`,
      );
    }
    // Otherwise the library would take a "true" that follows for the flag's own, wherever it
    // belongs.
    const isAlone = value === "" && flag.mayBeFollowedByTruth !== true;
    return `--${name}${isAlone ? "=true" : value}`;
  }).concat(rest);
}

/** `--myport -1` gives a value, if a bad one: the library would take it for another flag. */
function withNegativeValues(args: readonly string[], flags: readonly Flag[]): string[] {
  const given: string[] = [];
  let isValueNext = false;
  for (const arg of args) {
    if (isValueNext && /^-\d/.test(arg)) given[given.length - 1] += `=${arg}`;
    else given.push(arg);
    const name = /^--?([^=]+)$/.exec(arg)?.[1];
    isValueNext = flags.some((flag) => flag.name === name && flag.value !== undefined);
  }
  return given;
}

function readRaw(args: readonly string[], flags: readonly Flag[]): RawArguments {
  const unknown: string[] = [];
  const valued = flags.filter((flag) => flag.value !== undefined).map((flag) => flag.name);
  const { _, ...read } = parseArgs(args, {
    boolean: flags.filter((flag) => flag.value === undefined).map((flag) => flag.name),
    string: [...valued, "_"],
    collect: valued,
    unknown: (arg, key) => {
      if (key === undefined) return true;
      unknown.push(arg);
      return false;
    },
  });
  const given = Object.entries(read).filter(([name, value]) =>
    valued.includes(name) ? (value as unknown[]).length > 0 : args.some((arg) => isOf(arg, name))
  );
  return { flags: Object.fromEntries(given), positionals: _.map(String), unknown };
}

function isOf(arg: string, name: string): boolean {
  return arg === `--${name}` || arg.startsWith(`--${name}=`);
}

function unknownFlag(arg: string, flags: readonly Flag[]): UsageError {
  const name = arg.replace(/^-+/, "").replace(/=.*$/s, "");
  if (/^-\d/.test(arg)) {
    return new UsageError(`Unknown flag "${arg}"; a value that starts with a dash stands after --`);
  }
  const known = flags.flatMap((flag) => [flag.name, ...flag.aliases ?? []]);
  const nearest = nearestOf(name, [...known, "help"]);
  const hint = nearest === undefined ? "" : `; did you mean --${nearest}?`;
  return new UsageError(`Unknown flag "${arg.replace(/=.*$/s, "")}"${hint} (--help lists all)`);
}

function addFromEnvironment(
  values: Map<string, string[]>,
  flag: Flag,
  environment: (variable: string) => string | undefined,
): void {
  if (values.has(flag.name)) return;
  const variable = variableOf(flag.name);
  const value = environment(variable);
  if (value === undefined || value === "") return;
  if (flag.value === undefined && value !== "true" && value !== "false") {
    throw new UsageError(`${variable} is true or false, not "${value}"`);
  }
  values.set(flag.name, [value]);
}
