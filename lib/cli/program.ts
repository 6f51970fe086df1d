import { ClusterError, VERSION } from "../core/mod.ts";
import type { Command } from "./command.ts";
import { CATALOG, COMMANDS, nodeCommand } from "./commands/mod.ts";
import type { CommandContext } from "./context.ts";
import { reportError } from "./error_report.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import { findCommand, meantBy } from "./find_command.ts";
import { CLIENT_FLAGS, JSON_FLAG } from "./flag_values.ts";
import { asksFor, type ParsedArguments, parseFlags, withoutAliases } from "./flags.ts";
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
 * @returns the exit code, when all of the output has gone out. What could not be written is a
 * failure.
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
      : await findCommand(CATALOG, args, isHelp);
    if (isHelp) {
      const { helpOf } = await import("./help_text.ts");
      context.output.out(await helpOf(command, CATALOG));
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
  if (!Object.hasOwn(COMMANDS, word) && meantBy(CATALOG, [word]) === undefined) return args;
  const end = args.indexOf("--", at);
  const last = end === -1 ? args.length : end;
  return [...args.slice(at, last), ...args.slice(0, at), ...args.slice(last)];
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
