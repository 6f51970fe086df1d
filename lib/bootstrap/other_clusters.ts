import {
  type ClusterId,
  type Millis,
  type NodeId,
  RateLimit,
  STRANGER_REDIAL_MS,
} from "../core/mod.ts";
import { OTHER_CLUSTER_TOLD_MS, OTHER_CLUSTERS } from "./limits.ts";
import { isLive } from "../membership/swim/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { Hello } from "../transport/mod.ts";

/** What is known of another cluster whose members and this node meet at an address. */
interface Met {
  readonly cluster: ClusterId | undefined;
  /** Of its members that dialled this node, or where it answered in a member's place. */
  readonly addresses: Set<string>;
  seenAt: Millis;
  /** How often people hear of it. */
  readonly telling: RateLimit;
}

/**
 * Two clusters that meet at one address: a node that was started anew founded one of its own, and
 * those it was with before look for it there. Both sides say so, seldom, with what to do about it.
 */
export class OtherClusters {
  readonly #context: NodeContext;
  readonly #membership: MembershipService;
  readonly #flags: () => string;
  /** Clusters whose members dialled this node, by their id; at most `OTHER_CLUSTERS`. */
  readonly #dialling = new Map<string, Met>();
  /** Members in whose place another cluster answered, by address; at most `OTHER_CLUSTERS`. */
  readonly #answering = new Map<string, Met & { name: string }>();

  /**
   * Has met nobody yet.
   *
   * @param flags those that start a node at this node's address, without the way in.
   */
  constructor(context: NodeContext, membership: MembershipService, flags: () => string) {
    this.#context = context;
    this.#membership = membership;
    this.#flags = flags;
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
    const name = this.#membership.member(member)?.name ?? member;
    const first = { cluster, addresses: new Set([address]), name };
    const met = this.#meet(this.#answering, address, first);
    this.#tell(met, this.#answeredText(met));
  }

  /** What a person should know: of what was met within the time of two dials. */
  notes(): string[] {
    const since = this.#context.ports.clock.now() - 2 * STRANGER_REDIAL_MS;
    const answering = [...this.#answering]
      .filter(([address, { seenAt }]) => seenAt > since && !this.#isTaken(address))
      .map(([, met]) => this.#answeredText(met));
    const dialling = [...this.#dialling.values()].filter(({ seenAt }) => seenAt > since)
      .map((met) => this.#dialledText(met));
    return [...answering, ...dialling];
  }

  /** Whether a live member of this cluster is at that address. */
  #isTaken(where: string): boolean {
    return this.#membership.members().some(({ address, state }) =>
      address === where && isLive(state)
    );
  }

  #dialledText({ cluster, addresses }: Met): string {
    const where = [...addresses].join(",");
    return `Members of another cluster, ${cluster}, look for one of theirs at this node's address: ` +
      `${
        where.replaceAll(",", ", ")
      }. This node is of ${this.#membership.cluster}; to rejoin them, ` +
      `end it and start it with: muster ${this.#flags()} --clusterip ${where}`;
  }

  #answeredText({ cluster, addresses, name }: Met & { name: string }): string {
    const [address = ""] = addresses;
    const port = address.slice(address.lastIndexOf(":") + 1);
    const member = name === address ? "a member" : name;
    return `At ${address}, where ${member} was, a node of another cluster` +
      `${
        cluster === undefined ? "" : `, ${cluster},`
      } listens; to have it in this one, end it and ` +
      `start it with: muster --myport ${port} --clusterip ${this.#context.self.address}`;
  }

  #meet<T extends Met>(all: Map<string, T>, key: string, first: Omit<T, "seenAt" | "telling">): T {
    const { clock } = this.#context.ports;
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
    this.#context.events.emit({ event: "warning", code: "OTHER_CLUSTER", message });
  }
}
