import {
  type Address,
  ClusterError,
  type ClusterId,
  formatAddress,
  isId,
  JOIN_MS,
  type Message,
  type NodeId,
  type Ports,
  sleep,
} from "../core/mod.ts";
import { JOIN_BACK_OFF_MS, JOIN_ROUNDS } from "./limits.ts";
import { type JoinAnswer, type JoinPlan, joinRound, reasonOf } from "./join_round.ts";
import { type LeaderInfo, parseLeadership } from "../consensus/mod.ts";

/**
 * Tries the addresses, for a few rounds, until one of them leads into a cluster.
 *
 * Nobody can be there (nothing listens, or there is no such name): `JOIN_ROUNDS` rounds and it is
 * given up. Somebody is silent, or answers "not yet" (a node that is still joining itself): it is
 * tried again until `JOIN_MS` have passed. Of several that would found a cluster and only find each
 * other, the one with the smallest id does; the others wait for it. An address that may not be
 * dialled is no empty one: beside it no cluster is founded.
 *
 * @returns whether a member let this node in; `false` also when it was told to leave meanwhile.
 * @throws {ClusterError} what the cluster refused with, `NO_CLUSTER` when it did not get ready in
 * time, or `NOT_PERMITTED` when an address that may not be dialled has to be.
 */
export async function joinCluster(ports: Ports, plan: JoinPlan): Promise<boolean> {
  const giveUpAt = ports.clock.now() + JOIN_MS;
  const leftMs = () => Math.max(1, giveUpAt - ports.clock.now());
  let round = 0;
  let emptyRounds = 0;
  while (true) {
    const answers = await joinRound(ports, plan, leftMs());
    if (answers.some(({ outcome }) => outcome === "joined")) return true;
    if (plan.isOver()) return false;
    for (const answer of answers) if (answer.outcome === "refused") throw answer.error;
    const isAnyoneThere = answers.some(({ outcome }) => outcome === "not-yet");
    const barred = notPermitted(plan, answers);
    if (barred !== undefined && !isAnyoneThere) throw barred;
    const isCertain = answers.every((each) =>
      each.outcome === "not-asked" || (each.outcome === "no-answer" && each.isCertain)
    );
    if (!isAnyoneThere && (plan.willFound || (isCertain && ++emptyRounds >= JOIN_ROUNDS))) {
      return false;
    }
    const isFirst = answers.every((answer) => givesWay(answer, plan.id));
    if (plan.willFound && isFirst && round >= JOIN_ROUNDS) {
      if (barred !== undefined) throw barred;
      return false;
    }
    if (ports.clock.now() >= giveUpAt) {
      if (!isAnyoneThere) return false;
      throw new ClusterError(
        "NO_CLUSTER",
        `No cluster let this node in within ${JOIN_MS} ms: ${lastReasons(plan, answers)}`,
      );
    }
    const backOffMs = Math.min(JOIN_BACK_OFF_MS * 2 ** Math.min(round++, 3), leftMs());
    await sleep(ports.clock, backOffMs);
    if (plan.isOver()) return false;
  }
}

/**
 * Why this node can go no further: it would found beside addresses that it may not ask, or may ask
 * none.
 */
function notPermitted(plan: JoinPlan, answers: readonly JoinAnswer[]): ClusterError | undefined {
  const isOne = (answer: JoinAnswer) => answer.outcome === "not-asked";
  if (!answers.some(isOne) || (!plan.willFound && !answers.every(isOne))) return undefined;
  const where = answers.flatMap((answer, at) =>
    isOne(answer) ? [`${formatAddress(plan.addresses[at] as Address)} (${reasonOf(answer)})`] : []
  );
  const what = plan.willFound ? "Cannot tell whether there is a cluster at" : "Cannot connect to";
  return new ClusterError("NOT_PERMITTED", `${what} ${where.join(", ")}`);
}

/** Whether that node will not found a cluster before this one does. */
function givesWay(answer: JoinAnswer, self: NodeId): boolean {
  if (answer.outcome !== "not-yet") return true;
  const { joining } = answer;
  return joining !== undefined && (!joining.founds || (isId(joining.node) && joining.node > self));
}

function lastReasons(plan: JoinPlan, answers: readonly JoinAnswer[]): string {
  return answers.map((answer, at) =>
    `${formatAddress(plan.addresses[at] as Address)} (${reasonOf(answer)})`
  ).join(", ");
}

/** What the answer to a join says of the cluster. */
export interface Joined {
  cluster: ClusterId;
  leadership: LeaderInfo;
  members: unknown[];
}

/**
 * Reads the answer to a join; the records in it are judged by membership.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it is malformed.
 */
export function parseJoined(message: Message): Joined {
  const { cluster, members } = message;
  const leadership = parseLeadership(message);
  if (!isId(cluster) || leadership === undefined || !Array.isArray(members)) {
    throw new ClusterError(
      "BAD_MESSAGE",
      'A "joined" needs "cluster", "master", "term", "voters", "learners" and "members"',
    );
  }
  return { cluster, leadership, members };
}
