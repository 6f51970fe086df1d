import {
  ClusterError,
  type Millis,
  type NodeId,
  type Ports,
  sleep,
  type Store,
} from "../core/mod.ts";
import { Leave, type LeaveParts } from "../admin/mod.ts";
import { type Bootstrap, type KeptIdentity, readIdentity } from "../bootstrap/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { ClusterIdentity, NodeContext, Part, Phase } from "../part/mod.ts";
import type { SharedState } from "../state/mod.ts";
import { type Acceptor, LocalIdentity, type NodeName, OwnAddress } from "../transport/mod.ts";
import { Events } from "./events.ts";
import { type CompleteOptions, completeOptions, type NodeOptions } from "./options.ts";
import type { Stopped } from "./node.ts";

/** The parts whose turn the life of a node depends on, and all others. */
export interface LivingParts extends Omit<LeaveParts, "leases" | "consensus"> {
  /** All of them, from the bottom up. */
  readonly all: readonly Part[];
  /** Who stands at the door. */
  readonly acceptor: Pick<Acceptor, "stop">;
  /** Says that the others have seen it leave. */
  readonly membership: MembershipService;
  /** Its vote. */
  readonly consensus: ConsensusService;
  /** Its way into a cluster. */
  readonly bootstrap: Bootstrap;
  /** The leases and locks that it holds. */
  readonly state: Pick<SharedState, "leases">;
}

/**
 * The life of a node, from the first port to the last link: what its parts are given, and the order
 * in which they start, join, drain and stop.
 *
 *     joining ─ Bootstrap found a place ──► member ──► leaving ─ the others have seen it ──► stopped
 *                                             ▲           │ the others cannot do without its vote
 *                                             └───────────┘
 */
export class Lifecycle implements NodeContext {
  /** Who the node is. */
  readonly id: NodeId;
  /** The world. */
  readonly ports: Ports;
  /** The disk. */
  readonly store: Store;
  /** Whom parts tell what happens. */
  readonly events: Events = new Events();
  /** How it was started, with every default in its place. */
  readonly options: CompleteOptions;
  /** How it was started, as it was said. */
  readonly given: NodeOptions;
  /** Who the node was in its life before this one, if it had one. */
  readonly kept: KeptIdentity | undefined;
  /** Who and where it says it is, and where it listens. */
  readonly local: LocalIdentity;
  /** When it was started, on its clock. */
  readonly startedAt: Millis;
  /** Resolves when it is a member no more and its links are closed. */
  readonly stopped: Promise<Stopped>;
  /** How far it has come. */
  phase: Phase = "joining";
  readonly #over = new AbortController();
  readonly #stop = Promise.withResolvers<Stopped>();
  #parts: LivingParts | undefined;
  #leave: Leave | undefined;

  /**
   * Runs nothing yet.
   *
   * @throws {TypeError} when an option makes no sense.
   */
  constructor(ports: Ports, given: NodeOptions, store: Store) {
    // The usual address is a guess for a first try; a node that keeps things must not end in what
    // it finds there.
    this.options = completeOptions(store.isDurable ? { ...given, join: given.join ?? [] } : given);
    this.given = given;
    this.ports = ports;
    this.store = store;
    this.kept = readIdentity(store);
    this.id = this.kept?.id ?? ports.ids.next();
    const place = new OwnAddress(ports.network, this.options);
    this.local = new LocalIdentity(this.id, ports.ids.next(), place, this.options.name);
    this.startedAt = ports.clock.now();
    this.stopped = this.#stop.promise;
  }

  /** Who and where it says it is. */
  get self(): NodeName {
    return this.local.self;
  }

  /** Whether it lets nobody in any more: it has left, or is about to close its last links. */
  get isClosing(): boolean {
    return this.phase === "stopped" || this.#leave?.isClosing === true;
  }

  /** Starts the parts from the bottom up, and finds the node's way into a cluster. */
  async run(parts: LivingParts): Promise<void> {
    this.#parts = parts;
    parts.bootstrap.onMember.subscribe((identity) => this.#joined(identity));
    parts.membership.onLeft.subscribe(() => void this.#left());
    for (const part of parts.all) {
      const starting = part.start?.();
      if (starting !== undefined) await starting;
    }
    await parts.bootstrap.enter();
  }

  /** Leaves the cluster in order, in so much time; it is a member as before when it has to stay. */
  async leave(reason: string, boundMs: Millis, isForced: boolean): Promise<void> {
    const { connections, rpc, state: { leases }, consensus, membership, more } = this
      .#parts as LivingParts;
    this.phase = "leaving";
    const below = { connections, rpc, leases, consensus, membership, more };
    const leaving = this.#leave ??= new Leave(this, below, this.#over.signal, reason, boundMs);
    await leaving.run(isForced).catch((error) => {
      [this.#leave, this.phase] = [undefined, this.phase === "leaving" ? "member" : this.phase];
      throw error;
    });
  }

  /** Is a member no more: stops the parts from the top down, and closes everything. */
  async end(reason: string, error?: ClusterError): Promise<void> {
    if (this.phase === "stopped") return;
    this.phase = "stopped";
    this.#over.abort();
    for (const part of this.#parts?.all.toReversed() ?? []) {
      const stopping = part.stop?.(reason);
      // Those that need no time stop in this very turn: nothing of the others may come between
      // them.
      if (stopping !== undefined) await stopping;
    }
    // A turn after the listener is closed the operating system gives the port back, and the last
    // whom it let in stand at the door.
    await sleep(this.ports.clock, 0);
    await this.#parts?.acceptor.stop(reason);
    this.store.close();
    this.events.emit({ event: "stopped", reason });
    this.#stop.resolve(error === undefined ? { reason } : { reason, error });
  }

  /** It can be a member no more. */
  fail(error: ClusterError): void {
    void this.end(error.message, error);
  }

  /** It is a member from now on: what needs a cluster begins, with what the store has. */
  #joined(identity: ClusterIdentity): void {
    const { cluster, isFounder } = identity;
    this.phase = "member";
    for (const part of this.#parts?.all ?? []) part.joined?.(identity);
    const founded = isFounder && this.kept === undefined;
    this.events.emit({ event: "ready", ...this.self, cluster, founded });
  }

  /** The others have seen that it leaves. */
  async #left(): Promise<void> {
    const leaving = this.#leave;
    if (leaving === undefined) return;
    await leaving.close();
    await this.end(leaving.reason);
  }
}
