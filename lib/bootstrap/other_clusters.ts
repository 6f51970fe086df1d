import {
  type Clock,
  type ClusterId,
  type Millis,
  type NodeId,
  parseAddress,
  RateLimit,
  STRANGER_REDIAL_MS,
} from "../core/mod.ts";
import { OTHER_CLUSTER_TOLD_MS, OTHER_CLUSTERS } from "./limits.ts";
import { isLive } from "../membership/swim/mod.ts";
import { flagsOf, type NodeCore } from "../node/mod.ts";
import type { EventSink } from "../wire/mod.ts";
import type { Hello } from "../transport/mod.ts";

/** The notes on other clusters of a node. */
export function otherClustersOf(core: NodeCore): OtherClusters {
  const members = () => core.membership.members();
  return new OtherClusters({
    clock: core.ports.clock,
    events: core.events,
    cluster: () => core.cluster,
    address: () => core.self.address,
    flags: () =>
      flagsOf(core.options, parseAddress(core.local.place.listening).port, core.store.isDurable),
    nameOf: (node) => members().find(({ id }) => id === node)?.name ?? node,
    isTaken: (where) => members().some(({ address, state }) => address === where && isLive(state)),
  });
}

/** What is known of another cluster whose members and this node meet at an address. */
interface Met {
  readonly cluster: ClusterId | undefined;
  /** Of its members that dialled this node, or where it answered in a member's place. */
  readonly addresses: Set<string>;
  seenAt: Millis;
  /** How often people hear of it. */
  readonly telling: RateLimit;
}

/** What the notes on other clusters need of the node. */
export interface OtherClustersOwner {
  readonly clock: Clock;
  readonly events: EventSink;
  /** This node's cluster. */
  cluster(): ClusterId | undefined;
  /** The flags that start a node at this node's address, without the way in. */
  flags(): string;
  /** Where this node is dialled. */
  address(): string;
  /** What people call a member. */
  nameOf(node: NodeId): string;
  /** Whether a live member of this cluster is at that address. */
  isTaken(address: string): boolean;
}

/**
 * Two clusters that meet at one address: a node that was started anew founded one of its own, and those
 * it was with before look for it there. Both sides say so, seldom, with what to do about it.
 */
export class OtherClusters {
  readonly #owner: OtherClustersOwner;
  /** Clusters whose members dialled this node, by their id; at most `OTHER_CLUSTERS`. */
  readonly #dialling = new Map<string, Met>();
  /** Members in whose place another cluster answered, by address; at most `OTHER_CLUSTERS`. */
  readonly #answering = new Map<string, Met & { name: string }>();

  constructor(owner: OtherClustersOwner) {
    this.#owner = owner;
  }

  /** A member of another cluster dialled this node, and was sent away. */
  dialled({ cluster, node }: Pick<Hello, "cluster" | "node">): void {
    if (cluster === undefined || node === undefined) return;
    const met = this.#meet(this.#dialling, cluster, { cluster, addresses: new Set() });
    if (met.addresses.size < OTHER_CLUSTERS) met.addresses.add(node.address);
    this.#tell(met, this.#dialledText(met));
  }

  /**
   * Where a member was another cluster answered.
   *
   * @param cluster which, if its node said so.
   */
  answered(member: NodeId, address: string, cluster: ClusterId | undefined): void {
    const name = this.#owner.nameOf(member);
    const first = { cluster, addresses: new Set([address]), name };
    const met = this.#meet(this.#answering, address, first);
    this.#tell(met, this.#answeredText(met));
  }

  /** What a person should know: of what was met within the time of two dials. */
  notes(): string[] {
    const since = this.#owner.clock.now() - 2 * STRANGER_REDIAL_MS;
    const answering = [...this.#answering]
      .filter(([address, { seenAt }]) => seenAt > since && !this.#owner.isTaken(address))
      .map(([, met]) => this.#answeredText(met));
    const dialling = [...this.#dialling.values()].filter(({ seenAt }) => seenAt > since)
      .map((met) => this.#dialledText(met));
    return [...answering, ...dialling];
  }

  #dialledText({ cluster, addresses }: Met): string {
    const where = [...addresses].join(",");
    return `Members of another cluster, ${cluster}, look for one of theirs at this node's address: ` +
      `${where.replaceAll(",", ", ")}. This node is of ${this.#owner.cluster()}; to rejoin them, ` +
      `end it and start it with: muster ${this.#owner.flags()} --clusterip ${where}`;
  }

  #answeredText({ cluster, addresses, name }: Met & { name: string }): string {
    const [address = ""] = addresses;
    const port = address.slice(address.lastIndexOf(":") + 1);
    const member = name === address ? "a member" : name;
    return `At ${address}, where ${member} was, a node of another cluster` +
      `${
        cluster === undefined ? "" : `, ${cluster},`
      } listens; to have it in this one, end it and ` +
      `start it with: muster --myport ${port} --clusterip ${this.#owner.address()}`;
  }

  #meet<T extends Met>(all: Map<string, T>, key: string, first: Omit<T, "seenAt" | "telling">): T {
    const { clock } = this.#owner;
    let met = all.get(key);
    if (met === undefined || met.cluster !== first["cluster"]) {
      met = { ...first, seenAt: 0, telling: new RateLimit(1, OTHER_CLUSTER_TOLD_MS) } as T;
    }
    met.seenAt = clock.now();
    // In the order of the last meeting: the one that was not met for longest gives way.
    all.delete(key);
    all.set(key, met);
    const [oldest] = all.keys();
    if (all.size > OTHER_CLUSTERS && oldest !== undefined) all.delete(oldest);
    return met;
  }

  #tell(met: Met, message: string): void {
    if (!met.telling.take(met.seenAt)) return;
    this.#owner.events.emit({ event: "warning", code: "OTHER_CLUSTER", message });
  }
}
