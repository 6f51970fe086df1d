import {
  BACKUP_IDLE_MS,
  BACKUP_YIELD_MS,
  BACKUPS,
  ClusterError,
  isInteger,
  isJsonObject,
  isNonEmptyString,
  type Json,
  type Millis,
  type NodeId,
  type Ports,
  randomId,
  type Timer,
} from "../core/mod.ts";
import type { ConsensusService, ReplicatedMachine } from "../consensus/mod.ts";
import type { MemberCalls } from "../rpc/mod.ts";

/** The service by which a client reads the whole state, through any member. */
export const BACKUP_SERVICE = "muster.backup";

/** Milliseconds that another member may take for one chunk. */
const CHUNK_TIMEOUT_MS = 10_000;

interface OpenBackup {
  readonly chunks: Iterator<unknown>;
  /** The part that was given last, so that a lost answer can be asked for again. */
  part: number;
  answer: Json;
  isDone: boolean;
  /** When it was read last. */
  readAt: Millis;
  timer: Timer;
}

/**
 * Reads the whole state as of one moment, chunk by chunk: `{op: "begin", stale?}` →
 * `{backup, node, term}`, then `{op: "chunk", backup, node, part}` → `{chunk}` from part 0 on,
 * until `{last: true}`. Writes that come meanwhile do not show in it.
 */
export class Backups {
  readonly #id: NodeId;
  readonly #ports: Pick<Ports, "clock" | "random">;
  readonly #replica: Pick<ReplicatedMachine, "snapshot">;
  readonly #consensus: Pick<ConsensusService, "raft" | "replicas">;
  readonly #rpc: MemberCalls;
  readonly #open = new Map<number, OpenBackup>();

  /**
   * Answers backups from what this node's copy holds.
   *
   * @param replica what is backed up.
   */
  constructor(
    id: NodeId,
    ports: Pick<Ports, "clock" | "random">,
    replica: Pick<ReplicatedMachine, "snapshot">,
    consensus: Pick<ConsensusService, "raft" | "replicas">,
    rpc: MemberCalls,
  ) {
    this.#id = id;
    this.#ports = ports;
    this.#replica = replica;
    this.#consensus = consensus;
    this.#rpc = rpc;
  }

  /**
   * Serves one request, or passes it on to a member that has the state.
   *
   * @throws {ClusterError} `NO_QUORUM`, `TOO_MANY`, `BAD_REQUEST`.
   */
  async serve(body: Json): Promise<Json> {
    if (!isJsonObject(body)) throw bad("takes an object");
    const { op, node } = body;
    if (isNonEmptyString(node, 64) && node !== this.#id) return await this.#pass(node, body);
    if (op === "chunk") return this.#next(body["backup"], body["part"]);
    if (op !== "begin") throw bad(`knows no op ${JSON.stringify(op)}`);
    const { raft } = this.#consensus;
    if (!raft.hasState) {
      const [replica] = this.#consensus.replicas();
      if (replica === undefined) {
        throw new ClusterError("NO_QUORUM", "No member with a copy of the state can be reached");
      }
      return await this.#pass(replica, { ...body, node: replica });
    }
    if (body["stale"] !== true) await raft.read();
    raft.readiness.check();
    return this.#begin();
  }

  /** Lets go of all. */
  stop(): void {
    for (const { timer } of this.#open.values()) timer.cancel();
    this.#open.clear();
  }

  #pass(node: NodeId, body: Record<string, unknown>): Promise<Json> {
    return this.#rpc.call(node, {
      service: BACKUP_SERVICE,
      body: body as Json,
      timeoutMs: CHUNK_TIMEOUT_MS,
    });
  }

  #begin(): Json {
    if (this.#open.size >= BACKUPS) this.#makeRoom();
    const [ports, node] = [this.#ports, this.#id];
    // Drawn: whoever goes on with a backup of an earlier life of this node must not find another's.
    const id = randomId(ports.random);
    const chunks = this.#replica.snapshot()[Symbol.iterator]();
    const readAt = ports.clock.now();
    const timer = this.#forgetLater(id);
    this.#open.set(id, { chunks, part: -1, answer: null, isDone: false, readAt, timer });
    return { backup: id, node, term: this.#consensus.raft.status().term };
  }

  #next(id: unknown, part: unknown): Json {
    const backup = isInteger(id) ? this.#open.get(id) : undefined;
    if (backup === undefined || !isInteger(id)) {
      throw bad("has no such backup: it was idle for long");
    }
    backup.timer.cancel();
    backup.timer = this.#forgetLater(id);
    backup.readAt = this.#ports.clock.now();
    if (part === backup.part) return backup.answer;
    if (part !== backup.part + 1) throw bad(`gives part ${backup.part + 1} next`);
    const { done = false, value } = backup.chunks.next();
    backup.part++;
    backup.isDone = done;
    backup.answer = done ? { last: true } : { chunk: value as Json };
    return backup.answer;
  }

  /** One that is read to its end, or was left by whoever read it, goes for one that begins. */
  #makeRoom(): void {
    const idleSince = this.#ports.clock.now() - BACKUP_YIELD_MS;
    const over = [...this.#open]
      .filter(([, { isDone, readAt }]) => isDone || readAt <= idleSince)
      .toSorted(([, a], [, b]) => Number(b.isDone) - Number(a.isDone) || a.readAt - b.readAt)[0];
    if (over === undefined) {
      throw new ClusterError("TOO_MANY", `${BACKUPS} backups are being read of this node already`);
    }
    const [id, { timer }] = over;
    timer.cancel();
    this.#open.delete(id);
  }

  #forgetLater(id: number): Timer {
    return this.#ports.clock.setTimer(BACKUP_IDLE_MS, () => this.#open.delete(id));
  }
}

function bad(what: string): ClusterError {
  return new ClusterError("BAD_REQUEST", `"${BACKUP_SERVICE}" ${what}`);
}
