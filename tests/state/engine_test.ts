import {
  ClusterError,
  type JsonObject,
  type NodeId,
  parseAddress,
  sleep,
} from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import type { Node } from "../../lib/mod.ts";
import { FailoverClient, MemberEngine } from "../../lib/node/mod.ts";
import {
  type AnswerTo,
  type Attempt,
  EmbeddedEngine,
  noQuorum,
  type StateRequest,
  type StateRoute,
  type WatchOutcome,
  type WatchQuestion,
} from "../../lib/state/mod.ts";
import { PROTOCOL_1_TABLES, State, Watches } from "../../lib/state/store/mod.ts";
import { LocalCluster } from "../support/local_cluster.ts";
import { engineConformance, type EnginesUnderTest } from "./engine_conformance.ts";

/**
 * A way to a copy in this process, which loses the answer to every third command that it has done.
 */
class LossyRoute implements StateRoute {
  readonly isOver = false;
  readonly isMajorityDead = false;
  readonly leader = "n1";
  readonly #state = new State();
  readonly #watches = new Watches(this.#state);
  readonly #wakers = new Map<string, () => void>();
  #index = 0;
  #lastWatch = 0;

  replicas(): readonly NodeId[] {
    return ["n1"];
  }

  ask<Request extends StateRequest>(
    _node: NodeId,
    request: Request,
  ): Attempt<AnswerTo<Request>> {
    const { promise, resolve, reject } = Promise.withResolvers<AnswerTo<Request>>();
    const ending = new AbortController();
    const giveUp = () => {
      ending.abort();
      reject(new ClusterError("CANCELLED", "given up"));
    };
    (this.#answer(request, ending) as Promise<AnswerTo<Request>>).then(resolve, reject);
    return { answer: promise, giveUp };
  }

  failedBy(): void {}

  noLeader(cause: unknown, isUnknown: boolean): ClusterError {
    return noQuorum({ silent: [], left: [] }, cause, isUnknown);
  }

  status(): JsonObject {
    return { ...this.#state.status() };
  }

  async #answer(request: StateRequest, ending: AbortController): Promise<unknown> {
    switch (request.op) {
      case "get":
        return this.#state.get(request.key, request);
      case "list":
        return this.#state.list(request.prefix, request);
      case "watch":
        return await this.#watch(request, ending);
    }
    const { command } = request;
    if (PROTOCOL_1_TABLES.find(command.type)?.rule.proposedBy !== "clients") {
      throw new ClusterError("BAD_REQUEST", "That is the leader's alone");
    }
    const { outcome, events } = this.#state.apply(++this.#index, command);
    for (const id of this.#watches.feed(events)) this.#wakers.get(id)?.();
    const isLost = command.sequence !== undefined && this.#index % 3 === 0;
    if (isLost) throw new ClusterError("UNREACHABLE", "The answer was lost");
    return outcome;
  }

  async #watch(question: WatchQuestion, ending: AbortController): Promise<WatchOutcome> {
    const id = `${++this.#lastWatch}`;
    const added = this.#watches.add(id, question);
    const { revision } = this.#state;
    if (!added.ok) return { ok: false, revision, error: added.error };
    if (!added.isReady) {
      this.#wakers.set(id, () => ending.abort());
      await sleep(systemPorts().clock, Math.min(question.waitMs ?? 100, 100), ending.signal);
    }
    const news = this.#watches.take(id);
    this.#watches.remove(id);
    if (news === undefined || !news.ok) throw new ClusterError("SHUTTING_DOWN", "Ask again");
    return { ...news, revision: this.#state.revision };
  }
}

engineConformance("embedded, over a way that loses answers", () => {
  const engine = new EmbeddedEngine(systemPorts().clock, new LossyRoute());
  return Promise.resolve({
    first: engine,
    second: engine,
    [Symbol.asyncDispose]: () => Promise.resolve(engine.stop()),
  });
});

/** Each through a member: what that has is its own embedded engine. */
async function throughMembers(
  cluster: LocalCluster,
  first: Node,
  second: Node,
): Promise<EnginesUnderTest> {
  const ports = systemPorts();
  const connect = (to: Node) => FailoverClient.connect(ports, [parseAddress(to.address)]);
  const clients = [await connect(first), await connect(second)] as const;
  const [one, other] = clients.map((client) => new MemberEngine(ports.clock, client)) as [
    MemberEngine,
    MemberEngine,
  ];
  return {
    first: one,
    second: other,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

engineConformance("embedded, of one node", async () => {
  const cluster = new LocalCluster();
  const node = await cluster.found();
  return await throughMembers(cluster, node, node);
});

engineConformance("embedded, of three nodes, at the leader and elsewhere", async () => {
  const cluster = new LocalCluster();
  const [leader, , other] = await cluster.start("a", "b", "c") as [Node, Node, Node];
  return await throughMembers(cluster, leader, other);
});
