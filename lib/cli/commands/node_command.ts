import { ClusterError, DEFAULT_PORT } from "../../core/mod.ts";
import { OUTPUT_FLUSH_MS } from "../limits.ts";
import {
  completeOptions,
  type Node,
  type NodeEvent,
  type NodeOptions,
  startNode,
} from "../../node/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { reportError } from "../error_report.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import {
  addressesOf,
  addressOf,
  choiceOf,
  CLUSTER_FLAG,
  durationOf,
  portOf,
  tagsOf,
} from "../flag_values.ts";
import type { Flag, ParsedArguments } from "../flags.ts";
import { LOG_MODES, NodeLog } from "../node_log.ts";
import { listenForNode } from "../node_signals.ts";
import { UsageError } from "../usage_error.ts";

const PROFILES = ["lan", "wan", "local"] as const;

const FLAGS: readonly Flag[] = [
  { name: "myport", value: "N", summary: "port to listen on (8001); 0: any free one, printed" },
  {
    ...CLUSTER_FLAG,
    summary: "members to join through (127.0.0.1:8001; with --data none)",
  },
  {
    name: "makeMasterOnError",
    mayBeFollowedByTruth: true,
    summary: "found a new cluster, as its master, if none of them answers",
  },
  { name: "expect", value: "N", summary: "found one cluster with N nodes that name each other" },
  { name: "host", value: "ADDR", summary: "address to bind (127.0.0.1)" },
  { name: "advertise", value: "HOST:PORT", summary: "address that others dial (inferred)" },
  { name: "name", value: "NAME", summary: "a name for people, unique in the cluster (HOST:PORT)" },
  { name: "tag", value: "K=V", isRepeatable: true, summary: "metadata that other members see" },
  {
    name: "data",
    value: "DIR",
    summary: "keep identity, log and state on disk, to come back with them",
  },
  {
    name: "force-new-cluster",
    summary: "with --data, when most voters are lost for good: go on as the only one, at a loss",
  },
  { name: "profile", value: PROFILES.join("|"), summary: "timing (lan)" },
  { name: "log", value: LOG_MODES.join("|"), summary: "what the node prints (pretty)" },
  { name: "observer", summary: "a member that never votes, and founds no cluster" },
  {
    name: "drain-timeout",
    value: "DURATION",
    summary: "how long leaving may take: it waits for the calls that are under way (10s)",
  },
  { name: "insecure", summary: "allow an open cluster beyond this machine, on purpose" },
  { name: "version", summary: "print the version" },
];

/** `muster`: a node, until it leaves. */
export const nodeCommand: Command = {
  name: "",
  summary: "turn machines into a cluster: this one becomes a node of it",
  usage: ["[FLAGS]", "COMMAND [ARGUMENTS] [FLAGS]"],
  flags: FLAGS,
  examples: [
    ["muster --makeMasterOnError", "the first node: master, on port 8001"],
    ["muster --myport 8002 --clusterip 127.0.0.1:8001", "join through it"],
    ["muster --myport 8003 --clusterip 127.0.0.1:8002", "or through any other member"],
    ["muster members", "who is here"],
  ],
  details:
    "Before it founds, a node waits half a second for members of an older cluster that look for one\n" +
    "of theirs at its address, and joins through them: a first node that is started again is with\n" +
    "its cluster again. SIGINT and SIGTERM make a node leave in order, and so does closing the terminal\n" +
    "that it was started on; one that was started on none (nohup, a service) goes on at SIGHUP.",
  arguments: [0, 0],
  run: runNode,
};

/**
 * The options of a node that flags stand for.
 *
 * @throws {UsageError} when a value makes no sense.
 */
export function nodeOptionsOf(args: ParsedArguments): NodeOptions {
  const port = portOf(args, "myport");
  const join = addressesOf(args, "clusterip");
  const host = args.text("host");
  const advertise = addressOf(args, "advertise", port ?? DEFAULT_PORT);
  const name = args.text("name");
  const expect = args.text("expect");
  const profile = choiceOf(args, "profile", PROFILES);
  const drainTimeoutMs = durationOf(args, "drain-timeout");
  return {
    makeMasterOnError: args.isOn("makeMasterOnError"),
    insecure: args.isOn("insecure"),
    tags: tagsOf(args, "tag"),
    ...(expect === undefined ? {} : { expect: Number(expect) }),
    ...(args.isOn("force-new-cluster") ? { forceNewCluster: true } : {}),
    ...(port === undefined ? {} : { port }),
    ...(join.length === 0 ? {} : { join }),
    // A host is written with or without its brackets: here no port follows.
    ...(host === undefined ? {} : { host: host.replace(/^\[(.*)\]$/, "$1") }),
    ...(advertise === undefined ? {} : { advertise }),
    ...(name === undefined ? {} : { name }),
    ...(profile === undefined ? {} : { profile }),
    ...(args.isOn("observer") ? { voter: false } : {}),
    ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
  };
}

async function runNode(args: ParsedArguments, context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const mode = choiceOf(args, "log", LOG_MODES) ?? "pretty";
  const options = nodeOptionsOf(args);
  checkOptions(options);
  const folder = args.text("data");
  if (options.forceNewCluster === true && folder === undefined) {
    throw new UsageError("--force-new-cluster needs --data DIR: the folder to go on from", {
      missing: "data",
    });
  }
  const log = new NodeLog(output, mode, context.ports().clock);
  const exit = Promise.withResolvers<ExitCode>();
  const told = new AbortController();
  let node: Node | undefined;
  const stopListening = listenForNode(context, {
    leave: (reason) => {
      told.abort(reason);
      void node?.leave(reason, { isForced: true });
    },
    end: () => exit.resolve(EXIT.failed),
    goOn: (message) => log.event({ event: "warning", code: "SIGHUP", message }),
  });
  const run = async (): Promise<ExitCode> => {
    try {
      node = await startWithFolder(context, options, folder, log, told.signal);
    } catch (error) {
      if (!told.signal.aborted) throw error;
      log.gaveUp(String(told.signal.reason));
      return EXIT.done;
    }
    log.ready(node);
    // It may have been told in the very turn in which it became a member.
    if (told.signal.aborted) void node.leave(String(told.signal.reason), { isForced: true });
    const { error } = await node.stopped;
    if (error === undefined) return EXIT.done;
    reportError(output, forcedOut(node, error), mode === "json");
    return error.code === "STORE_FAILED" ? EXIT.failed : EXIT.refused;
  };
  run().then(exit.resolve, exit.reject);
  try {
    return await exit.promise;
  } finally {
    stopListening();
    await output.flush(OUTPUT_FLUSH_MS);
  }
}

/** Opens the folder, if there is one, and starts the node, unless it is told to end before. */
async function startWithFolder(
  context: CommandContext,
  options: NodeOptions,
  folder: string | undefined,
  log: NodeLog,
  signal: AbortSignal,
): Promise<Node> {
  const ports = context.ports();
  const listener = (event: NodeEvent) => log.event(event);
  if (folder === undefined) return await startNode(ports, options, listener, signal);
  const store = await context.openDataFolder(folder);
  return await startNode({ ...ports, store }, options, listener, signal);
}

function forcedOut(node: Node, error: ClusterError): ClusterError {
  const { code, message, retryable, details } = error;
  return ClusterError.from({
    code,
    message: `${node.name} is a member no more: ${message}`,
    retryable,
    ...(details === undefined ? {} : { details }),
  });
}

/** What the node says of its options is about the flags that gave them. */
function checkOptions(options: NodeOptions): void {
  try {
    completeOptions(options);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
