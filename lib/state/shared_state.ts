import type { Json, NodeId, Ports } from "../core/mod.ts";
import { type ConsensusService, keptHere } from "../consensus/mod.ts";
import type { MemberCalls, ServiceHandler, SystemServices } from "../rpc/mod.ts";
import { BACKUP_SERVICE, Backups } from "./backups.ts";
import { KEY_VALUE_SERVICE, KvClient } from "./kv_client.ts";
import { StateReplica } from "./state_replica.ts";
import { STATE_SERVICE, StateService } from "./state_service.ts";
import { type TableKind, TableRegistry } from "./store/mod.ts";

/** The state that the members of a cluster share, as a node has it: its copy, and the way to the leader's. */
export class SharedState {
  readonly name = "state";
  /** What programs read and write with. */
  readonly kv: KvClient;
  /** The services by which members use each other's state, and clients any member's. */
  readonly services: SystemServices;
  readonly #replica: StateReplica;
  readonly #backups: Backups;
  #isStopped = false;

  /**
   * @param tables replicated tables beyond the first four.
   */
  constructor(
    id: NodeId,
    ports: Ports,
    consensus: ConsensusService,
    rpc: MemberCalls,
    tables: readonly TableKind[] = [],
  ) {
    const registry = new TableRegistry(tables);
    const replica = new StateReplica(ports.clock, consensus, registry);
    this.#replica = replica;
    this.kv = new KvClient({
      id,
      ports,
      isOver: () => this.#isStopped,
      master: () => consensus.master,
      replicas: () => consensus.replicas(),
      rpc,
      isMajorityDead: () => consensus.isMajorityDead(),
      missingVoters: () => consensus.missingVoters(),
      keptHere: () => keptHere(consensus.secondCopy()),
      pace: () => consensus.paceAdvice(),
      failedBy: (master, isDenied) => consensus.reportFailure(master, isDenied),
    });
    consensus.onChange.subscribe(({ master }, previous) => {
      if (master !== undefined && master !== previous.master) this.kv.masterChanged(master);
    });
    this.#backups = new Backups(id, ports, replica, consensus, rpc);
    const state = new StateService(replica, consensus, registry, ports.random);
    const keyValue: ServiceHandler = async (body, { signal, deadline }) => {
      const timeoutMs = Math.max(1, deadline - ports.clock.now());
      return await this.kv.serve(body, { signal, timeoutMs }) as unknown as Json;
    };
    this.services = {
      [STATE_SERVICE]: { from: "member", serve: (body, context) => state.serve(body, context) },
      [BACKUP_SERVICE]: { from: "anyone", serve: (body) => this.#backups.serve(body) },
      [KEY_VALUE_SERVICE]: { from: "anyone", serve: keyValue },
    };
  }

  /** What `status` shows of this node's copy. */
  status(): Record<string, unknown> {
    return this.#replica.state.status() as unknown as Record<string, unknown>;
  }

  /** Ends it: whatever waits for the state fails. */
  stop(): void {
    this.#isStopped = true;
    this.kv.stop();
    this.#backups.stop();
    this.#replica.stop();
  }
}
