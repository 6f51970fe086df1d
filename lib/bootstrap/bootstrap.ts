import {
  type Address,
  ClusterError,
  composedName,
  formatAddress,
  FOUNDING_WAIT_MS,
  isJsonObject,
  type Link,
  type Message,
  parseAddress,
  TWIN_MS,
} from "../core/mod.ts";
import { leadershipMessage } from "../consensus/mod.ts";
import { type ForcedCluster, forceNewCluster } from "./force_new_cluster.ts";
import { ExpectBootstrap, GATHER } from "./expect_bootstrap.ts";
import { type Hello, helloMessage, type Messages, type Welcome } from "../transport/mod.ts";
import { numberOf } from "../wire/mod.ts";
import { admit } from "./admission.ts";
import { joinCluster, parseJoined } from "./join.ts";
import type { KeptIdentity } from "./kept_identity.ts";
import type { NodeCore } from "../node/mod.ts";
import { refusedReturn, rejoinCluster } from "./rejoin.ts";
import { findTwin, runsElsewhere, TwinWatch, watchFormer } from "./twin.ts";

/** A node's way into a cluster: back to the one it was in, into another's, or into one that it founds. */
export class Bootstrap {
  readonly name = "bootstrap";
  /** What nodes say that want to be members, or to found a cluster together. */
  readonly messages: Messages = {
    [GATHER]: {
      from: "anyone",
      receive: (connection, message) =>
        connection.send({ ...this.#gatherAnswer(message), ...numberOf(message) }),
    },
    "join": {
      from: "member",
      receive: (connection, message) => void admit(this.#core, connection, message),
    },
    "address-check": {
      from: "member",
      receive: (_, message) => this.#core.addressCheck.receive(message),
    },
  };
  readonly #core: NodeCore;
  readonly #twins: TwinWatch;
  /** While this node waits for those with whom it founds. */
  #gathering: ExpectBootstrap | undefined;

  /** @param core the node that wants to be a member. */
  constructor(core: NodeCore) {
    this.#core = core;
    this.#twins = new TwinWatch(core.ports, core, (error) => void core.end(error.message, error));
  }

  /**
   * Takes the place that the node had, joins a cluster, or founds one, as its options say.
   *
   * @throws {ClusterError} `NO_CLUSTER` when nobody answered, or what the cluster refused with.
   */
  async enter(): Promise<void> {
    const { join, makeMasterOnError, expect } = this.#core.options;
    if (this.#core.kept !== undefined) return await this.#resume(this.#core.kept);
    if (this.#core.options.forceNewCluster) {
      throw new ClusterError(
        "BAD_REQUEST",
        "--force-new-cluster needs a --data folder of a node that was a voter of the lost cluster",
      );
    }
    if (expect !== undefined) return await this.#gather(expect);
    const tried: string[] = [];
    if (await this.#join(join, makeMasterOnError, tried)) return;
    this.#checkJoining();
    if (await this.#joinCallers(tried)) return;
    if (makeMasterOnError) return this.#found();
    const problem = tried.length === 0
      ? "No member is named to join through"
      : `No cluster answered at ${[...new Set(tried)].join(", ")}`;
    throw new ClusterError(
      "NO_CLUSTER",
      `${problem}${this.#formerCluster()}; name a member that runs with --clusterip HOST:PORT, or become the master of a ` +
        "new cluster with --makeMasterOnError",
      { details: { tried: join.map(formatAddress) } },
    );
  }

  /** Whom this node left, and would be with again if its start named nobody else. */
  #formerCluster(): string {
    const former = [...this.#core.callers.passedBy];
    return former.length === 0
      ? ""
      : `; the cluster that this node left in order is at ${former.join(", ")}`;
  }

  /** Answers another node that waits for those with whom it founds. */
  #gatherAnswer(message: Message): Message {
    return this.#gathering?.answer(message) ??
      { type: GATHER, cluster: this.#core.cluster ?? null };
  }

  #found(): void {
    const cluster = this.#core.ports.ids.next();
    this.#core.enter({ cluster, isFounder: true });
  }

  /** Founds together with the others that are expected, or joins those of them who have. */
  async #gather(expected: number): Promise<void> {
    const { callers, joinsNobody, options: { join } } = this.#core;
    const gathering = new ExpectBootstrap({
      ports: this.#core.ports,
      addresses: join,
      expected,
      self: () => this.#core.self,
      isCalled: () => !joinsNobody && callers.areThere,
      progress: (present, message) =>
        this.#core.events.emit({ event: "gathering", expected, present: [...present], message }),
    });
    this.#gathering = gathering;
    while (true) {
      const outcome = await gathering.run(this.#core.over.signal);
      this.#checkJoining();
      // Whoever has the cluster may be gone again before we reach it: then the waiting goes on.
      if (outcome === "join") {
        if (await this.#join(join, true, []).catch(falseIfRetryable)) break;
      } else if (await this.#joinCallers([])) break;
      this.#checkJoining();
      if (outcome !== "found") continue;
      this.#found();
      break;
    }
    this.#gathering = undefined;
  }

  /**
   * Joins through members that dial this node: it was one of theirs before it was started anew, and a
   * cluster that it founded now would be a second one.
   */
  async #joinCallers(tried: string[]): Promise<boolean> {
    const { callers, over, joinsNobody, options: { port, advertise } } = this.#core;
    if (joinsNobody) return false;
    // Nobody can know a port that the system has just given.
    const waitMs = port === 0 && advertise === undefined ? 0 : FOUNDING_WAIT_MS;
    const foundsAt = this.#core.startedAt + waitMs;
    while (true) {
      const addresses = await callers.next(foundsAt, over.signal);
      this.#checkJoining();
      if (addresses.length === 0) return false;
      const how = ", which dialled this node as a member of its cluster";
      if (await this.#join(addresses, true, tried, how).catch(falseIfRetryable)) return true;
      this.#checkJoining();
    }
  }

  /** Tries to be let in through one of the addresses; `tried` gets what came of each. */
  #join(
    addresses: readonly Address[],
    willFound: boolean,
    tried: string[],
    how = "",
  ): Promise<boolean> {
    return joinCluster(this.#core.ports, {
      id: this.#core.id,
      addresses,
      willFound,
      hello: helloMessage({ role: "member", channel: "control", node: this.#core.self }),
      life: this.#core.life,
      request: (link) => {
        const { local, local: { place } } = this.#core;
        if (place.isGuessing) local.introduce(place.seenThrough(link));
        return { type: "join", id: 1, member: this.#core.description() };
      },
      enter: (link, welcome, joined) => {
        this.#checkJoining();
        const { cluster, leadership } = parseJoined(joined);
        this.#core.consensus.expect(leadership);
        this.#core.enter({ cluster, isFounder: false });
        this.#joinedThrough(link, welcome, joined);
      },
      isOver: () => this.#core.phase !== "joining",
      attempted: (address, ok, message) => {
        tried.push(`${address} (${message})`);
        const told = message + (ok ? how : "");
        this.#core.events.emit({ event: "join-attempt", address, ok, message: told });
      },
    });
  }

  /** Takes the place that the node had: it is a member at once, and shows itself to the others. */
  async #resume(kept: KeptIdentity): Promise<void> {
    const { cluster, isFounder } = kept;
    await this.#checkAlone(kept);
    const forced = this.#core.options.forceNewCluster
      ? forceNewCluster(this.#core.store, this.#core.id)
      : undefined;
    const { local, local: { place } } = this.#core;
    if (place.isGuessing) local.introduce(place.keptAt(kept.address));
    this.#core.enter({ cluster, isFounder });
    const { address, name } = this.#core.self;
    if (kept.address !== address) this.#watchFormer(parseAddress(kept.address));
    // Who was at the address, or had the name, that is ours now has moved, or is gone; should it be there
    // after all, the others tell.
    const members = kept.members.filter((member) =>
      isJsonObject(member) && member["address"] !== address &&
      composedName(String(member["name"])) !== name
    );
    this.#core.membership.step({ type: "join", members });
    if (forced !== undefined) this.#forced(forced);
    const rejoining = rejoinCluster(this.#core.ports, {
      id: this.#core.id,
      addresses: this.#core.options.join,
      self: address,
      hello: helloMessage({ role: "member", channel: "control", cluster, node: this.#core.self }),
      life: this.#core.life,
      request: () => ({ type: "join", id: 1, member: this.#core.description() }),
      enter: (link, welcome, joined) => this.#joinedThrough(link, welcome, joined),
      signal: this.#core.over.signal,
      hasCompany: () => this.#core.peers.connected > 0,
      attempted: (tried, ok, message) =>
        this.#core.events.emit({ event: "join-attempt", address: tried, ok, message }),
    });
    rejoining.catch((thrown) => {
      const error = refusedReturn(thrown, cluster);
      return this.#core.end(error.message, error);
    });
  }

  /** Of a folder and its copy only one may run: asks where the node was before, unless it is there itself. */
  async #checkAlone({ address, id }: KeptIdentity): Promise<void> {
    const { ports, local } = this.#core;
    if (local.place.isAt(address)) return;
    const where = parseAddress(address);
    if (await findTwin(ports, where, this.#core, TWIN_MS) !== undefined) {
      throw runsElsewhere(where, id);
    }
    this.#checkJoining();
  }

  /** It has moved, or its folder is a copy: should the original be started where it was, one of the two stops. */
  #watchFormer(former: Address): void {
    const core = this.#core;
    const hello = () => {
      const { cluster, self: node } = core;
      return helloMessage({ role: "member", channel: "control", cluster, node });
    };
    watchFormer(core.ports, former, core, hello, core.over.signal);
  }

  /** Who says that it is this very node, at another address, may be one from a copy of its folder. */
  metItself(hello: Hello | undefined): void {
    const { local: { cluster, self, place }, over } = this.#core;
    if (over.signal.aborted) return;
    const { address } = hello?.node ?? self;
    const isElsewhere = address !== self.address && address !== place.listening;
    if (isElsewhere && hello?.cluster === cluster) void this.#twins.look(address);
  }

  /** This node is the only voter now: says what that may have cost, and keeps the others out. */
  #forced({ lostVoters, lastIndex }: ForcedCluster): void {
    const { membership, consensus } = this.#core;
    const names = lostVoters.map((id) => consensus.nameOf(id));
    this.#core.events.emit({
      event: "warning",
      code: "NO_QUORUM",
      message:
        `THIS NODE WAS FORCED TO BE THE ONLY VOTER, from its log up to index ${lastIndex}: what ` +
        `was agreed on beyond that is lost. ${
          names.join(", ")
        } may come back only as new nodes, with ` +
        "empty folders. Start this node without --force-new-cluster from now on",
    });
    for (const node of lostVoters) membership.step({ type: "remove", node });
  }

  /** A member let this node in: its link is ours, and what it knows. */
  #joinedThrough(link: Link, welcome: Welcome, joined: Message): void {
    const { membership, consensus } = this.#core;
    const { leadership, members } = parseJoined(joined);
    this.#core.local.learn(link);
    const { id, name, address } = welcome.node;
    const peer = { role: "member", node: id, name, channel: "control" } as const;
    this.#core.peers.accept(this.#core.connections.establish(link, peer), address);
    membership.step({ type: "join", members, through: id });
    consensus.leaderTold(id, leadershipMessage(leadership));
    membership.welcomed(joined);
    // A crash in the next moment must find somebody to come back to. The link is in use by now: whoever
    // asked to join must not hear of a failure, and close it as if it were still theirs.
    this.#core.keeper.saveOrStop();
  }

  #checkJoining(): void {
    if (this.#core.phase === "joining") return;
    throw new ClusterError("SHUTTING_DOWN", "Told to leave while joining", { retryable: false });
  }
}

function falseIfRetryable(error: unknown): false {
  if (error instanceof ClusterError && error.retryable) return false;
  throw error;
}
