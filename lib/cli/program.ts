import type { Command } from "./command.ts";
import { COMMANDS, nodeCommand } from "./commands/mod.ts";
import type { CommandContext } from "./context.ts";
import { reportError } from "./error_report.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import { CLIENT_FLAGS, JSON_FLAG } from "./flag_values.ts";
import { asksFor, nearestOf, type ParsedArguments, parseFlags } from "./flags.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

const CLIENT_FLAG_SHAPE = new RegExp(
  `^--?(${CLIENT_FLAGS.map(({ name }) => name).join("|")})(=.*)?$`,
  "s",
);

/** Runs the program: the command that the first argument names, or a node. */
export async function runProgram(
  typed: readonly string[],
  context: CommandContext,
): Promise<number> {
  const asJson = wantsJsonErrors(typed);
  const args = withCommandFirst(typed);
  try {
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
    const given = await parseFlags(
      rest,
      command.flags,
      (variable) => context.environment(variable),
    );
    checkPositionals(command, given);
    return await command.run(given, context);
  } catch (error) {
    reportError(context.output, error, asJson);
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
  if (!Object.hasOwn(COMMANDS, args[at] ?? "")) return args;
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
  const [first = "", ...rest] = words;
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
  const known = Object.keys(commands);
  const nearest = await nearestOf(name, before === "" ? [...known, "--version"] : known);
  const hint = isLike(name, nearest) ? `; did you mean "${before}${nearest}"?` : "";
  throw new UsageError(
    `Unknown command "${before}${name}"${hint} (muster ${before}--help lists all)`,
  );
}

/** Whether two words share most of their letters: else to ask whether one was meant is no help. */
function isLike(typed: string, known: string): boolean {
  const left = [...known.replace(/^--/, "")];
  let shared = 0;
  for (const letter of typed.toLowerCase()) {
    const at = left.indexOf(letter);
    if (at === -1) continue;
    left.splice(at, 1);
    shared++;
  }
  return 2 * shared > Math.max(typed.length, shared + left.length) ||
    known.replace(/^--/, "").startsWith(typed.toLowerCase());
}

/** Looked for before anything is understood: the very flags may be what is wrong. */
function wantsJsonErrors(args: readonly string[]): boolean {
  return asksFor(args, "json") || asksFor(args, "log=json") ||
    args.some((arg, at) => arg === "json" && /^--?log$/.test(args[at - 1] ?? ""));
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
