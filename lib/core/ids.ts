/**
 * Who a node is: a UUID of version 7 (RFC 9562), new at each start unless the node has a data
 * folder.
 */
export type NodeId = string;

/** Which cluster: the UUID of version 7 that its founder drew. */
export type ClusterId = string;

const UUID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Whether a value of the wire is a UUID of version 7 in lower case, as every node writes its own.
 */
export function isId(value: unknown): value is NodeId {
  return typeof value === "string" && UUID_SHAPE.test(value);
}

/** Makes ids. A port: the real one draws entropy, the simulator's counts. */
export interface IdSource {
  /** A new id, greater than every id that this source made before. */
  next(): NodeId;
}
