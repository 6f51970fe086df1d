import type { CommandContext } from "./context.ts";
import type { Flag, ParsedArguments } from "./flags.ts";

/** One thing that the program does when it is asked to. */
export interface Command {
  /** What a person types; empty for the node itself. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** How it is typed, after `muster`; each form is a line. */
  readonly usage: readonly string[];
  /** What else there is to know, for its own help. */
  readonly details?: string;
  /** The flags that it takes, beside `--help`. */
  readonly flags: readonly Flag[];
  /** What people type, with a few words on each. */
  readonly examples: readonly (readonly [typed: string, means: string])[];
  /** The fewest and most positional arguments. */
  readonly arguments: readonly [fewest: number, most: number];
  /**
   * What its first argument names, each loaded only when it is used; then it does nothing itself.
   */
  readonly subcommands?: Readonly<Record<string, () => Promise<Command>>>;
  /**
   * Does it. What it throws is reported, and decides the exit code.
   *
   * @returns one of `EXIT`, or the exit code of a program that it ran.
   */
  run(args: ParsedArguments, context: CommandContext): Promise<number>;
}

/** All that can be typed after the name of the program. */
export interface Catalog {
  /** The commands in the order of the help, each loaded only when it is used. */
  readonly commands: Readonly<Record<string, () => Promise<Command>>>;
  /** What people type instead, and the own name of what they mean. */
  readonly aliases: Readonly<Record<string, string>>;
  /** The command of a node, which has no name. */
  node(): Promise<Command>;
}
