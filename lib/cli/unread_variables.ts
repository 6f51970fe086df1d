import { ClusterError } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";
import { type ParsedArguments, variableOf } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** The flags that were looked for in the environment, and whose variable may not be read. */
export function unreadFlags(
  context: CommandContext,
  flags: readonly string[],
  given: ParsedArguments,
): string[] {
  const mayRead = context.mayReadVariable;
  if (mayRead === undefined) return [];
  const isGiven = (name: string) => given.text(name) !== undefined || given.isOn(name);
  return flags.filter((name) => !isGiven(name) && !mayRead(variableOf(name)));
}

/**
 * The failure, with a hint where a variable that may not be read could have prevented it: a person
 * who set it would look for the reason in vain.
 *
 * @param unread the flags that were not given, and whose variable may not be read.
 */
export function withVariableHint(thrown: unknown, unread: readonly string[]): unknown {
  const hint = variableHint(flagsThatHelp(thrown).filter((name) => unread.includes(name)));
  if (hint === "") return thrown;
  if (thrown instanceof UsageError) return new UsageError(thrown.message + hint);
  if (!(thrown instanceof ClusterError)) return thrown;
  return ClusterError.from({ ...thrown.toJSON(), message: thrown.message + hint });
}

/**
 * What a person should know of flags whose variables may not be read: to be put behind a sentence.
 */
export function variableHint(flags: readonly string[]): string {
  if (flags.length === 0) return "";
  const verb = flags.length === 1 ? "is" : "are";
  return `; ${flags.map(variableOf).join(" and ")} ${verb} not looked at without --allow-env`;
}

/** The flags without which there is such a failure. */
function flagsThatHelp(thrown: unknown): readonly string[] {
  if (thrown instanceof UsageError) return thrown.missing === undefined ? [] : [thrown.missing];
  if (!(thrown instanceof ClusterError)) return [];
  const missing = thrown.details?.["missing"];
  return typeof missing === "string" ? [missing] : HELP[thrown.code] ?? [];
}

const HELP: Readonly<Record<string, readonly string[]>> = {
  NO_CLUSTER: ["clusterip", "makeMasterOnError"],
  ADDRESS_TAKEN: ["myport"],
  TIMEOUT: ["timeout"],
};
