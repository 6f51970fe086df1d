import {
  type Address,
  ClusterError,
  composedName,
  formatAddress,
  isJsonObject,
  type Link,
  type Message,
  type Millis,
  parseAddress,
  Signal,
} from "../core/mod.ts";
import { FOUNDING_WAIT_MS, TWIN_MS } from "./limits.ts";
import { leadershipMessage, withFolderTag } from "../consensus/mod.ts";
import { type ForcedCluster, forceNewCluster } from "./force_new_cluster.ts";
import { ExpectBootstrap, GATHER } from "./expect_bootstrap.ts";
import { type Hello, helloMessage, type Messages, type Welcome } from "../transport/mod.ts";
import { numberOf } from "../wire/mod.ts";
import { AddressCheck } from "./address_check.ts";
import { Admission } from "./admission.ts";
import type { BootstrapParts, BootstrapPlan } from "./bootstrap_plan.ts";
import { Callers } from "./callers.ts";
import { joinCluster, parseJoined } from "./join.ts";
import { IdentityKeeper, identityOf, type KeptIdentity } from "./kept_identity.ts";
import type { SelfDescription } from "../membership/swim/mod.ts";
import type { ClusterIdentity, NodeContext } from "../part/mod.ts";
import { refusedReturn, rejoinCluster } from "./rejoin.ts";
import { findTwin, runsElsewhere, TwinWatch, watchFormer } from "./twin.ts";

