import {
  ClusterError,
  formatAddress,
  isJsonObject,
  type Message,
  REDIAL_MS,
  sleep,
} from "../../core/mod.ts";
import { SINGLETON_POLL_MS, SINGLETON_SILENCE_MS } from "../limits.ts";
import { type Client, PinnedCluster } from "../../node/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG } from "../flag_values.ts";
import { LeaderOnlyProcess } from "../leader_only_process.ts";
import { checkProgram, PROGRAM_DETAILS } from "../supervise.ts";
import { shutdownSignal } from "../shutdown_signal.ts";
import { unreadFlags, variableHint } from "../unread_variables.ts";
import { UsageError } from "../usage_error.ts";
import { membersOf } from "../with_client.ts";

/** `muster run --on-master -- CMD…`: a program that runs where the master is. */
export const runCommand: Command = {
  name: "run",
  summary: "run a program exactly while the node beside it is the master",
  usage: ["run --on-master [FLAGS] -- CMD [ARGUMENTS]"],
  flags: [
    { name: "on-master", summary: "while the node is the master: a singleton that moves with it" },
    { ...CLUSTER_FLAG, summary: "the node beside it: the first address alone (127.0.0.1:8001)" },
    { ...JSON_FLAG, summary: "errors as JSON; the output is CMD's own" },
  ],
  details:
    "Start it beside the node on each machine. It starts CMD when its node becomes the master, with " +
    "MUSTER_TERM (the\nterm, which is the fencing token: larger than that of every master before) and " +
    "MUSTER_NODE (the node's name) in\nthe environment; it ends CMD (SIGTERM, after 5 s SIGKILL) when the node " +
    "is the master no more, in another term,\nor does not answer for a second. Until then two may overlap: what " +
    "CMD writes to should refuse a smaller term. When\nCMD ends by itself, it exits with CMD's exit code: a " +
    "service manager may start it again. Until the node is\nthere it waits for it; when a node of another " +
    `cluster is in its place it ends, with exit code 4.\n${PROGRAM_DETAILS}`,
  examples: [
    ["muster run --on-master -- ./scheduler", "beside the node on port 8001"],
    ["muster run --on-master --clusterip 127.0.0.1:8002 -- ./scheduler", "beside another"],
  ],
  arguments: [1, Infinity],
  async run(args, context) {
    const command = args.positionals;
    if (!args.isOn("on-master")) {
      throw new UsageError("run needs --on-master: where else should it run?");
    }
    checkProgram(context, command[0] as string, args.isOn("json"));
    const [address] = membersOf(args);
    if (address === undefined) throw new UsageError("run needs the address of a node");
    using end = shutdownSignal(context, undefined, "every");
    const singleton = new LeaderOnlyProcess(context, command, end);
    const cluster = new PinnedCluster(context.ports());
    end.signal.addEventListener("abort", () => singleton.end());
    let hasSaid = false;
    const follow = async () => {
      while (!singleton.isOver) {
        try {
          await using client = await cluster.connect([address], REDIAL_MS);
          hasSaid = false;
          await beside(client, singleton, context);
        } catch (error) {
          if (!(error instanceof ClusterError) || error.code === "OTHER_CLUSTER") throw error;
          if (!hasSaid && !singleton.isOver) {
            const unread = unreadFlags(context, [CLUSTER_FLAG.name], args);
            const hint = variableHint(unread);
            context.output.err(`muster: waiting for the node at ${formatAddress(address)}${hint}`);
          }
          hasSaid = true;
        }
        await singleton.onLeaderLost();
        if (!singleton.isOver) await pause(context, singleton);
      }
    };
    const following = follow();
    try {
      return await Promise.race([singleton.exit, following.then(() => EXIT.done)]);
    } finally {
      await following;
    }
  },
};

/** Tells the singleton what its node says, until the node is gone or silent. */
async function beside(
  client: Client,
  singleton: LeaderOnlyProcess,
  context: CommandContext,
): Promise<void> {
  const { id, name } = client.node;
  const hear = (view: Record<string, unknown>) => {
    const { master, term } = view;
    if (master === id && typeof term === "number") singleton.master(term, name);
    else void singleton.onLeaderLost();
  };
  const stream = client.stream({ type: "watch" });
  const watching = async () => {
    for await (const message of stream) {
      const isMaster = message.type === "watch" || message["event"] === "master";
      if (isMaster && isJsonObject(message)) hear(message as Message);
    }
  };
  const { clock } = context.ports();
  const over = new AbortController();
  const polling = async () => {
    // A node that was stopped says nothing of it: its link stays.
    while (!singleton.isOver && !over.signal.aborted) {
      await client.call({ service: "echo", body: null, node: id, timeoutMs: SINGLETON_SILENCE_MS });
      await sleep(clock, SINGLETON_POLL_MS, over.signal);
    }
  };
  const watched = watching();
  const polled = polling();
  for (const promise of [watched, polled]) promise.catch(() => {});
  try {
    await Promise.race([watched, polled, singleton.exit]);
  } finally {
    over.abort();
    // At once: closing the link to a silent node takes its time.
    void singleton.onLeaderLost();
  }
}

/** Waits before the node is tried again, unless there is nothing to wait for any more. */
async function pause(context: CommandContext, singleton: LeaderOnlyProcess): Promise<void> {
  const over = new AbortController();
  const waited = sleep(context.ports().clock, REDIAL_MS, over.signal);
  await Promise.race([waited, singleton.exit.catch(() => {})]);
  over.abort();
}
