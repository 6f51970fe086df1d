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
  /** When the command began, on its clock. */
  readonly startedAt: Millis;
  /**
   * How long to wait for the next answer: what is left of the time of the command, if that is
   * bounded.
   */
  readonly timeoutMs: Millis;
  /** Asks the member something: its answer without the fields of the envelope. */
  ask(message: Message): Promise<JsonObject>;
}

/** How long a command may take. */
export interface CommandTime {
  /** All of it; `--timeout`, unless that means something else. */
  readonly wholeMs?: Millis | undefined;
  /** Each answer, where the whole is not bounded. */
  readonly eachMs?: Millis;
}

/**
 * Connects to the first of `--clusterip` that answers, and closes the link when `use` is done.
 *
 * @param time `--timeout` bounds the whole command unless this says otherwise.
 * @param addresses instead of all of `--clusterip`.
 * @throws {ClusterError} `NO_CLUSTER` when none does, or what `use` throws.
 */
export async function withClient<T>(
  args: ParsedArguments,
  context: CommandContext,
  use: (access: ClusterAccess) => Promise<T>,
  time: CommandTime = { wholeMs: timeoutOf(args) },
  addresses: readonly Address[] = membersOf(args),
): Promise<T> {
  const { wholeMs, eachMs = CALL_TIMEOUT_MS } = time;
  const ports = context.ports();
  const startedAt = ports.clock.now();
  // Without --timeout every address gets its turn, however many there are. A watch that is to end
  // soon does not look for a member for longer.
  const withinMs = wholeMs ?? timeoutOf(args);
  await using client = await Client.connect(ports, addresses, DIAL_MS, { withinMs });
  const leftMs = () =>
    wholeMs === undefined
      ? eachMs
      : Math.max(1, Math.ceil(startedAt + wholeMs - ports.clock.now()));
  return await use({
    client,
    startedAt,
    get timeoutMs() {
      return leftMs();
    },
    ask: async (message) => {
      const { type: _type, id: _id, ...answer } = await client.request(message, leftMs());
      return answer;
    },
  });
}

/** The members to go through: those of `--clusterip`, or this machine's usual one. */
export function membersOf(args: ParsedArguments): Address[] {
  const named = addressesOf(args, "clusterip");
  return named.length > 0 ? named : [{ host: "127.0.0.1", port: DEFAULT_PORT }];
}

/**
 * The node that is meant itself, where another must not stand in for it: the first of `--clusterip`
 * alone. A list is often the same on all machines.
 */
export function askedNodeOf(args: ParsedArguments): Address[] {
  return membersOf(args).slice(0, 1);
}
