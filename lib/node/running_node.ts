import {
  ClusterError,
  type ClusterId,
  type Json,
  type JsonObject,
  type Millis,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import { statusOf } from "../admin/mod.ts";
import { GIVE_UP_MS } from "../bootstrap/mod.ts";
import type { CallOptions, ServiceHandler } from "../rpc/mod.ts";
import type { KvClient, Lease, Lock, LockOptions } from "../state/mod.ts";
import { isLive } from "../membership/swim/mod.ts";
import { MemoryStore } from "../consensus/mod.ts";
import { compose, type Composition, type NodeParts } from "./compose.ts";
import { Lifecycle } from "./lifecycle.ts";
import { checkDrainTimeout, type NodeOptions } from "./options.ts";
import type { LeaveOptions, Node, Stopped } from "./node.ts";
import type { EventListener, MembersView, MemberView, NodeEvent } from "../wire/mod.ts";

/**
 * Starts a node: it listens, then joins through one of the given members or founds a cluster.
 *
 * @param listener told of every event from the beginning.
 * @param signal gives the way into a cluster up, soon; a node that becomes a member in the next
 * moment is one: it is for the caller to leave.
 * @param more further parts, above those that every node has.
 * @throws {TypeError} when an option makes no sense.
 * @throws {ClusterError} `NO_CLUSTER` when nobody answered, `ADDRESS_TAKEN` when the port is in
 * use, what the cluster refused with, or `SHUTTING_DOWN` when it was given up.
 */
export async function startNode(
  ports: Ports,
  options: NodeOptions,
  listener?: EventListener,
  signal?: AbortSignal,
  more?: Composition["more"],
): Promise<Node> {
  const node = new RunningNode(ports, options, more);
  const { life, parts } = node;
  if (listener !== undefined) node.on(listener);
  const giveUp = () => {
    ports.clock.setTimer(GIVE_UP_MS, () => {
      if (life.phase === "joining") void life.end(String(signal?.reason));
    });
  };
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    if (signal?.aborted) throw givenUp(signal);
    const starting = life.run(parts);
    // What it waits for may take seconds: whoever gives up does not wait for that.
    const end = node.stopped.then(() => {
      if (signal?.aborted) throw givenUp(signal);
      return starting;
    });
    await Promise.race([starting, end]);
  } catch (error) {
    await life.end("could not start");
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
  return node;
}

function givenUp(signal: AbortSignal): ClusterError {
  const { reason } = signal;
  return new ClusterError("SHUTTING_DOWN", `Told to end while joining: ${reason}`, {
    retryable: false,
  });
}

/** The node that runs in this process, behind its {@linkcode Node}. */
class RunningNode implements Node {
  readonly id: NodeId;
  readonly stopped: Promise<Stopped>;
  /** How far it has come. */
  readonly life: Lifecycle;
  /** What it is made of. */
  readonly parts: NodeParts;

  constructor(ports: Ports, options: NodeOptions, more: Composition["more"] = []) {
    const store = ports.store ?? new MemoryStore();
    try {
      this.life = new Lifecycle(ports, options, store);
      this.parts = compose(this.life, { target: this, more });
    } catch (error) {
      store.close();
      throw error;
    }
    this.id = this.life.id;
    this.stopped = this.life.stopped;
  }

  get name(): string {
    return this.life.self.name;
  }

  get address(): string {
    return this.life.self.address;
  }

  get listening(): string {
    return this.life.local.place.listening;
  }

  get cluster(): ClusterId | undefined {
    return this.life.local.cluster;
  }

  get members(): MemberView[] {
    return this.membersView().members;
  }

  get master(): NodeId | undefined {
    return this.parts.consensus.master;
  }

  handle(service: string, handler: ServiceHandler): () => void {
    return this.parts.rpc.registry.handle(service, handler);
  }

  call(service: string, body: Json = null, options: CallOptions = {}): Promise<Json> {
    return this.parts.services.call(service, body, options);
  }

  get kv(): KvClient {
    return this.#state().kv;
  }

  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    return this.#state().leases.lock(name, options);
  }

  lease(ttlMs?: Millis): Promise<Lease> {
    return this.#state().leases.lease(ttlMs);
  }

  async transfer(member?: string): Promise<NodeId> {
    const { membership, consensus } = this.parts;
    membership.checkMember();
    const { directory } = membership;
    return await consensus.transfer(member === undefined ? undefined : directory.find(member).id);
  }

  on(listener: EventListener): () => void {
    return this.life.events.listen(listener);
  }

  events(): AsyncGenerator<NodeEvent, void, void> {
    return this.life.events.stream();
  }

  async leave(reason = "left", options: LeaveOptions = {}): Promise<void> {
    const { drainTimeoutMs = this.life.options.drainTimeoutMs, isForced = false } = options;
    checkDrainTimeout(drainTimeoutMs);
    // Who is refused loses nothing.
    if (this.life.phase === "member" && !isForced) {
      await this.parts.consensus.departures.mayLeave(() => false);
    }
    options.leaves?.();
    const { phase } = this.life;
    if (phase === "joining") await this.life.end(reason);
    else if (phase !== "stopped") await this.life.leave(reason, drainTimeoutMs, isForced);
    await this.stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave("left", { isForced: true });
  }

  membersView(): MembersView {
    return this.parts.members.all();
  }

  statusView(): JsonObject {
    return statusOf(this.life, this.parts);
  }

  /** The state that the cluster shares. */
  #state(): NodeParts["state"] {
    this.parts.membership.checkMember();
    return this.parts.state;
  }

  async historyOf(nodeText: string): Promise<JsonObject> {
    const { leader, members } = this.parts;
    return nodeText === "master" ? await leader.why() : members.historyOf(nodeText);
  }

  async removeMember(nodeText: string, isForced = false): Promise<JsonObject> {
    const { membership, members, consensus: { departures, view } } = this.parts;
    const member = membership.directory.findOnly(nodeText);
    if (isLive(member.state) && view.voters.includes(member.id)) {
      await departures.remove(member.id, isForced);
    }
    membership.step({ type: "remove", node: member.id });
    return { removed: members.view(member), was: member.state };
  }

  async roundTrip(fromText: string | undefined, toText: string): Promise<JsonObject> {
    const { directory } = this.parts.membership;
    const from = fromText === undefined ? this.id : directory.find(fromText).id;
    const to = directory.find(toText).id;
    return await this.call("muster.rtt", { to }, { node: from }) as JsonObject;
  }
}
