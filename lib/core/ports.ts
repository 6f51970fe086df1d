import type { Address } from "./address.ts";
import type { IdSource } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Millis } from "./machine.ts";
import type { Random } from "./random.ts";

/** A timer that was set; `cancel` is harmless after it fired. */
export interface Timer {
  /** What was set does not happen any more; harmless when it has. */
  cancel(): void;
}

/** The time, as a node sees it. */
export interface Clock {
  /** Monotonic milliseconds: what every protocol reckons with. */
  now(): Millis;
  /**
   * Milliseconds since 1970: for people and for records that outlive a process, never for a
   * protocol.
   */
  wallTime(): number;
  /** Calls back once, not before `delay` has passed. */
  setTimer(delay: Millis, callback: () => void): Timer;
}

/** Why a link ended or could not be made: what membership reckons with, and what an error says. */
export interface LinkFailure {
  /**
   * - `refused`: the host answered that nothing listens there;
   * - `reset`: the other process, or its machine, broke the link;
   * - `closed`: the other side closed it in order;
   * - `timeout`: no answer in time;
   * - `unreachable`: no route, no such name;
   * - `unpermitted`: this program may not connect there;
   * - `rejected`: the other side said `refuse` or `error`, or it broke the protocol;
   * - `local`: this side closed it.
   */
  kind:
    | "refused"
    | "reset"
    | "closed"
    | "timeout"
    | "unreachable"
    | "unpermitted"
    | "rejected"
    | "local";
  /** What happened, for a person. */
  message: string;
  /** Whether it is certain that nobody is there, for there is no such name. */
  isNameUnknown?: boolean;
  /** The other protocol that the other side speaks, as people call it. */
  foreign?: string;
}

/** One message of the wire: a JSON object with a `type`. */
export interface Message {
  /** What kind of message it is. */
  type: string;
  /** Whatever that kind carries. */
  [field: string]: unknown;
}

/** What a link tells its owner. Exactly one `closed` ends it, and nothing comes after it. */
export interface LinkHandler {
  /**
   * A whole message arrived.
   *
   * @param characters how long its text was, where the link knows: the weight of whoever keeps it.
   */
  message(message: Message, characters?: number): void;
  /** The link is over. */
  closed(failure: LinkFailure): void;
}

/**
 * A connection that carries whole messages in order.
 *
 * It never drops a message silently: what was sent either arrives or the link breaks.
 */
export interface Link {
  /** How the other side speaks: frames, or JSON lines typed by a person or an old program. */
  readonly mode: "frames" | "lines";
  /** The address at the other end of the connection. */
  readonly remote: Address;
  /** The address at this end of the connection. */
  readonly local: Address;
  /** Whether messages of one turn may be sent as one array: both sides said `batch`. */
  batch: boolean;
  /** Gives the link its owner; the messages that came before wait for it. */
  attach(handler: LinkHandler): void;
  /**
   * Queues a message. What one turn of the event loop queues goes out in one write.
   *
   * @returns `false` when the queue is at its high-water mark (the message is queued all the same,
   * up to a hard limit at which the link breaks): wait for `drained` before sending more.
   */
  send(message: Message): boolean;
  /** Writes what is queued now, for work comes that holds this turn up: a sync of the disk. */
  flush(): void;
  /** Whether the queue is below its high-water mark. */
  readonly isWritable: boolean;
  /** Calls back once, when the queue has room again or the link is over. */
  drained(callback: () => void): void;
  /** Stops reading until `resume`: back-pressure towards the sender. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Sends what is queued, then closes in order; `closed` follows with kind `local`. */
  close(reason?: string): void;
}

/** An address that is being listened at. */
export interface Listener {
  /** Where, with the port that was given for port 0. */
  readonly address: Address;
  /** Accepts no more; links that exist stay. */
  close(): void;
}

/** What came of dialling. Exactly one of the two is called. */
export interface DialHandler {
  /** The connection is there. */
  connected(link: Link): void;
  /** It will not be there. */
  failed(failure: LinkFailure): void;
}

