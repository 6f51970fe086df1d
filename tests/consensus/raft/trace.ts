import type { Config, ConsensusEffect, ConsensusMessage } from "../../../lib/consensus/raft/mod.ts";
import { Cluster, type ClusterNode } from "./cluster.ts";

/**
 * Tells a scenario: each line that starts with `> ` is a command, and what follows it is what
 * happened.
 *
 * ```text
 * > cluster n1 n2 n3 + n4      voters, and nodes that run outside
 * > run 200                    lets so many ms pass
 * > elect                      runs until there is a leader
 * > propose n1 a b             proposes two commands in one turn
 * > change n1 add-learner n4   a step of configuration; with "memory" behind it n4 keeps nothing
 * > transfer n1 n2             hands leadership over
 * > read n1                    asks for a linearizable read
 * > snapshot n1                takes a snapshot of what is applied
 * > crash n1 / vanish n1       ends a node; its links break / nobody is told
 * > isolate n1 / heal          cuts all its links silently / undoes all cuts
 * > logs                       where every node stands
 * ```
 * Heartbeats and their answers are left out. Lines that start with `#` stay as they are.
 */
export function tellTrace(script: string): string {
  const told: string[] = [];
  let cluster: Cluster | undefined;
  for (const line of script.split("\n")) {
    const isText = line.startsWith("#") || line === "";
    if (!isText && !line.startsWith("> ")) continue;
    told.push(line);
    if (isText) continue;
    const [command = "", ...words] = line.slice(2).split(" ");
    if (command === "cluster") {
      const [voters = "", others = ""] = words.join(" ").split(" + ");
      cluster = new Cluster({
        voters: voters.split(" "),
        others: others.split(" ").filter((id) => id !== ""),
        trailingEntries: 1,
      });
      cluster.watch = (node, _input, effects) => {
        for (const effect of effects) {
          const text = describeEffect(effect);
          if (text !== undefined) told.push(`${timeOf(cluster!)} ${node.id} ${text}`);
        }
      };
    } else if (cluster === undefined) throw new TypeError("A trace begins with `> cluster`");
    else perform(cluster, told, command, words);
  }
  // One empty line at most between paragraphs, and one end of line at the end.
  return `${told.join("\n").trimEnd()}\n`;
}

function timeOf(cluster: Cluster): string {
  return cluster.now.toFixed(1).padStart(8);
}

function perform(cluster: Cluster, told: string[], command: string, words: string[]): void {
  const [first = "", second = "", third = ""] = words;
  switch (command) {
    case "run":
      return cluster.run(Number(first));
    case "elect":
      cluster.until(() => cluster.leader !== undefined, 10_000);
      return;
    case "propose":
      cluster.propose(first, ...words.slice(1));
      return;
    case "change": {
      const type = second as "add-learner" | "promote" | "demote" | "remove";
      const request = cluster.nextRequest();
      const memory = words[3] === "memory";
      cluster.give(first, { type: "change", request, change: { type, node: third, memory } });
      return;
    }
    case "transfer":
      cluster.give(first, { type: "transfer", request: cluster.nextRequest(), to: second });
      return;
    case "read":
      cluster.give(first, { type: "read", request: cluster.nextRequest() });
      return;
    case "snapshot": {
      const { appliedIndex } = cluster.node(first).machine.status();
      cluster.give(first, { type: "snapshot-taken", index: appliedIndex });
      return;
    }
    case "crash":
      return cluster.crash(first);
    case "vanish":
      return cluster.crash(first, false);
    case "isolate":
      return cluster.isolate(first);
    case "heal":
      return cluster.heal();
    case "logs":
      for (const node of cluster.nodes.values()) told.push(`         ${describeNode(node)}`);
      return;
    default:
      throw new TypeError(`Unknown command "${command}"`);
  }
}

