import {
  ClusterError,
  LEASE_MAX_MS,
  LEASE_MIN_MS,
  LEASE_TTL_MS,
  MASTER_WAIT_MS,
  MEMBERS_SILENT_MS,
  type Millis,
  type Timer,
} from "../../core/mod.ts";
import { acquireLock, FailoverClient, MemberEngine, type StateEngine } from "../../node/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { parseDuration, sanitize } from "../terminal/mod.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { checkProgram, PROGRAM_DETAILS, supervise } from "../supervise.ts";
import { shutdownSignal } from "../shutdown_signal.ts";
import { UsageError } from "../usage_error.ts";
import { membersOf } from "../with_client.ts";

/** Milliseconds of waiting after which a person is told what for. */
const NOTICE_MS: Millis = 1_000;
/** A member that is silent for so long is not waited for, however long the lock lives. */
const SHORTEST_TRY_MS: Millis = 500;

/** `muster lock NAME -- CMD…`: runs a program while holding a lock. */
export const lockCommand: Command = {
  name: "lock",
  summary: "run a program while holding a lock",
  usage: ["lock NAME [FLAGS] -- CMD [ARGUMENTS]"],
  flags: [
    { name: "ttl", value: "DURATION", summary: "how long the lock outlives us when we die (10s)" },
    { name: "try", summary: "do not wait while another holds it: fail" },
    { ...TIMEOUT_FLAG, summary: "how long to wait for the lock, like 30s or 5m (for ever)" },
    CLUSTER_FLAG,
    { ...JSON_FLAG, summary: "errors as JSON; the output is CMD's own" },
  ],
  details:
    "It waits for the lock, runs CMD, releases the lock at its end and exits with CMD's exit code. CMD finds " +
    "in its\nenvironment MUSTER_LOCK_NAME, MUSTER_LOCK_TOKEN (the fencing token: larger than that of every " +
    "holder before;\nwhat CMD writes to should refuse a smaller one than it has seen) and MUSTER_LOCK_LEASE " +
    "(kv put --lease).\nWhen its member dies it goes on through another. When the lock cannot be kept alive it is lost " +
    "within its TTL:\nCMD is sent SIGTERM, after 5 s SIGKILL, and the exit code is 1, as when the lock was not " +
    "got. When another cluster\nanswers in the place of the one that gave it, the lock is lost at once, and the exit " +
    `code is 4.\n${PROGRAM_DETAILS}`,
  examples: [
    ["muster lock nightly -- ./backup.sh /data", "one machine at a time"],
    ["muster lock --try nightly -- ./backup.sh", "or not at all"],
    ["muster kv list '$lock/nightly/'", "the leases that hold it and wait for it"],
  ],
  arguments: [2, Infinity],
  async run(args, context) {
    const [name = "", ...command] = args.positionals;
    const ttlMs = ttlOf(args);
    checkProgram(context, command[0] as string, args.isOn("json"));
    const ports = context.ports();
    // Signals are heard from first to last: between two listeners one would end us, and leave CMD
    // behind.
    using heard = shutdownSignal(context, undefined, "every");
    const { signal } = heard;
    const timeoutMs = timeoutOf(args);
    const giveUpAt = ports.clock.now() + (timeoutMs ?? Infinity);
    const bounds = { signal, withinMs: timeoutMs };
    await using client = await FailoverClient.connect(ports, membersOf(args), bounds)
      .catch((error) => {
        throw signal.aborted ? givenUp(name) : error;
      });
    const notice = new LockNotice(context, name, args.isOn("json"));
    const engine = engineThrough(client, context, notice);
    const leftMs = timeoutMs && Math.max(1, Math.ceil(giveUpAt - ports.clock.now()));
    const wait = !args.isOn("try");
    await using lock = await acquireLock(engine, name, { ttlMs, wait, signal, timeoutMs: leftMs })
      .finally(() => notice.end());
    // The signal may have come with the lock.
    if (signal.aborted) throw givenUp(name);
    const code = await supervise(
      context,
      command,
      {
        MUSTER_LOCK_NAME: name,
        MUSTER_LOCK_TOKEN: String(lock.token),
        MUSTER_LOCK_LEASE: String(lock.lease.id),
      },
      heard,
      lock.signal,
    );
    if (!lock.signal.aborted) return code;
    const { code: errorCode, message, details } = ClusterError.from(lock.signal.reason);
    throw ClusterError.from({
      code: errorCode,
      message: `The lock "${name}" was lost, and the program ended: ${message}`,
      details,
    });
  },
};

/** The shared state for a lock: no try is so long that the lock could be lost over it. */
function engineThrough(
  client: FailoverClient,
  context: CommandContext,
  notice: LockNotice,
): StateEngine {
  return new MemberEngine(
    context.ports().clock,
    client,
    (request, withinMs) => {
      const waitMs = request.op === "watch" ? request.waitMs : undefined;
      const longestTryMs = notice.isOver ? MASTER_WAIT_MS : NOTICE_MS;
      const tryMs = typeof waitMs === "number"
        ? waitMs + SHORTEST_TRY_MS
        : Math.max(SHORTEST_TRY_MS, Math.min(longestTryMs, withinMs / 3));
      // However long the lock lives: nobody waits for members that are all silent.
      const timeoutMs = typeof waitMs === "number" ? tryMs : Math.min(withinMs, MEMBERS_SILENT_MS);
      const onFailure = (error: ClusterError) => notice.failed(error);
      return { timeoutMs, tryMs, onFailure };
    },
  );
}

/** Says what a person waits for, whenever that is something else. */
class LockNotice {
  /** Whether the waiting is over. */
  isOver = false;
  readonly #context: CommandContext;
  readonly #waiting: string;
  readonly #timer: Timer;
  /** What is said; `undefined` before `NOTICE_MS`: most locks are free. */
  #said: string | undefined;
  #trouble: string | undefined;

  constructor(context: CommandContext, name: string, asJson: boolean) {
    this.#context = context;
    this.#waiting = `waiting for the lock "${sanitize(name)}"`;
    this.#timer = context.ports().clock.setTimer(NOTICE_MS, () => {
      this.isOver = this.isOver || asJson;
      this.#say(this.#trouble ?? "");
    });
  }

  /** A try failed: without a majority nobody gets a lock. */
  failed({ code, message }: ClusterError): void {
    this.#trouble = code === "NO_QUORUM" ? `: ${sanitize(message)}` : undefined;
    if (this.#said !== undefined) this.#say(this.#trouble ?? this.#said);
  }

  end(): void {
    this.isOver = true;
    this.#timer.cancel();
  }

  #say(why: string): void {
    if (this.isOver || why === this.#said) return;
    this.#said = why;
    this.#context.output.err(`muster: ${this.#waiting}${why}`);
  }
}

function givenUp(name: string): ClusterError {
  return new ClusterError("CANCELLED", `Waiting for the lock "${name}" was given up`);
}

function ttlOf(args: ParsedArguments): Millis {
  const text = args.text("ttl");
  const ttlMs = text === undefined ? LEASE_TTL_MS : parseDuration(text);
  if (ttlMs >= LEASE_MIN_MS && ttlMs <= LEASE_MAX_MS) return ttlMs;
  throw new UsageError(`Invalid --ttl "${text}": it is ${LEASE_MIN_MS}ms to 24h`);
}
