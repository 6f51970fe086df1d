import type { Json, JsonObject } from "../core/mod.ts";
import {
  KEY_VALUE_SERVICE,
  type KeyValue,
  type Outcome,
  type ReadPlace,
  resultOf,
  type StateRequest,
  type WatchQuestion,
} from "../state/mod.ts";
import type { Flag, ParsedArguments } from "./flags.ts";
import { integerOf } from "./flag_values.ts";
import { UsageError } from "./usage_error.ts";
import type { ClusterAccess } from "./with_client.ts";

/** `--revision` of reads. */
export const REVISION_FLAG: Flag = {
  name: "revision",
  value: "R",
  summary: "as it was at that revision, while history goes back to it",
};
/** `--stale` of reads. */
export const STALE_FLAG: Flag = {
  name: "stale",
  summary: "any copy will do: perhaps old, but readable without a majority",
};

/** What the shared state answered: its revision, and the result. */
export interface StateAnswer<T> {
  readonly revision: number;
  readonly result: T;
}

/**
 * Asks the shared state through the member.
 *
 * @throws {ClusterError} the state's own errors too.
 */
export async function askState<T>(
  { client, timeoutMs }: Pick<ClusterAccess, "client" | "timeoutMs">,
  request: Exclude<StateRequest, WatchQuestion>,
): Promise<StateAnswer<T>> {
  const body = request as unknown as Json;
  const reply = await client.call({ service: KEY_VALUE_SERVICE, body, timeoutMs });
  const outcome = reply as unknown as Outcome;
  return { revision: outcome.revision, result: resultOf(outcome) as T };
}

/** An entry as programs read it: its `revision` is the one that wrote it. */
export function entryView({ key, value, modRevision, ...rest }: KeyValue): JsonObject {
  return { key, value, revision: modRevision, ...rest };
}

/** `--revision` and `--stale` as fields of a request. */
export function readFields(args: ParsedArguments): ReadPlace {
  const revision = integerOf(args, "revision");
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(args.isOn("stale") ? { stale: true } : {}),
  };
}

/**
 * What a command is about: the key that was given, or all with `--prefix`.
 *
 * @throws {UsageError} when it is both.
 */
export function selectorOf(
  args: ParsedArguments,
): { key: string } | { prefix: string } | undefined {
  const [key] = args.positionals;
  const prefix = args.text("prefix");
  if (key !== undefined && prefix !== undefined) {
    throw new UsageError("Either a KEY or --prefix is given, not both");
  }
  if (key !== undefined) return { key };
  return prefix === undefined ? undefined : { prefix };
}