/** The network: links that carry messages. */
export interface Network {
  /**
   * Listens, and gives each accepted connection as a link. One that was reset before it was
   * accepted holds up nobody.
   *
   * @param outOfFiles told each time that the process has no file left for a connection that waits.
   * @throws {ClusterError} `NOT_PERMITTED` or `ADDRESS_TAKEN`, saying what to do.
   */
  listen(address: Address, accept: (link: Link) => void, outOfFiles?: () => void): Listener;
  /** Connects; `cancel` of the returned timer gives up without a call back. */
  dial(address: Address, timeout: Millis, handler: DialHandler): Timer;
}

/**
 * What consensus has on disk, as the `persist` effects left it; entries and metadata are opaque
 * here.
 */
export interface StoredLog {
  /** The newest term that was seen. */
  term: number;
  /** Who got this node's vote in that term; `null`: nobody. */
  votedFor: string | null;
  /** What the latest snapshot stands for. */
  snapshot?: Json;
  /**
   * The last entry that is known to be agreed on; it may be behind, and is absent where nobody
   * noted it.
   */
  commit?: number;
  /** Consecutive entries, in order, behind the snapshot. */
  entries: Json[];
}

/**
 * One change of the log; all of it is durable when `persist` returns, or it throws. When the
 * process or its machine dies before, all of it is there afterwards or nothing.
 */
export interface LogChange {
  /** The vote, when it changed. */
  vote?: { term: number; votedFor: string | null };
  /** What a founding starts from: a snapshot of index 0, without a state. */
  snapshot?: Json;
  /** Removes every entry from this index on, before `entries` are added. */
  truncateFrom?: number;
  /** Entries that follow the log, when there are any. */
  entries?: readonly { index: number }[];
}

/** A state as it was at one log index, in chunks of JSON. */
export interface StoredSnapshot {
  /** What the snapshot covers. */
  meta: Json;
  /** Its chunks, in order. */
  chunks: Iterable<Json>;
}

/**
 * The disk. Synchronous: what a method changed is durable when it returns; what was under way at a
 * crash is afterwards wholly there or not at all.
 *
 * Any of these may throw; the node must then stop, for it already counts on what it asked for.
 */
export interface Store {
  /** Whether what is stored outlives the process. */
  readonly isDurable: boolean;
  /** Entries that are applied from one snapshot to the next. Default `SNAPSHOT_ENTRIES`. */
  readonly snapshotEntries?: number;
  /** Who the node was, when it was a member before. */
  identity(): Json | undefined;
  /** Keeps who the node is, in the place of what was kept. */
  saveIdentity(identity: Json): void;
  /** What consensus had; `undefined` on a new store. */
  load(): StoredLog | undefined;
  /** Keeps a change whole, or not at all: it lasts when this returns. */
  persist(change: LogChange): void;
  /**
   * Remembers that the entries up to `index` are agreed on. Unlike anything else it is not durable
   * at once: the death of the process loses nothing of it, that of the machine the latest.
   */
  noteCommit(index: number): void;
  /**
   * Keeps chunks of a state beside the log: part `first` and those behind it; part 0 begins the
   * state anew.
   *
   * It counts once `compact` or `install` names its index. What neither ever names is removed, when
   * the next state begins at the latest, or when the store is opened again.
   */
  saveChunks(index: number, first: number, chunks: readonly Json[]): void;
  /** The saved state of that index is the latest snapshot, and entries up to `through` may go. */
  compact(through: number, snapshot: Json & { index: number }): void;
  /** The saved state of that index replaces the state and the whole log. */
  install(snapshot: Json & { index: number }): void;
  /** The latest snapshot that has a state. */
  latestSnapshot(): StoredSnapshot | undefined;
  /** Gives the disk back; nothing is kept from then on. */
  close(): void;
}

/** All that a node needs of the world. */
export interface Ports {
  /** Time. */
  clock: Clock;
  /** Chance. */
  random: Random;
  /** New ids. */
  ids: IdSource;
  /** Other machines. */
  network: Network;
  /** The disk; without it everything is held in memory. */
  store?: Store;
}
