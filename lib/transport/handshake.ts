import {
  ClusterError,
  type ClusterId,
  composedName,
  type ErrorCode,
  isAddress,
  isId,
  isInteger,
  isJsonObject,
  isNonEmptyString,
  type Message,
  NAME_CHARACTERS,
  type NodeId,
} from "../core/mod.ts";

/** The protocol versions that this program speaks: from the oldest to the newest. */
export const PROTOCOL: Readonly<{ oldest: number; newest: number }> = { oldest: 1, newest: 1 };

/** What a link is for: small urgent messages, or calls and bulk. */
export type Channel = "control" | "data";

/** Who a node says it is. */
export interface NodeName {
  /** Who it is. */
  id: NodeId;
  /** What people call it. */
  name: string;
  /** As `host:port`. */
  address: string;
}

/** The first message of a connection. */
export interface Hello {
  /** Whether a member says it, or a program that is none. */
  role: "member" | "client";
  /** The newest protocol that it speaks. */
  protocol: number;
  /** The oldest that it still speaks. */
  oldestProtocol: number;
  /** The cluster that the sender belongs to; absent while it belongs to none. */
  cluster: ClusterId | undefined;
  /** Who the sender is; always there for members. */
  node: NodeName | undefined;
  /** What the link is for. */
  channel: Channel;
  /** Whether the sender reads arrays of messages. */
  batch: boolean;
  /** Whether the member that the sender looks for at this address left its cluster in order. */
  leftInOrder: boolean;
}

/** The answer that opens a link. */
export interface Welcome {
  /** The protocol that both speak. */
  protocol: number;
  /** The cluster of who answers; `undefined` while it joins one. */
  cluster: ClusterId | undefined;
  /** Who answers. */
  node: NodeName;
  /** Which process of that node it is; absent where an earlier version answers. */
  life: string | undefined;
  /** Whether it reads several messages in one frame. */
  batch: boolean;
}

/** Writes a hello. */
export function helloMessage(
  hello: Pick<Hello, "role" | "channel"> & Partial<Pick<Hello, "cluster" | "node" | "leftInOrder">>,
): Message {
  return {
    type: "hello",
    protocol: PROTOCOL.newest,
    oldestProtocol: PROTOCOL.oldest,
    role: hello.role,
    ...(hello.cluster === undefined ? {} : { cluster: hello.cluster }),
    ...(hello.node === undefined ? {} : { node: hello.node }),
    channel: hello.channel,
    batch: true,
    ...(hello.leftInOrder === true ? { leftInOrder: true } : {}),
  };
}

/**
 * Reads a hello.
 *
 * @throws {ClusterError} `BAD_MESSAGE`, naming the field that is wrong.
 */
export function parseHello(message: Message): Hello {
  if (message.type !== "hello") throw bad(`The first message is "hello", not "${message.type}"`);
  const { role, protocol, oldestProtocol = protocol, cluster, node, channel = "data" } = message;
  if (role !== "member" && role !== "client") throw bad('"role" is "member" or "client"');
  if (!isInteger(protocol, 1) || !isInteger(oldestProtocol, 1, protocol)) {
    throw bad('"protocol" is a whole number from 1, "oldestProtocol" one up to it');
  }
  if (cluster !== undefined && !isId(cluster)) throw bad('"cluster" is a UUID of version 7');
  if (channel !== "control" && channel !== "data") throw bad('"channel" is "control" or "data"');
  if (role === "member" && node === undefined) throw bad('A member says who it is in "node"');
  return {
    role,
    protocol,
    oldestProtocol,
    cluster,
    node: node === undefined ? undefined : parseNodeName(node),
    channel,
    batch: message["batch"] === true,
    leftInOrder: message["leftInOrder"] === true,
  };
}

/** Writes a welcome. */
export function welcomeMessage(
  protocol: number,
  cluster: ClusterId | undefined,
  node: NodeName,
  life: string,
): Message {
  return { type: "welcome", protocol, ...(cluster ? { cluster } : {}), node, life, batch: true };
}

/**
 * Reads the answer to a hello.
 *
 * @throws {ClusterError} what the other side refused with, or `BAD_MESSAGE`.
 */
export function parseWelcome(message: Message): Welcome {
  if (message.type === "refuse" || message.type === "error") throw ClusterError.from(message);
  const { protocol, cluster, node, life } = message;
  if (message.type !== "welcome" || !isInteger(protocol, 1)) {
    throw bad(`The answer to "hello" is "welcome" or "refuse", not "${message.type}"`);
  }
  if (cluster !== undefined && !isId(cluster)) throw bad('"cluster" is a UUID of version 7');
  return {
    protocol,
    cluster,
    node: parseNodeName(node),
    life: isId(life) ? life : undefined,
    batch: message["batch"] === true,
  };
}

/** What a node knows when it judges a hello. */
export interface Host {
  /** Who this node is. */
  id: NodeId;
  /** Its cluster; `undefined` while it joins one. */
  cluster: ClusterId | undefined;
  /** Whether the node of that id may not come back: an operator removed it. */
  isRemoved(node: NodeId): boolean;
}

/**
 * Judges a hello: the protocol version to speak.
 *
 * @throws {ClusterError} `PROTOCOL_MISMATCH`, `SELF`, `OTHER_CLUSTER` or `REMOVED`.
 */
export function judgeHello(hello: Hello, host: Host): number {
  const protocol = Math.min(hello.protocol, PROTOCOL.newest);
  if (protocol < hello.oldestProtocol || protocol < PROTOCOL.oldest) {
    throw refusal(
      "PROTOCOL_MISMATCH",
      `This node speaks protocol ${PROTOCOL.oldest} to ${PROTOCOL.newest}, the other ` +
        `${hello.oldestProtocol} to ${hello.protocol}: update the older of the two`,
    );
  }
  if (hello.node?.id === host.id) throw refusal("SELF", "This is the same node");
  if (hello.cluster !== undefined && host.cluster !== undefined && hello.cluster !== host.cluster) {
    throw refusal(
      "OTHER_CLUSTER",
      `This node belongs to cluster ${host.cluster}, not to ${hello.cluster}: ` +
        "two clusters never merge",
      { cluster: host.cluster },
    );
  }
  if (hello.node !== undefined && host.isRemoved(hello.node.id)) {
    throw refusal(
      "REMOVED",
      `${hello.node.name} was removed from this cluster; start it anew, and without its old data folder`,
    );
  }
  return protocol;
}

/** Reads who a node says it is. */
export function parseNodeName(value: unknown): NodeName {
  if (!isJsonObject(value)) throw bad('"node" is an object {id, name, address}');
  const { id, name, address } = value;
  if (!isId(id)) throw bad('"node.id" is a UUID of version 7');
  if (!isNonEmptyString(name, NAME_CHARACTERS)) {
    throw bad(`"node.name" is 1 to ${NAME_CHARACTERS} characters`);
  }
  if (!isAddress(address)) throw bad('"node.address" is HOST:PORT');
  return { id, name: composedName(name), address };
}

function bad(message: string): ClusterError {
  return new ClusterError("BAD_MESSAGE", message);
}

function refusal(
  code: ErrorCode,
  message: string,
  details?: Record<string, unknown>,
): ClusterError {
  return new ClusterError(code, message, details === undefined ? {} : { details });
}
