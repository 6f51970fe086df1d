import { ClusterError } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";
import { variableOf } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** The flags that were looked for in the environment, and whose variable may not be read. */
export function unreadFlags(
  context: CommandContext,
  flags: readonly string[],
  isGiven: (name: string) => boolean,
): string[] {
  const mayRead = context.mayReadVariable;
  if (mayRead === undefined) return [];
  return flags.filter((name) => !isGiven(name) && !mayRead(variableOf(name)));
}

/**
 * The failure, with a hint where a variable that may not be read could have prevented it: a person who set
 * it would look for the reason in vain.
 *
 * @param unread the flags that were not given, and whose variable may not be read.
 */
export function withVariableHint(thrown: unknown, unread: readonly string[]): unknown {
  const missing = flagsThatHelp(thrown).find((name) => unread.includes(name));
  if (missing === undefined) return thrown;
  const hint = `; ${variableOf(missing)} is not looked at without --allow-env`;
  if (thrown instanceof UsageError) return new UsageError(thrown.message + hint);
  if (!(thrown instanceof ClusterError)) return thrown;
  return ClusterError.from({ ...thrown.toJSON(), message: thrown.message + hint });
}

/** The flags without which there is such a failure, the likeliest first. */
function flagsThatHelp(thrown: unknown): readonly string[] {
  if (thrown instanceof UsageError) return thrown.missing === undefined ? [] : [thrown.missing];
  return thrown instanceof ClusterError ? HELP[thrown.code] ?? [] : [];
}

const HELP: Readonly<Record<string, readonly string[]>> = {
  NO_CLUSTER: ["clusterip"],
  ADDRESS_TAKEN: ["myport"],
  NOT_PERMITTED: ["insecure"],
  TIMEOUT: ["timeout"],
};
