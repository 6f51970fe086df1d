/**
 * Muster for programs: be a member of a cluster, offer services, call those of others.
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
 * @module
 */
import { ClusterError, CODES, DEFAULT_PORT, parseTypedAddress } from "./core/mod.ts";
import { systemPorts } from "./io/mod.ts";
import { type EventListener, Node, type NodeOptions } from "./node/mod.ts";

export { ClusterError, CODES };
export type {
  Address,
  ClusterId,
  ErrorCode,
  ErrorData,
  Json,
  JsonObject,
  Millis,
  NodeId,
} from "./core/mod.ts";
export type { MemberState, ProfileName } from "./membership/mod.ts";
export type {
  Advance,
  Command,
  CommandResult,
  Compact,
  Compare,
  CompareAndSet,
  CompareAndSetResult,
  CompareTarget,
  Delete,
  DeleteEvent,
  DeleteResult,
  DoneResult,
  Entry,
  Expire,
  Expired,
  Get,
  GetResult,
  KeepAlive,
  KeepAliveResult,
  KeyEvent,
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
  Put,
  PutEvent,
  PutResult,
  Request,
  SessionClose,
  SessionOpen,
  SessionResult,
  SessionStamp,
  Transaction,
  TransactionResult,
} from "./state/mod.ts";
export type {
  AskOptions,
  CallContext,
  CallOptions,
  EventListener,
  KeyValue,
  Lease,
  LeaveOptions,
  ListKeysOptions,
  Lock,
  LockOptions,
  MemberChange,
  MemberRole,
  MembersView,
  MemberView,
  NodeEvent,
  NodeOptions,
  ReadKeyOptions,
  ServiceHandler,
  Stopped,
  WatchBatch,
} from "./node/mod.ts";
export { Node };

/** How to join; the names are those of the command line. */
export interface JoinOptions extends Omit<NodeOptions, "join" | "advertise"> {
  /**
   * Members to join through, as `HOST[:PORT]`, tried in turn; then, if none lets it in, members that dial it
   * meanwhile, since it was one of theirs before. Empty: it joins nobody. Default `["127.0.0.1:8001"]`.
   */
  clusterip?: readonly string[];
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
 * @throws {ClusterError} `NO_CLUSTER`, `ADDRESS_TAKEN`, `NAME_TAKEN`, …
 */
export function join(options: JoinOptions = {}): Promise<Node> {
  const { clusterip, advertise, onEvent, ...rest } = options;
  const nodeOptions: NodeOptions = { ...rest };
  if (clusterip !== undefined) nodeOptions.join = clusterip.map((text) => parseTypedAddress(text));
  if (advertise !== undefined) {
    nodeOptions.advertise = parseTypedAddress(advertise, nodeOptions.port ?? DEFAULT_PORT);
  }
  return Node.start(systemPorts(), nodeOptions, onEvent);
}
