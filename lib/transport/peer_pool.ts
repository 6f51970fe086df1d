import {
  CALLS_WAITING,
  ClusterError,
  type ClusterId,
  CONTROL_QUEUE_MESSAGES,
  DIAL_MS,
  DRAIN_MS,
  isId,
  type LinkFailure,
  LINKS_TO_ALL,
  type Message,
  type NodeId,
  parseAddress,
  type Ports,
  Signal,
  type UnreachableKind,
} from "../core/mod.ts";
import { DialBackOff } from "./dial_back_off.ts";
import type { Connections } from "./connections.ts";
import { type Channel, helloMessage } from "./handshake.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { RateLimitedWarnings } from "./rate_limited_warnings.ts";
import { dial } from "./dial.ts";
import { unreachable, unreachableKind } from "./unreachable.ts";
import type { Connection } from "./connection.ts";
import { firstOpen, MemberLinks } from "./member_links.ts";
import type { Messages } from "./router.ts";
import { type Found, Strangers } from "./strangers.ts";

/** What is known of the members beside their links: set by who knows them. */
export interface AddressBook {
  /** Where a member is dialled for calls. */
  addressOf(node: NodeId): string | undefined;
  /** Whether who is gone left in order: it may have been started anew since, on its own. */
  hasLeftInOrder(node: NodeId): boolean;
}

/**
 * The links to the other members: one for control, one for data, dialled when they are needed.
 *
 * Calls go one way on a data link: each side dials its own. If both called over one, each could
 * stop to read until its replies are read, and neither would read again. Control links serve both
 * sides: two members that dial each other at once end up with two; both are read, the first is
 * written to. Past `LINKS_TO_ALL` members the links to those that were not used for longest are
 * closed in order, unless a call is under way.
 */
export class PeerPool {
  /** Its name among the parts. */
  readonly name = "peers";
  /** The end of a link, announced. */
  readonly messages: Messages = {
    "bye": {
      from: "anyone",
      receive: (connection, message) => {
        if (message["leaving"] === true) this.#leaves(connection);
        connection.hearBye("the other side said good-bye");
      },
    },
  };
  /** Where members are. */
  addressBook: AddressBook = { addressOf: () => undefined, hasLeftInOrder: () => false };
  /** There is a control link to a member, where there was none. */
  readonly onLinkMade: Signal<[node: NodeId]> = new Signal();
  /** The last control link to a member ended, not by us and not in order. */
  readonly onLinkBroken: Signal<[node: NodeId, kind: "reset" | "closed"]> = new Signal();
  /** Dialling a member failed. */
  readonly onUnreachable: Signal<[node: NodeId, kind: UnreachableKind]> = new Signal();
  /** At a member's address a node of another cluster answered; which, if it said so. */
  readonly onStranger: Signal<[node: NodeId, address: string, cluster: ClusterId | undefined]> =
    new Signal();
  /** A member refused us for good: an operator removed us. */
  readonly onRefused: Signal<[error: ClusterError]> = new Signal();
  readonly #ports: Ports;
  readonly #local: LocalIdentity;
  readonly #connections: Connections;
  readonly #warnings: RateLimitedWarnings;
  /** In the order of their last use, the oldest first. */
  readonly #peers = new Map<NodeId, MemberLinks>();
  readonly #strangers = new Strangers();
  readonly #backOff = new DialBackOff();
  /** Members that this program may not connect to, of which it was warned. */
  readonly #unpermitted = new Set<NodeId>();
  #isStopped = false;

  /**
   * Links to nobody yet.
   *
   * @param local who dials.
   * @param warnings of members that this program may not connect to.
   */
  constructor(
    ports: Ports,
    local: LocalIdentity,
    connections: Connections,
    warnings: RateLimitedWarnings,
  ) {
    this.#ports = ports;
    this.#local = local;
    this.#connections = connections;
    this.#warnings = warnings;
  }

