import {
  type Address,
  ClusterError,
  type ClusterId,
  DIAL_MS,
  formatAddress,
  isId,
  JOIN_BACK_OFF_MS,
  JOIN_MS,
  JOIN_ROUNDS,
  type Link,
  type LinkFailure,
  type Message,
  type NodeId,
  type Ports,
} from "../../core/mod.ts";
import type { Welcome } from "../links/handshake.ts";
import { type LeadershipView, parseLeadership } from "../governing/leadership.ts";
import { openLink } from "../links/open_link.ts";
import { isOfTwin, runsElsewhere } from "./twin.ts";

/** What one address answered to a join. */
export type JoinAnswer =
  | { outcome: "joined"; through: string }
  /** Nobody is there, or only this node itself. */
  | { outcome: "no-answer"; reason: string }
  /** Somebody is there who may say yes later. */
  | { outcome: "not-yet"; reason: string; joining?: Joining }
  /** The cluster says no. */
  | { outcome: "refused"; error: ClusterError };

/** A node that is still joining itself, as its refusal says. */
interface Joining {
  node: unknown;
  /** Whether it founds a cluster when nobody lets it in. */
  founds: boolean;
}

/** How to join. */
export interface JoinPlan {
  /** Who joins. */
  id: NodeId;
  /** In which process. */
  life: string;
  addresses: readonly Address[];
  /** The hello of a node that belongs to no cluster yet. */
  hello: Message;
  /** The request to join, made when the link is there: it shows this node's address to the other. */
  request(link: Link): Message;
  /**
   * A member let this node in. Called while its answer is being read: what follows on the link may
   * come in the same turn, so the link gets its owner here. What it throws refuses the answer, and the
   * link has no owner then.
   */
  enter(link: Link, welcome: Welcome, joined: Message): void;
  /** Whether the node has been told to leave meanwhile. */
  isOver(): boolean;
  /** Told of each attempt. */
  attempted(address: string, ok: boolean, message: string): void;
  /** Whether the founding of a cluster follows when nobody answers: one round is enough then. */
  willFound: boolean;
}

/**
 * Tries the addresses in turn, for a few rounds, until one of them leads into a cluster.
 *
 * Nobody who answers: `JOIN_ROUNDS` rounds and it is given up. Somebody who answers "not yet" (a node
 * that is still joining itself): it is tried again until `JOIN_MS` have passed. Of several that would found
 * a cluster and only find each other, the one with the smallest id does; the others wait for it.
 *
 * @returns whether a member let this node in; `false` also when it was told to leave meanwhile.
 * @throws {ClusterError} what the cluster refused with, or `NO_CLUSTER` when it did not get ready in time.
 */
export async function joinCluster(ports: Ports, plan: JoinPlan): Promise<boolean> {
  const giveUpAt = ports.clock.now() + JOIN_MS;
  let round = 0;
  let silentRounds = 0;
  while (true) {
    const answers: JoinAnswer[] = [];
    for (const address of plan.addresses) {
      const answer = await askToJoin(ports, address, plan);
      const reason = answer.outcome === "joined"
        ? `joined through ${answer.through}`
        : answer.outcome === "refused"
        ? answer.error.message
        : answer.reason;
      plan.attempted(formatAddress(address), answer.outcome === "joined", reason);
      if (answer.outcome === "joined") return true;
      if (plan.isOver()) return false;
      if (answer.outcome === "refused") throw answer.error;
      answers.push(answer);
    }
    const isAnyoneThere = answers.some((answer) => answer.outcome === "not-yet");
    if (!isAnyoneThere && (plan.willFound || ++silentRounds >= JOIN_ROUNDS)) return false;
    const isFirst = answers.every((answer) => givesWay(answer, plan.id));
    if (plan.willFound && isFirst && round >= JOIN_ROUNDS) return false;
    if (ports.clock.now() >= giveUpAt) {
      throw new ClusterError(
        "NO_CLUSTER",
        `No cluster let this node in within ${JOIN_MS} ms: ${lastReasons(plan, answers)}`,
      );
    }
    const backOffMs = JOIN_BACK_OFF_MS * 2 ** Math.min(round++, 3);
    await new Promise<void>((resolve) => ports.clock.setTimer(backOffMs, resolve));
    if (plan.isOver()) return false;
  }
}

