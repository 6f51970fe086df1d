import type { NodeId } from "../../core/mod.ts";
import type { MemberRecord } from "./record.ts";

/** News that rides along: at most `GOSSIP_RECORDS` records and `GOSSIP_BYTES` of JSON. */
export type Gossip = { gossip: MemberRecord[] };

/** Asks whether the receiver is there. */
export type ProbeMessage = Gossip & { type: "probe"; sequence: number; target: NodeId };

/** Answers a probe; also carried back by a helper, hence `target`: the member that is there. */
export type AckMessage = Gossip & { type: "ack"; sequence: number; target: NodeId };

/** Asks a helper to probe `target` for the sender, who had no answer. */
export type ProbeRequestMessage = Gossip & {
  type: "probe-request";
  sequence: number;
  target: NodeId;
  /** Whether the sender's own dial was refused: with a helper's that decides. */
  refused: boolean;
};

/** A helper's word that it is there itself and had no answer from `target` (yet) either. */
export type NackMessage = Gossip & {
  type: "nack";
  sequence: number;
  target: NodeId;
  /** The target's address answered that it is not there: hard evidence. */
  refused: boolean;
};

/** Nothing but news. */
export type GossipMessage = Gossip & { type: "gossip" };

/** The sender's view in one number: whoever holds the same has nothing to say to it. */
export type SyncMessage = Gossip & { type: "sync"; digest: number };

/** Answers a `sync` of another view: the digests of the shares of the sender's. */
export type SyncDigestsMessage = Gossip & { type: "sync-digests"; digests: number[] };

/**
 * Shares of a view that is cut into `of`; of the first only what stands behind `after`, when that
 * is there.
 */
export type Shares = { of: number; shares: number[]; after?: NodeId };

/** Asks for the records of some shares. */
export type SyncPullMessage = Gossip & Shares & {
  type: "sync-pull";
  /** Whether the receiver is to ask for the same in turn. */
  mutual: boolean;
};

/** Answers a `sync-pull`: the records, or a page of them. */
export type SyncRecordsMessage = Gossip & {
  type: "sync-records";
  members: MemberRecord[];
  /** What did not fit, to be asked for next. */
  rest?: Shares;
};

/** The sender leaves; `member` is its own last record. */
export type LeaveMessage = Gossip & { type: "leave"; member: MemberRecord };

/** The receiver's leave was seen. */
export type LeaveAckMessage = Gossip & {
  type: "leave-ack";
  incarnation: number;
  /** Whether the receiver leaves too, and so tells nobody. */
  leaving: boolean;
};

/** Every message of this folder. */
export type MembershipMessage =
  | ProbeMessage
  | AckMessage
  | ProbeRequestMessage
  | NackMessage
  | GossipMessage
  | SyncMessage
  | SyncDigestsMessage
  | SyncPullMessage
  | SyncRecordsMessage
  | LeaveMessage
  | LeaveAckMessage;

/** The wire names of the messages of this folder: what the node routes here. */
export const MEMBERSHIP_TYPES = [
  "probe",
  "ack",
  "probe-request",
  "nack",
  "gossip",
  "sync",
  "sync-digests",
  "sync-pull",
  "sync-records",
  "leave",
  "leave-ack",
] as const satisfies readonly MembershipMessage["type"][];