function describeNode({ id, isUp, machine }: ClusterNode): string {
  const { role, term, firstIndex, lastIndex, commitIndex, config } = machine.status();
  if (!isUp) return `${id} is down`;
  const who = `voters ${config.voters.join(" ") || "-"}, learners ${
    config.learners.join(" ") || "-"
  }`;
  return `${id} ${role} term ${term}, log ${firstIndex}..${lastIndex}, commit ${commitIndex}, ${who}`;
}

function describeEffect(effect: ConsensusEffect): string | undefined {
  switch (effect.type) {
    case "persist": {
      const parts: string[] = [];
      if (effect.snapshot) parts.push(`founds with ${effect.snapshot.config.voters.join(" ")}`);
      if (effect.vote) parts.push(`term ${effect.vote.term} vote ${effect.vote.votedFor ?? "-"}`);
      if (effect.truncateFrom !== undefined) parts.push(`without ${effect.truncateFrom}..`);
      if (effect.entries) parts.push(describeEntries(effect.entries));
      return `persists ${parts.join(", ")}`;
    }
    case "send": {
      const text = describeMessage(effect.message);
      return text === undefined ? undefined : `-> ${effect.to} ${text}`;
    }
    case "apply":
      return `applies ${describeEntries(effect.entries)}`;
    case "copies":
      return `tells ${effect.copies} copies, ${effect.disks} disks`;
    case "role":
      return `is ${effect.role} in term ${effect.term}, leader ${
        effect.leader ?? "-"
      }: ${effect.reason}`;
    case "refused":
      return `refuses (${effect.code}): ${effect.reason}; missing: ${
        effect.missing.join(" ") || "-"
      }`;
    case "failed":
      return `fails ${effect.index}`;
    case "read-ready":
      return `may read at ${effect.index}`;
    case "read-failed":
      return `cannot read: ${effect.code}`;
    case "compact":
      return `compacts through ${effect.through}, snapshot ${effect.snapshot.index}`;
    case "send-snapshot":
      return `-> ${effect.to} snapshot ${effect.snapshot.index}`;
    case "install":
      return `installs snapshot ${effect.snapshot.index}`;
    case "transferred":
      return `transfer to ${effect.to}: ${effect.ok ? "done" : "failed"}`;
    case "reject":
      return `rejects ${effect.from}: ${effect.reason}`;
    default:
      return undefined;
  }
}

function describeMessage(message: ConsensusMessage): string | undefined {
  switch (message.type) {
    case "vote-request": {
      const kind = message.pre ? "pre-vote-request" : "vote-request";
      return `${kind} term ${message.term} log ${message.lastIndex}:${message.lastTerm}`;
    }
    case "vote":
      return `${message.pre ? "pre-vote" : "vote"} term ${message.term} ${
        message.granted ? "yes" : "no"
      }`;
    case "append":
      if (message.entries.length === 0) return undefined;
      return `append after ${message.previousIndex}:${message.previousTerm} ` +
        `${describeEntries(message.entries)} commit ${message.commit}`;
    case "appended":
      return message.ok
        ? undefined
        : `appended no at ${message.index}, hint ${message.hintIndex}:${message.hintTerm}`;
    case "timeout-now":
      return "timeout-now";
    case "read-request":
      return "read-request";
    case "read-reply":
      return `read-reply ${message.ok ? message.index : "no"}`;
  }
}

function describeEntries(
  entries: readonly { index: number; term: number; type: string; data: unknown }[],
): string {
  return entries.map(({ index, term, type, data }) => {
    const config = data as Config;
    const text = type === "command"
      ? data
      : type === "noop"
      ? "noop"
      : `voters ${config.voters.join(" ")}, learners ${config.learners.join(" ") || "-"}` +
        `${config.memory === undefined ? "" : `, memory ${config.memory.join(" ")}`}` +
        `${config.vacant === true ? ", vacant" : ""}`;
    return `[${index}:${term} ${text}]`;
  }).join(" ");
}
