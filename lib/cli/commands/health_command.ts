import {
  CALL_TIMEOUT_MS,
  ClusterError,
  type Json,
  type JsonObject,
  type Millis,
  sleep,
} from "../../core/mod.ts";
import { HEALTH_POLL_MS, HEALTH_WAIT_MS } from "../limits.ts";
import { KEY_VALUE_SERVICE } from "../../node/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { jsonLine, sanitize } from "../terminal/mod.ts";
import { type ClusterAccess, withClient } from "../with_client.ts";

/** How the asked node is: what `--json` prints. */
interface Health extends JsonObject {
  readonly healthy: boolean;
  readonly name: string;
  readonly address: string;
  /** Whether it is a member of a cluster: neither joining nor leaving. */
  readonly member: boolean;
  /** The master that it knows of. */
  readonly master: string | null;
  /** Whether a majority of the voters has just answered. */
  readonly quorum: boolean;
  /** Why it is not healthy. */
  readonly reasons: string[];
}

/** `muster health`: an exit code for service managers, deployments and balancers. */
export const healthCommand: Command = {
  name: "health",
  summary: "whether the asked node is a member of a cluster that works, by its exit code",
  usage: ["health [--wait]"],
  flags: [
    { name: "wait", summary: "until it is healthy, for --timeout at most" },
    CLUSTER_FLAG,
    JSON_FLAG,
    { ...TIMEOUT_FLAG, summary: "how long it may take, like 500ms or 2m (5s; with --wait 1m)" },
  ],
  details:
    "A node is healthy when it is a member, knows a master, and a majority of the voters answers: it " +
    "reads something\nthat needs one. Exit code 0: healthy; 1: not healthy; 3: no node answers. status " +
    "says more, and exits with 0\nwhenever a node answers.",
  examples: [
    ["muster health", "the node on port 8001"],
    ["muster health --wait --timeout 30s && ./deploy.sh", "once the cluster works"],
  ],
  arguments: [0, 0],
  async run(args, context) {
    const isWaiting = args.isOn("wait");
    const { clock } = context.ports();
    const timeoutMs = timeoutOf(args) ?? (isWaiting ? HEALTH_WAIT_MS : CALL_TIMEOUT_MS);
    const giveUpAt = clock.now() + timeoutMs;
    while (true) {
      const leftMs = Math.max(1, Math.round(giveUpAt - clock.now()));
      const health = await examine(args, context, isWaiting ? tryMs(leftMs) : leftMs);
      const isLast = !isWaiting || clock.now() + HEALTH_POLL_MS >= giveUpAt;
      if (health instanceof ClusterError) {
        if (isLast) throw health;
      } else if (health.healthy || isLast) {
        context.output.out(args.isOn("json") ? jsonLine(health) : healthText(health));
        return health.healthy ? EXIT.done : EXIT.failed;
      }
      await sleep(clock, HEALTH_POLL_MS);
    }
  },
};

/** One look of many may not have all the time: the node that hangs now may answer the next. */
function tryMs(leftMs: Millis): Millis {
  return Math.min(leftMs, CALL_TIMEOUT_MS);
}

/** Looks once; the error is returned when no node answers, or it stops answering. */
async function examine(
  args: ParsedArguments,
  context: CommandContext,
  timeoutMs: Millis,
): Promise<Health | ClusterError> {
  try {
    return await withClient(args, context, (access) => ask(access, context), {
      wholeMs: timeoutMs,
    });
  } catch (error) {
    if (error instanceof ClusterError && error.retryable) return error;
    throw error;
  }
}

async function ask({ client, ask, timeoutMs }: ClusterAccess, context: CommandContext) {
  const { clock } = context.ports();
  const giveUpAt = clock.now() + timeoutMs;
  const { phase, master, term, notes } = await ask({ type: "status" });
  const { id, name, address } = client.node;
  const isMember = phase === "member";
  const reasons = isMember ? [] : [`it is ${phase}, not a member`];
  const hasMaster = typeof master === "string";
  let quorum = false;
  if (isMember && hasMaster) {
    const leftMs = Math.max(1, Math.round(giveUpAt - clock.now()));
    // Any key will do: a read that is not stale needs a majority that has answered since.
    const body: Json = { op: "get", key: "health" };
    const error = await client.call({ service: KEY_VALUE_SERVICE, body, timeoutMs: leftMs })
      .then(() => undefined, (thrown) => ClusterError.from(thrown));
    quorum = error === undefined;
    if (error !== undefined) reasons.push(error.message);
  } else if (isMember) {
    const said = Array.isArray(notes) ? notes.map(String) : [];
    reasons.push(...(said.length > 0 ? said : ["There is no master"]));
  }
  return {
    healthy: isMember && hasMaster && quorum,
    id,
    name,
    address,
    member: isMember,
    master: hasMaster ? master : null,
    term: term ?? 0,
    quorum,
    reasons,
  };
}

function healthText(health: Health): string {
  const who = nameAndAddress(health);
  return health.healthy
    ? `healthy: ${who} is a member, and a majority of the voters answers`
    : `not healthy: ${who}: ${health.reasons.map(sanitize).join("; ")}`;
}