/** A node's way into a cluster: back to its own, into another's, or into one that it founds. */
export class Bootstrap {
  /** Its name among the parts. */
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
      receive: (connection, message) => void this.#admission.admit(connection, message),
    },
    "address-check": {
      from: "member",
      receive: (_, message) => this.addressCheck.receive(message),
    },
  };
  /** The node is a member from now on; told once. */
  readonly onMember: Signal<[identity: ClusterIdentity]> = new Signal();
  /** Members that dialled this node while it joins. */
  readonly callers: Callers;
  /** Whether members can be dialled at the addresses that they give. */
  readonly addressCheck: AddressCheck;
  /** Keeps who the node is. */
  readonly keeper: IdentityKeeper;
  readonly #context: NodeContext;
  readonly #plan: BootstrapPlan;
  readonly #kept: KeptIdentity | undefined;
  readonly #below: BootstrapParts;
  readonly #admission: Admission;
  readonly #twins: TwinWatch;
  readonly #startedAt: Millis;
  /** Aborted when the node is a member no more. */
  readonly #over = new AbortController();
  /** While this node waits for those with whom it founds. */
  #gathering: ExpectBootstrap | undefined;
  #isFounder = false;

  /**
   * Belongs to no cluster yet.
   *
   * @param kept who the node was in its life before this one, if it had one.
   * @param below the parts that it leads into a cluster.
   */
  constructor(
    context: NodeContext,
    plan: BootstrapPlan,
    kept: KeptIdentity | undefined,
    below: BootstrapParts,
  ) {
    const { ports, store } = context;
    const { local, membership, consensus, peers } = below;
    this.#context = context;
    this.#plan = plan;
    this.#kept = kept;
    this.#below = below;
    this.#startedAt = ports.clock.now();
    this.callers = new Callers(ports.clock, () => local.place.isElsewhere(plan.named));
    this.addressCheck = new AddressCheck(context, membership, peers);
    this.#admission = new Admission(context, membership, consensus, this.addressCheck);
    this.keeper = new IdentityKeeper(
      store,
      ports.clock,
      () => this.#identity(),
      (error) => context.fail(ClusterError.from(error)),
    );
    this.#twins = new TwinWatch(ports, local, (error) => context.fail(error));
    membership.onElsewhere.subscribe((address) => void this.#twins.look(address));
    local.onReaddress.subscribe(() => {
      // The same member says more of itself: whatever it leads, holds or waits for goes on.
      const cause = "a link to another member showed its address";
      membership.step({ type: "readdress", ...local.self, cause });
      this.keeper.saveOrStop();
    });
  }

  /** Ends what it does to get into a cluster, and keeps a last time who the node is. */
  stop(): void {
    this.#over.abort();
    this.keeper.stop();
    this.addressCheck.stop();
  }

  /**
   * Takes the place that the node had, joins a cluster, or founds one, as its options say.
   *
   * @throws {ClusterError} `NO_CLUSTER` when nobody answered, or what the cluster refused with.
   */
  async enter(): Promise<void> {
    const { join, makeMasterOnError, expect } = this.#plan;
    if (this.#kept !== undefined) return await this.#resume(this.#kept);
    if (this.#plan.forceNewCluster) {
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
    const former = [...this.callers.passedBy];
    return former.length === 0
      ? ""
      : `; the cluster that this node left in order is at ${former.join(", ")}`;
  }

  /** Answers another node that waits for those with whom it founds. */
  #gatherAnswer(message: Message): Message {
    return this.#gathering?.answer(message) ??
      { type: GATHER, cluster: this.#below.local.cluster ?? null };
  }

  #found(): void {
    this.#enter({ cluster: this.#context.ports.ids.next(), isFounder: true });
  }

  /**
   * Takes its place in a cluster: it is a member when this returns. Once in the life of a process.
   */
  #enter(identity: ClusterIdentity): void {
    this.#below.membership.enter(identity.cluster, this.#description());
    this.#below.local.cluster = identity.cluster;
    this.#isFounder = identity.isFounder;
    // Nothing may be promised under an identity that a crash could take away.
    this.keeper.save();
    this.onMember.emit(identity);
  }

  /** What the node says of itself when it joins. */
  #description(): SelfDescription {
    const { local: { self }, registry } = this.#below;
    const incarnation = (this.#kept?.incarnation ?? 0) + 1;
    const tags = withFolderTag(this.#plan.tags, this.#context.store.isDurable);
    return { ...self, tags, services: registry.names, incarnation };
  }

  #identity(): KeptIdentity | undefined {
    const { local: { self }, membership, consensus: { view: { voters } }, names } = this.#below;
    const { cluster } = membership;
    if (cluster === undefined) return undefined;
    const known = { cluster, isFounder: this.#isFounder, membership: membership.machine, voters };
    return identityOf({ self, ...known, names, kept: this.#kept });
  }

  /** Founds together with the others that are expected, or joins those of them who have. */
  async #gather(expected: number): Promise<void> {
    const { join, joinsNobody } = this.#plan;
    const gathering = new ExpectBootstrap({
      ports: this.#context.ports,
      addresses: join,
      expected,
      self: () => this.#context.self,
      isCalled: () => !joinsNobody && this.callers.areThere,
      progress: (present, message) =>
        this.#context.events.emit({ event: "gathering", expected, present: [...present], message }),
    });
    this.#gathering = gathering;
    while (true) {
      const outcome = await gathering.run(this.#over.signal);
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
   * Joins through members that dial this node: it was one of theirs before it was started anew, and
   * a cluster that it founded now would be a second one.
   */
  async #joinCallers(tried: string[]): Promise<boolean> {
    const { joinsNobody, port, advertise } = this.#plan;
    if (joinsNobody) return false;
    // Nobody can know a port that the system has just given.
    const waitMs = port === 0 && advertise === undefined ? 0 : FOUNDING_WAIT_MS;
    const foundsAt = this.#startedAt + waitMs;
    while (true) {
      const addresses = await this.callers.next(foundsAt, this.#over.signal);
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
    return joinCluster(this.#context.ports, {
      id: this.#context.id,
      addresses,
      willFound,
      hello: helloMessage({ role: "member", channel: "control", node: this.#context.self }),
      life: this.#below.local.life,
      request: (link) => {
        const { local, local: { place } } = this.#below;
        if (place.isGuessing) local.introduce(place.seenThrough(link));
        return { type: "join", id: 1, member: this.#description() };
      },
      enter: (link, welcome, joined) => {
        this.#checkJoining();
        const { cluster, leadership } = parseJoined(joined);
        this.#below.consensus.expect(leadership);
        this.#enter({ cluster, isFounder: false });
        this.#joinedThrough(link, welcome, joined);
      },
      isOver: () => this.#context.phase !== "joining",
      attempted: (address, ok, message) => {
        tried.push(`${address} (${message})`);
        const told = message + (ok ? how : "");
        this.#context.events.emit({ event: "join-attempt", address, ok, message: told });
      },
    });
  }

  /** Takes the place that the node had: it is a member at once, and shows itself to the others. */
  async #resume(kept: KeptIdentity): Promise<void> {
    const { cluster, isFounder } = kept;
    await this.#checkAlone(kept);
    const forced = this.#plan.forceNewCluster
      ? forceNewCluster(this.#context.store, this.#context.id)
      : undefined;
    const { local, local: { place } } = this.#below;
    if (place.isGuessing) local.introduce(place.keptAt(kept.address));
    this.#enter({ cluster, isFounder });
    const { address, name } = this.#context.self;
    if (kept.address !== address) this.#watchFormer(parseAddress(kept.address));
    // Who was at the address that is ours now has moved, or is gone; else the others will tell.
    const members = kept.members.filter((member) =>
      isJsonObject(member) && member["address"] !== address &&
      composedName(String(member["name"])) !== name
    );
    this.#below.membership.step({ type: "join", members });
    if (forced !== undefined) this.#forced(forced);
    const rejoining = rejoinCluster(this.#context.ports, {
      id: this.#context.id,
      addresses: this.#plan.join,
      self: address,
      hello: helloMessage({
        role: "member",
        channel: "control",
        cluster,
        node: this.#context.self,
      }),
      life: this.#below.local.life,
      request: () => ({ type: "join", id: 1, member: this.#description() }),
      enter: (link, welcome, joined) => this.#joinedThrough(link, welcome, joined),
      signal: this.#over.signal,
      hasCompany: () => this.#below.peers.connected > 0,
      attempted: (tried, ok, message) =>
        this.#context.events.emit({ event: "join-attempt", address: tried, ok, message }),
    });
    rejoining.catch((thrown) => {
      const error = refusedReturn(thrown, cluster);
      this.#context.fail(error);
    });
  }

  /**
   * Of a folder and its copy only one may run: asks where the node was before, unless it is there
   * itself.
   */
  async #checkAlone({ address, id }: KeptIdentity): Promise<void> {
    const { local } = this.#below;
    if (local.place.isAt(address)) return;
    const where = parseAddress(address);
    if (await findTwin(this.#context.ports, where, local, TWIN_MS) !== undefined) {
      throw runsElsewhere(where, id);
    }
    this.#checkJoining();
  }

  /**
   * It has moved, or its folder is a copy: should the original be started where it was, one of the
   * two stops.
   */
  #watchFormer(former: Address): void {
    const { local } = this.#below;
    const hello = () => {
      const { cluster, self: node } = local;
      return helloMessage({ role: "member", channel: "control", cluster, node });
    };
    watchFormer(this.#context.ports, former, local, hello, this.#over.signal);
  }

  /**
   * Who says that it is this very node, at another address, may be one from a copy of its folder.
   */
  metItself(hello: Hello | undefined): void {
    const { cluster, self, place } = this.#below.local;
    if (this.#over.signal.aborted) return;
    const { address } = hello?.node ?? self;
    const isElsewhere = address !== self.address && address !== place.listening;
    if (isElsewhere && hello?.cluster === cluster) void this.#twins.look(address);
  }

  /** This node is the only voter now: says what that may have cost, and keeps the others out. */
  #forced({ lostVoters, lastIndex }: ForcedCluster): void {
    const { membership, consensus } = this.#below;
    const names = lostVoters.map((id) => consensus.nameOf(id));
    this.#context.events.emit({
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
    const { membership, consensus } = this.#below;
    const { leadership, members } = parseJoined(joined);
    this.#below.local.learn(link);
    const { id, name, address } = welcome.node;
    const peer = { role: "member", node: id, name, channel: "control" } as const;
    this.#below.peers.accept(this.#below.connections.establish(link, peer), address);
    membership.step({ type: "join", members, through: id });
    consensus.leaderTold(id, leadershipMessage(leadership));
    membership.welcomed(joined);
    // A crash in the next moment must find somebody to come back to. The link is in use by now:
    // whoever asked to join must not hear of a failure, and close it as if it were still theirs.
    this.keeper.saveOrStop();
  }

  #checkJoining(): void {
    if (this.#context.phase === "joining") return;
    throw new ClusterError("SHUTTING_DOWN", "Told to leave while joining", { retryable: false });
  }
}

function falseIfRetryable(error: unknown): false {
  if (error instanceof ClusterError && error.retryable) return false;
  throw error;
}
