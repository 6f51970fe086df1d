/**
 * Muster for programs: be a member of a cluster, offer services, call those of others; or use a
 * cluster without being of it (`connect`).
 *
 * Needs `--allow-net`, and nothing else.
 *
 * ```ts
 * import { join } from "./mod.ts";
 *
 * await using first = await join({ port: 0, clusterip: [], makeMasterOnError: true });
 * await using second = await join({ port: 0, clusterip: [first.address] });
 *
 * second.handle("greet", (body) => `Hello ${(body as { name: string }).name}`);
 * first.on((event) => console.log(event.event));
 *
 * console.log(await first.call("greet", { name: "Ada" }, { node: second.name })); // Hello Ada
 * console.log(first.members.map((member) => member.role)); // ["master", "member"]
 * ```
 *
 * What a program holds (`Node`, `ClusterClient`, `KvClient`, `Lease`, `Lock`, `CallContext`) is an
 * interface. Stable within a major version are `join`, `connect`, those interfaces with their
 * options, the events, and the codes of `ClusterError`; what is added to them is optional. Not
 * stable are the commands of the shared state, and whatever is not exported here.
 *
 * @module
 */
import { ClusterError, CODES, DEFAULT_PORT, JOIN_MS, parseTypedAddress } from "./core/mod.ts";
import { openDataFolder, systemPorts } from "./io/mod.ts";
import {
  type ClusterClient,
  completeOptions,
  connectTo,
  type EventListener,
  type Node,
  type NodeOptions,
  startNode,
} from "./node/mod.ts";

// A node, and a client without one: what `join` and `connect` give, and how calls are made and
// served.
export type {
  CallContext,
  CallOptions,
  ClusterClient,
  LeaveOptions,
  Node,
  NodeOptions,
  ProfileName,
  ServiceHandler,
  Stopped,
} from "./node/mod.ts";

// Who is there, and what happens.
export type {
  ClusterEvent,
  EventListener,
  MemberChange,
  MemberRole,
  MemberState,
  MembersView,
  MemberView,
  NodeEvent,
} from "./node/mod.ts";

// The shared state: keys, watches, leases and locks.
export type {
  AskOptions,
  KeyEvent,
  KeyValue,
  KvClient,
  Lease,
  ListKeysOptions,
  Lock,
  LockOptions,
  ReadKeyOptions,
  WatchBatch,
} from "./node/mod.ts";

// What fails, and how it says so.
export { ClusterError, CODES };
export type { ErrorCode, ErrorData } from "./core/mod.ts";

// Plain values.
export type { Address, ClusterId, Json, JsonObject, Millis, NodeId } from "./core/mod.ts";

// Commands of the shared state and their outcomes, for `KvClient.apply` and `transaction`. Not
// stable: a later version may add kinds and fields.
export type {
  Advance,
  Command,
  CommandResult,
  CommandResults,
  Compact,
  Compare,
  CompareAndSet,
  CompareAndSetResult,
  CompareTarget,
  Delete,
  DeleteEvent,
  DeleteResult,
  DoneResult,
  Expire,
  Expired,
  Get,
  GetResult,
  KeepAlive,
  KeepAliveResult,
  LeaseGrant,
  LeaseResult,
  LeaseRevoke,
  List,
  ListResult,
  LockAcquire,
  LockRelease,
  LockResult,
  Operation,
  OperationResult,
  Outcome,
  OutcomeOf,
  Put,
  PutEvent,
  PutResult,
  Request,
  RequestNumber,
  SessionClose,
  SessionOpen,
  SessionResult,
  Transaction,
  TransactionResult,
} from "./node/mod.ts";

/** How to join; the names are those of the command line. */
export interface JoinOptions extends Omit<NodeOptions, "join" | "advertise"> {
  /**
   * Members to join through, as `HOST[:PORT]`, tried overlapping; then, if none lets it in, members
   * that dial it meanwhile, since it was one of theirs before (unless it left them in order and
   * names others than itself). Empty: it joins nobody. Default `["127.0.0.1:8001"]`; with `data`
   * none but those that it remembers.
   */
  clusterip?: readonly string[];
  /**
   * A folder for identity, log and state: started again with it, the node takes its place by
   * itself. It needs `--allow-read` and `--allow-write` of the folder. Default: everything is held
   * in memory.
   */
  data?: string;
  /** The address that others dial, as `HOST[:PORT]`; its own port, and inferred when not given. */
  advertise?: string;
  /** Told of every event from the beginning. */
  onEvent?: EventListener;
}

/**
 * Joins a cluster, or founds one with `makeMasterOnError` when nobody answers.
 *
 * @returns the node: leave with `await node.leave()`, or by `await using`.
 * @throws {TypeError} when an option makes no sense.
 * @throws {ClusterError} `NO_CLUSTER`, `ADDRESS_TAKEN`, `NAME_TAKEN`, …; of `data` `NOT_PERMITTED`,
 * naming the permission that is missing, or `STORE_FAILED`.
 */
export async function join(options: JoinOptions = {}): Promise<Node> {
  const { clusterip, advertise, onEvent, data, ...rest } = options;
  const nodeOptions: NodeOptions = { ...rest };
  if (clusterip !== undefined) nodeOptions.join = clusterip.map((text) => parseTypedAddress(text));
  if (advertise !== undefined) {
    nodeOptions.advertise = parseTypedAddress(advertise, nodeOptions.port ?? DEFAULT_PORT);
  }
  if (data === "") throw new TypeError("Invalid data: it is the path of a folder");
  if (data === undefined && nodeOptions.forceNewCluster === true) {
    throw new TypeError("forceNewCluster needs data: the folder to go on from");
  }
  // What makes no sense is said before a folder is touched.
  completeOptions(nodeOptions);
  const ports = data === undefined
    ? systemPorts()
    : { ...systemPorts(), store: await openDataFolder(data) };
  return await startNode(ports, nodeOptions, onEvent);
}

/** How to connect; the names are those of the command line. */
export interface ConnectOptions {
  /** Members to go through, as `HOST[:PORT]`. Default `["127.0.0.1:8001"]`. */
  clusterip?: readonly string[];
  /** How long connecting may take, in milliseconds. Default 10,000. */
  timeoutMs?: number;
}

/**
 * Connects to a cluster without becoming a member of it.
 *
 * @example Through whichever of two members is there
 * ```ts ignore
 * await using cluster = await connect({ clusterip: ["10.0.0.7:8001", "10.0.0.8:8001"] });
 * await cluster.kv.put("colour", "blue");
 * console.log(await cluster.call("greet", { name: "Ada" }), await cluster.members());
 * ```
 * @returns the client: close it with `await cluster.close()`, or by `await using`.
 * @throws {TypeError} when an option makes no sense.
 * @throws {ClusterError} `NO_CLUSTER`, with what came of each address.
 */
export async function connect(options: ConnectOptions = {}): Promise<ClusterClient> {
  const { clusterip = [`127.0.0.1:${DEFAULT_PORT}`], timeoutMs = JOIN_MS } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new TypeError(`Invalid timeoutMs ${timeoutMs}: it is a whole number from 1`);
  }
  if (clusterip.length === 0) throw new TypeError("clusterip names no member to connect to");
  return await connectTo(
    systemPorts(),
    clusterip.map((text) => parseTypedAddress(text)),
    timeoutMs,
  );
}
