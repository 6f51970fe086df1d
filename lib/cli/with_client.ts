import {
  type Address,
  CALL_TIMEOUT_MS,
  DEFAULT_PORT,
  DIAL_MS,
  type JsonObject,
  type Message,
  type Millis,
} from "../core/mod.ts";
import { Client } from "../node/mod.ts";
import type { CommandContext } from "./context.ts";
import { addressesOf, timeoutOf } from "./flag_values.ts";
import type { ParsedArguments } from "./flags.ts";

/** A command's connection to a cluster. */
export interface ClusterAccess {
  readonly client: Client;
  /** How long to wait for an answer. */
  readonly timeoutMs: Millis;
  /** Asks the member something: its answer without the fields of the envelope. */
  ask(message: Message): Promise<JsonObject>;
}

/**
 * Connects to the first of `--clusterip` that answers, and closes the link when `use` is done.
 *
 * @param timeoutMs for each thing that is asked; `--timeout` unless that means something else.
 * @param addresses instead of all of `--clusterip`.
 * @throws {ClusterError} `NO_CLUSTER` when none does, or what `use` throws.
 */
export async function withClient<T>(
  given: ParsedArguments,
  context: CommandContext,
  use: (access: ClusterAccess) => Promise<T>,
  timeoutMs: Millis = timeoutOf(given) ?? CALL_TIMEOUT_MS,
  addresses: readonly Address[] = membersOf(given),
): Promise<T> {
  const dialMs = Math.min(timeoutMs, DIAL_MS);
  await using client = await Client.connect(context.ports(), addresses, dialMs);
  const ask = async (message: Message) => {
    const { type: _type, id: _id, ...answer } = await client.request(message, timeoutMs);
    return answer;
  };
  return await use({ client, timeoutMs, ask });
}

/** The members to go through: those of `--clusterip`, or this machine's usual one. */
export function membersOf(given: ParsedArguments): Address[] {
  const named = addressesOf(given, "clusterip");
  return named.length > 0 ? named : [{ host: "127.0.0.1", port: DEFAULT_PORT }];
}

/**
 * The node that is meant itself, where another must not stand in for it: the first of `--clusterip`
 * alone. A list is often the same on all machines.
 */
export function askedNodeOf(given: ParsedArguments): Address[] {
  return membersOf(given).slice(0, 1);
}