  /** Members that there is a control link to. */
  get connected(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.control.size > 0) count++;
    return count;
  }

  /** Whether a member said good-bye on a link for our calls: it leaves, and takes no new ones. */
  isLeaving(node: NodeId): boolean {
    const peer = this.#peers.get(node);
    return peer !== undefined && peer.leavingUntil > this.#ports.clock.now();
  }

  /** A member said good-bye on a link for our calls, and that it is because it leaves. */
  #leaves(connection: Connection): void {
    const peer = this.#peers.get(connection.peer.node as NodeId);
    // It may have been told to stay: what it offers then says more than an old good-bye.
    if (peer?.data.has(connection) === true) peer.leavingUntil = this.#ports.clock.now() + DRAIN_MS;
  }

  /** Calls outstanding at a member, or on their way to it: its load, as far as this node knows. */
  loadOf(node: NodeId): number {
    return this.#peers.get(node)?.load ?? 0;
  }

  /**
   * Sends over the control link, dialling when there is none; best effort: what is sent to a member
   * whose address refused a moment ago is lost.
   *
   * @param address `""` for one that is not worth a dial: only a link that exists will do.
   * @param isLook whether it is to see if one of the gone is back: its sender spaces the dials, and
   * an agreement that still wants its vote must not make them seldom.
   */
  send(node: NodeId, address: string, message: Message, isLook = false): void {
    if (this.#isStopped || (address === "" && !this.#peers.has(node))) return;
    const peer = this.#touch(node, address);
    const connection = firstOpen(peer.control);
    if (connection !== undefined) connection.send(message);
    else if (address !== "" && this.#mayDial(node, peer, isLook)) {
      if (peer.queue.length < CONTROL_QUEUE_MESSAGES) peer.queue.push(message);
      this.#dial(node, peer, "control");
    }
  }

  /** Writes what waits on the control links, instead of at the end of this turn. */
  flush(): void {
    for (const { control } of this.#peers.values()) {
      for (const connection of control) connection.link.flush();
    }
  }

  /** Makes sure that there is a control link. */
  connect(node: NodeId, address: string): void {
    if (this.#isStopped) return;
    const peer = this.#touch(node, address);
    if (firstOpen(peer.control) !== undefined) return;
    if (this.#mayDial(node, peer)) this.#dial(node, peer, "control");
  }

  #mayDial(node: NodeId, peer: MemberLinks, isLook = false): boolean {
    const now = this.#ports.clock.now();
    const isTime = isLook
      ? this.#strangers.mayLook(peer.address, now)
      : this.#backOff.mayDial(node, peer.address, now);
    if (isTime) return true;
    this.#tidy(node, peer);
    return false;
  }

  /** Our data link, when there is one. */
  data(node: NodeId): Connection | undefined {
    const peer = this.#peers.get(node);
    return peer === undefined ? undefined : firstOpen(peer.data);
  }

  /** Our data link, dialled when there is none. */
  openData(node: NodeId): Promise<Connection> {
    if (this.#isStopped) {
      return Promise.reject(new ClusterError("SHUTTING_DOWN", "This node has left"));
    }
    const address = this.addressBook.addressOf(node);
    if (address === undefined) {
      return Promise.reject(new ClusterError("UNKNOWN_MEMBER", `No member has the id ${node}`));
    }
    const peer = this.#touch(node, address);
    const connection = firstOpen(peer.data);
    if (connection !== undefined) return Promise.resolve(connection);
    if (peer.waiting.length >= CALLS_WAITING) {
      return Promise.reject(
        new ClusterError("OVERLOADED", `${CALLS_WAITING} calls wait for a link`),
      );
    }
    const opened = Promise.withResolvers<Connection>();
    peer.waiting.push(opened);
    this.#dial(node, peer, "data");
    return opened.promise;
  }

  /** Takes a link that a member opened. */
  accept(connection: Connection, address: string): void {
    const node = connection.peer.node as NodeId;
    const peer = this.#touch(node, address);
    this.#unpermitted.delete(node);
    this.#strangers.forget(address);
    if (connection.peer.channel === "data") peer.served.add(connection);
    else this.#opened(node, peer, connection);
  }

  /** If the link was one to a member, it is over. */
  disconnected(connection: Connection, failure: LinkFailure): void {
    if (connection.peer.role !== "member") return;
    const node = connection.member;
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    const sets = connection.peer.channel === "data" ? [peer.data, peer.served] : [peer.control];
    if (!sets.some((sessions) => sessions.delete(connection))) return;
    this.#tidy(node, peer);
    if (connection.peer.channel === "data" || peer.control.size > 0) return;
    if (connection.isClosing || failure.kind === "local" || this.#isStopped) return;
    this.onLinkBroken.emit(node, failure.kind === "closed" ? "closed" : "reset");
  }

  /** Closes the data links to a member that is dead, so that nobody waits for its answers. */
  closeData(node: NodeId, reason: string): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    peer.giveUp(new ClusterError("UNREACHABLE", reason));
    peer.closeData(reason);
  }

  /**
   * Closes all links to a member that is dead. Should it only have been cut off, a link made anew
   * reaches it at once, while TCP tries an old one again ever more seldom: 12 s after a cut of 13
   * s.
   */
  disconnect(node: NodeId, reason: string): void {
    this.#backOff.forget(node);
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.closeData(node, reason);
    for (const connection of [...peer.control]) {
      // No longer ours to send on, although its end is still to come.
      peer.control.delete(connection);
      connection.close(reason);
    }
  }

  /** Closes all links to a member that is no more. */
  forget(node: NodeId, reason: string): void {
    this.#backOff.forget(node);
    this.#unpermitted.delete(node);
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#peers.delete(node);
    for (const dialling of Object.values(peer.dialling)) dialling.cancel();
    peer.giveUp(new ClusterError("UNREACHABLE", reason));
    for (const connection of [...peer.control]) connection.close(reason);
    peer.closeData(reason);
  }

  /** Closes all links. */
  stop(reason: string): void {
    this.#isStopped = true;
    for (const node of [...this.#peers.keys()]) this.forget(node, reason);
  }

  #touch(node: NodeId, address: string): MemberLinks {
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      peer = new MemberLinks(address);
      this.#peers.set(node, peer);
    } else if (this.#peers.size > LINKS_TO_ALL) {
      this.#peers.delete(node);
      this.#peers.set(node, peer);
    }
    if (address !== "") peer.address = address;
    return peer;
  }

  #dial(node: NodeId, peer: MemberLinks, channel: Channel): void {
    if (peer.dialling[channel] !== undefined) return;
    const stranger = this.#strangers.at(peer.address, this.#ports.clock.now());
    if (stranger !== undefined) {
      return this.#failed(node, peer, channel, stranger.kind, stranger.failure);
    }
    const { cluster, self } = this.#local;
    const leftInOrder = this.addressBook.hasLeftInOrder(node);
    const hello = helloMessage({ role: "member", channel, cluster, node: self, leftInOrder });
    peer.dialling[channel] = dial(this.#ports, parseAddress(peer.address), hello, DIAL_MS, {
      opened: (link, welcome) => {
        delete peer.dialling[channel];
        const isOurs = welcome.cluster === this.#local.cluster;
        if (welcome.node.id !== node || !isOurs) {
          link.close("not the member that was dialled");
          const isStrange = welcome.cluster !== undefined && !isOurs;
          const kind = isStrange ? "other-cluster" : "other-node";
          const who = isStrange ? "a node of another cluster" : welcome.node.name;
          const message = `${who} listens there now`;
          const failure = { kind: "rejected", message } as const;
          this.#meet(node, { address: peer.address, kind, failure }, welcome.cluster);
          this.#failed(node, peer, channel, kind, failure);
          return;
        }
        this.#local.learn(link);
        const connection = this.#connections.establish(link, {
          role: "member",
          node,
          name: welcome.node.name,
          channel,
          isDialled: true,
        });
        this.#opened(node, peer, connection);
      },
      failed: (failure, refusal) => {
        delete peer.dialling[channel];
        const kind = unreachableKind(node, failure, refusal);
        const found = { address: peer.address, kind, failure };
        this.#meet(node, found, refusal?.details?.["cluster"]);
        this.#failed(node, peer, channel, kind, failure);
        if (refusal?.code === "REMOVED") this.onRefused.emit(refusal);
      },
    });
  }

  /** Takes note of who has a member's address, if it is a stranger. */
  #meet(node: NodeId, found: Found, cluster: unknown): void {
    if (!this.#strangers.meet(found, this.#ports.clock.now())) return;
    if (found.kind !== "other-cluster") return;
    this.onStranger.emit(node, found.address, isId(cluster) ? cluster : undefined);
  }

  #opened(node: NodeId, peer: MemberLinks, connection: Connection): void {
    this.#backOff.forget(node);
    this.#strangers.forget(peer.address);
    const isFirst = peer[connection.peer.channel].size === 0;
    peer[connection.peer.channel].add(connection);
    if (connection.peer.channel === "control") {
      if (isFirst) this.onLinkMade.emit(node);
      for (const message of peer.queue.splice(0)) connection.send(message);
    } else for (const { resolve } of peer.waiting.splice(0)) resolve(connection);
    this.#closeOldest(node);
  }

  #failed(
    node: NodeId,
    peer: MemberLinks,
    channel: Channel,
    kind: UnreachableKind,
    failure: LinkFailure,
  ): void {
    if (channel === "data") peer.giveUp(unreachable(peer.address, failure));
    else peer.queue = [];
    // Who is silent has taken up its time already.
    if (kind !== "timeout") this.#backOff.refused(node, peer.address, this.#ports.clock.now());
    this.#tidy(node, peer);
    if (failure.kind === "unpermitted" && !this.#unpermitted.has(node)) {
      this.#unpermitted.add(node);
      const reason = `Cannot connect to ${peer.address}: ${failure.message}`;
      this.#warnings.warn("NOT_PERMITTED", reason);
    }
    this.onUnreachable.emit(node, kind);
  }

  /** Forgets a member that there is no link to, and none on its way. */
  #tidy(node: NodeId, peer: MemberLinks): void {
    if (peer.isUnused && this.#peers.get(node) === peer) this.#peers.delete(node);
  }

  /** Past `LINKS_TO_ALL` members: closes the links to those that were not used for longest. */
  #closeOldest(kept: NodeId): void {
    if (this.#peers.size <= LINKS_TO_ALL) return;
    const linked = [...this.#peers].filter(([, { control, data }]) => control.size + data.size > 0);
    let excess = linked.length - LINKS_TO_ALL;
    for (const [node, peer] of linked) {
      if (excess <= 0) return;
      if (node === kept || peer.isBusy) continue;
      for (const connection of [...peer.control, ...peer.data]) {
        connection.close("links to other members are needed more");
      }
      excess--;
    }
  }
}