/** Whether that node will not found a cluster before this one does. */
function givesWay(answer: JoinAnswer, self: NodeId): boolean {
  if (answer.outcome !== "not-yet") return true;
  const { joining } = answer;
  return joining !== undefined && (!joining.founds || (isId(joining.node) && joining.node > self));
}

function lastReasons(plan: JoinPlan, answers: readonly JoinAnswer[]): string {
  return answers.map((answer, at) =>
    `${formatAddress(plan.addresses[at] as Address)} (${"reason" in answer ? answer.reason : ""})`
  ).join(", ");
}

function askToJoin(ports: Ports, address: Address, plan: JoinPlan): Promise<JoinAnswer> {
  return new Promise((resolve) => {
    openLink(ports, address, plan.hello, DIAL_MS, {
      failed: (failure, refusal) => resolve(answerOf(plan, address, failure, refusal)),
      opened: (link, welcome) => {
        const giveUp = (answer: JoinAnswer, reason: string) => {
          link.attach({ closed: () => resolve(answer), message: () => {} });
          link.close(reason);
        };
        const timer = ports.clock.setTimer(DIAL_MS, () => {
          const reason = `no answer to the join within ${DIAL_MS} ms`;
          giveUp({ outcome: "no-answer", reason }, reason);
        });
        // Messages of the cluster may come before the answer: they are early gossip, and repeated.
        link.attach({
          closed: (failure) => {
            timer.cancel();
            resolve({ outcome: "no-answer", reason: failure.message });
          },
          message: (message) => {
            if (message.type !== "joined" && message.type !== "error") return;
            timer.cancel();
            try {
              if (message.type === "error") throw ClusterError.from(message);
              plan.enter(link, welcome, message);
              resolve({ outcome: "joined", through: welcome.node.name });
            } catch (error) {
              const refusal = error instanceof ClusterError ? error : ClusterError.from(error);
              const failure = { kind: "rejected", message: "" } as const;
              giveUp(answerOf(plan, address, failure, refusal), refusal.message);
            }
          },
        });
        link.send(plan.request(link));
      },
    });
  });
}

function answerOf(
  plan: JoinPlan,
  address: Address,
  failure: LinkFailure,
  refusal: ClusterError | undefined,
): JoinAnswer {
  if (refusal === undefined) return { outcome: "no-answer", reason: failure.message };
  if (isOfTwin(refusal, plan)) {
    return { outcome: "refused", error: runsElsewhere(address, plan.id) };
  }
  if (refusal.code === "SELF") {
    return { outcome: "no-answer", reason: "that is this node itself" };
  }
  // What answers in some other protocol is no cluster, whatever it says.
  if (refusal.code === "BAD_MESSAGE") return { outcome: "no-answer", reason: refusal.message };
  if (refusal.retryable) {
    const { node, founds } = refusal.details ?? {};
    const joining = typeof founds === "boolean" ? { joining: { node, founds } } : {};
    return { outcome: "not-yet", reason: refusal.message, ...joining };
  }
  return { outcome: "refused", error: refusal };
}

/** What the answer to a join says of the cluster. */
export interface Joined {
  cluster: ClusterId;
  leadership: LeadershipView;
  members: unknown[];
  guests: unknown[];
}

/**
 * Reads the answer to a join; the records in it are judged by membership.
 *
 * @throws {ClusterError} `BAD_MESSAGE` when it is malformed.
 */
export function parseJoined(message: Message): Joined {
  const { cluster, members, guests } = message;
  const leadership = parseLeadership(message);
  if (!isId(cluster) || leadership === undefined || !Array.isArray(members)) {
    throw new ClusterError(
      "BAD_MESSAGE",
      'A "joined" needs "cluster", "master", "term", "voters", "learners" and "members"',
    );
  }
  return { cluster, leadership, members, guests: Array.isArray(guests) ? guests : [] };
}
