import type { Json, JsonObject, NodeId, Ports } from "../core/mod.ts";
import type { ConsensusService } from "../consensus/mod.ts";
import type { MemberCalls, ServiceHandler, SystemServices } from "../rpc/mod.ts";
import { BACKUP_SERVICE, Backups } from "./backups.ts";
import { EmbeddedEngine } from "./embedded_engine.ts";
import { askEngine, KEY_VALUE_SERVICE, parseStateRequest, type StateEngine } from "./engine.ts";
import { type KvClient, kvClientOf } from "./kv_client.ts";
import { Leases } from "./leases.ts";
import { MemberRoute } from "./member_route.ts";
import { StateReplica } from "./state_replica.ts";
import { STATE_SERVICE, StateService } from "./state_service.ts";
import { type TableKind, TableRegistry } from "./store/mod.ts";

/**
 * The state that the members of a cluster share, as a node has it: its copy, and the way to the
 * leader's.
 */
export class SharedState {
  /** Its section of `status`. */
  readonly name = "state";
  /** What programs read and write with. */
  readonly kv: KvClient;
  /** The leases and locks that this node holds. */
  readonly leases: Leases;
  /** The services by which members use each other's state, and clients any member's. */
  readonly services: SystemServices;
  readonly #engine: EmbeddedEngine;
  readonly #route: MemberRoute;
  readonly #replica: StateReplica;
  readonly #backups: Backups;

  /**
   * The state as this node keeps and reaches it.
   *
   * @param tables replicated tables beyond the first four.
   */
  constructor(
    id: NodeId,
    ports: Ports,
    consensus: ConsensusService,
    rpc: MemberCalls,
    tables: readonly TableKind[] = [],
  ) {
    const { clock } = ports;
    const registry = new TableRegistry(tables);
    this.#replica = new StateReplica(clock, consensus, registry);
    const service = new StateService(this.#replica, consensus, registry, ports.random);
    this.#route = new MemberRoute(id, clock, consensus, service, rpc);
    const engine = new EmbeddedEngine(clock, this.#route, registry);
    this.#engine = engine;
    this.kv = kvClientOf(engine);
    this.leases = new Leases(engine);
    this.#backups = new Backups(id, ports, this.#replica, consensus, rpc);
    consensus.onChange.subscribe(({ master }, previous) => {
      if (master !== undefined && master !== previous.master) engine.leaderChanged(master);
    });
    this.services = {
      [STATE_SERVICE]: { from: "member", serve: (body, context) => service.serve(body, context) },
      [BACKUP_SERVICE]: { from: "anyone", serve: (body) => this.#backups.serve(body) },
      [KEY_VALUE_SERVICE]: { from: "anyone", serve: servedBy(engine) },
    };
  }

  /** What `status` shows of this node's copy. */
  status(): JsonObject {
    return this.#engine.status();
  }

  /** Ends it: whatever waits for the state fails. */
  stop(): void {
    this.leases.stop();
    this.#route.stop();
    this.#engine.stop();
    this.#backups.stop();
    this.#replica.stop();
  }
}

/** Answers what clients ask an engine through this member. */
export function servedBy(engine: StateEngine): ServiceHandler {
  return async (body, { signal, deadline }) => {
    const timeoutMs = Math.max(1, deadline - engine.clock.now());
    const request = parseStateRequest(body, KEY_VALUE_SERVICE);
    return await askEngine(engine, request, { signal, timeoutMs }) as unknown as Json;
  };
}
