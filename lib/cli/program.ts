import { ClusterError, VERSION } from "../core/mod.ts";
import type { Command } from "./command.ts";
import { ALIASES, COMMANDS, meantBy, nodeCommand } from "./commands/mod.ts";
import type { CommandContext } from "./context.ts";
import { reportError } from "./error_report.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import { CLIENT_FLAGS, JSON_FLAG } from "./flag_values.ts";
import { asksFor, type ParsedArguments, parseFlags, withoutAliases } from "./flags.ts";
import { nearestOf } from "./nearest.ts";
import { exitCodeOfSignal } from "./process/mod.ts";
import { unreadFlags, withVariableHint } from "./unread_variables.ts";
import { UsageError } from "./usage_error.ts";

const CLIENT_FLAG_SHAPE = new RegExp(
  `^--?(${CLIENT_FLAGS.map(({ name }) => name).join("|")})(=.*)?$`,
  "s",
);

/**
 * Runs the program: the command that the first argument names, or a node.
 *
 * @returns the exit code, when all of the output has gone out. What could not be written is a failure.
 */
export async function runProgram(
  typed: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { output } = context;
  const asJson = wantsJsonErrors(typed);
  const code = await perform(typed, context, asJson);
  await output.flush();
  const { failure } = output;
  if (failure === undefined) return code;
  reportError(output, new ClusterError("NOT_PERMITTED", `Cannot write: ${failure}`), asJson);
  await output.flush();
  return code === EXIT.done ? EXIT.failed : code;
}

async function perform(
  typed: readonly string[],
  context: CommandContext,
  asJson: boolean,
): Promise<number> {
  let unread: string[] = [];
  try {
    const args = withCommandFirst(withoutAliases(typed, CLIENT_FLAGS));
    const [first] = args;
    const isNode = first === undefined || first.startsWith("-");
    if (isNode && asksFor(args, "version")) {
      context.output.out(`muster ${VERSION}`);
      return EXIT.done;
    }
    const isHelp = asksFor(args, "help", "h");
    const { command, rest } = isNode
      ? { command: await nodeCommand(), rest: args }
      : await findCommand(args, isHelp);
    if (isHelp) {
      const { helpOf } = await import("./help_text.ts");
      context.output.out(await helpOf(command));
      return EXIT.done;
    }
    // A node hears what came while it was loaded; a command ends of it before it does anything.
    const signal = command.name === "" ? undefined : context.releaseSignals?.();
    if (signal !== undefined) return exitCodeOfSignal(signal);
    const variable = (name: string) => context.environment(name);
    const given = parseFlags(rest, command.flags, variable);
    const names = command.flags.map(({ name }) => name);
    unread = unreadFlags(context, names, given);
    checkPositionals(command, given);
    return await command.run(given, context);
  } catch (error) {
    reportError(context.output, withVariableHint(error, unread), asJson);
    return exitCodeOf(error);
  }
}

/** `muster --json members` is meant as `muster members --json`: no node takes these flags alone. */
function withCommandFirst(args: readonly string[]): readonly string[] {
  let at = 0;
  for (let shape; (shape = CLIENT_FLAG_SHAPE.exec(args[at] ?? "")) !== null;) {
    const [, name, value] = shape;
    const isAlone = value !== undefined || name === JSON_FLAG.name;
    at += isAlone ? 1 : 2;
  }
  const word = args[at] ?? "";
  if (!Object.hasOwn(COMMANDS, word) && meantBy([word]) === undefined) return args;
  const end = args.indexOf("--", at);
  const last = end === -1 ? args.length : end;
  return [...args.slice(at, last), ...args.slice(0, at), ...args.slice(last)];
}

/**
 * The command that the first words name, and the arguments that are left.
 *
 * @param isLenient whether a command of which one part is unknown will do: for its help.
 * @throws {UsageError} naming the nearest when there is none.
 */
export async function findCommand(
  words: readonly string[],
  isLenient: boolean,
): Promise<{ command: Command; rest: readonly string[] }> {
  const [first = "", ...rest] = meantBy(words) ?? words;
  const command = await loadNamed(first, COMMANDS, "");
  const { subcommands } = command;
  if (subcommands === undefined) return { command, rest };
  const [second, ...others] = rest;
  if (isLenient && (second === undefined || !Object.hasOwn(subcommands, second))) {
    return { command, rest };
  }
  if (second === undefined || second.startsWith("-")) {
    throw new UsageError(`Too few arguments: muster ${command.usage.join(" | muster ")}`);
  }
  return { command: await loadNamed(second, subcommands, `${first} `), rest: others };
}

async function loadNamed(
  name: string,
  commands: Readonly<Record<string, () => Promise<Command>>>,
  before: string,
): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return await load();
  const nearest = nearestOf(name, Object.keys(commands)) ?? aliasNear(name, before) ??
    await subcommandOf(name, commands);
  const hint = nearest === undefined ? "" : `; did you mean "${before}${nearest}"?`;
  throw new UsageError(
    `Unknown command "${before}${name}"${hint} (muster ${before}--help lists all)`,
  );
}

/** `muster kv sett` is meant as `muster kv set`, which is another name of `kv put`. */
function aliasNear(name: string, before: string): string | undefined {
  const aliases = Object.keys(ALIASES).filter((alias) => alias.startsWith(before))
    .map((alias) => alias.slice(before.length))
    .filter((alias) => !alias.includes(" "));
  const nearest = nearestOf(name, aliases);
  return nearest === undefined ? undefined : ALIASES[before + nearest]?.slice(before.length);
}

/** `muster get` is meant as `muster kv get`. */
async function subcommandOf(
  name: string,
  commands: Readonly<Record<string, () => Promise<Command>>>,
): Promise<string | undefined> {
  for (const [parent, load] of Object.entries(commands)) {
    const subcommands = (await load()).subcommands ?? {};
    const [, known = name] = meantBy([parent, name]) ?? [];
    if (Object.hasOwn(subcommands, known)) return `${parent} ${known}`;
  }
  return undefined;
}

/** Looked for before anything is understood: the very flags may be what is wrong. */
function wantsJsonErrors(args: readonly string[]): boolean {
  return asksFor(args, "json") || asksFor(args, "log=json") ||
    asksFor(args, "o=?json", "output=json") ||
    args.some((arg, at) => arg === "json" && /^--?(log|o|output)$/.test(args[at - 1] ?? ""));
}

function checkPositionals(command: Command, given: ParsedArguments): void {
  const [fewest, most] = command.arguments;
  const { length } = given.positionals;
  const usage = `: muster ${command.usage.join(" | muster ")}`;
  if (length < fewest) throw new UsageError(`Too few arguments${usage}`);
  if (length <= most) return;
  const extra = given.positionals[most] as string;
  const hint = Object.hasOwn(COMMANDS, extra) && command.name === ""
    ? `: a command stands before its flags, as in muster ${extra} --json`
    : usage;
  throw new UsageError(`Unexpected argument "${extra}"${hint}`);
}
