import type { Millis, NodeId, UnreachableKind } from "../../core/mod.ts";
import type { MembershipMessage } from "./messages.ts";
import type { Member, MemberRecord, MemberState } from "./record.ts";

/** What the shell tells the machine. */
export type MembershipInput =
  | { type: "tick" }
  /** A message of one of `MEMBERSHIP_TYPES` from the node that the link's handshake named. */
  | { type: "message"; from: NodeId; message: unknown }
  /** An established link to a member ended, not by us. */
  | { type: "link-broken"; node: NodeId; kind: "reset" | "closed" }
  /** Dialling a member failed. */
  | { type: "unreachable"; node: NodeId; kind: UnreachableKind }
  /** The records that the member we joined through sent, or that were kept: then through nobody. */
  | { type: "join"; members: unknown[]; through?: NodeId }
  /** A node joins through us; it passed `admission`. */
  | { type: "admit"; member: MemberRecord }
  /** We leave in order; `left` follows. */
  | { type: "leave" }
  /** An operator forces a member out. */
  | { type: "remove"; node: NodeId }
  /** Our tags or services changed, or whether others can dial our address. */
  | {
    type: "describe";
    tags?: Record<string, string>;
    services?: string[];
    isUndialable?: boolean;
  }
  /** We are known by another name or address from now on; `cause` says how we came to know. */
  | { type: "readdress"; name: string; address: string; cause: string };

/** What the machine asks of the shell. */
export type MembershipEffect =
  /**
   * Use the link to that member or dial its address; tell `unreachable` when that fails. An empty
   * address is a stranger's who spoke to us: only a link that exists will do. `isLook`: one of the
   * gone may be back; such dials are spaced here, and nothing that others want of that address may
   * hold them up.
   */
  | { type: "send"; to: NodeId; address: string; message: MembershipMessage; isLook?: true }
  /**
   * Close the links to that member, which carry nothing although others reach it: a link made anew
   * works at once, while TCP tries one that was cut ever more seldom.
   */
  | { type: "relink"; node: NodeId }
  /**
   * That our own dials of that member are refused although others reach it began, or is over;
   * `isTold`: people should hear of it, and have not for a while.
   */
  | { type: "reach"; node: NodeId; isOutOfReach: boolean; isTold: boolean }
  /** Something that people and the rest of the node want to know. */
  | { type: "notify"; event: MemberEvent }
  /**
   * Somebody says of us, as of late as we do, that we are at another address: an earlier life of
   * this node was, or another process runs as this node.
   */
  | { type: "elsewhere"; address: string }
  /** A message, or records in it, that were refused; at most `REJECTED_PER_SECOND` of these. */
  | { type: "rejected"; from: NodeId; reason: string }
  /** We are a member no more: stop. `holder` is the member that has our name or address. */
  | {
    type: "forced-out";
    code: "REMOVED" | "NAME_TAKEN" | "ADDRESS_TAKEN";
    reason: string;
    holder?: NodeId;
  }
  /** Our leave is done; `confirmed` of `asked` members acknowledged it. */
  | { type: "left"; confirmed: number; asked: number };

/** What happened to a member. */
export interface MemberEvent {
  /**
   * What happened; `alive` is one that was suspect or dead, `updated` has new metadata or a new
   * address.
   */
  type: "joined" | "alive" | "suspect" | "dead" | "left" | "removed" | "updated" | "forgotten";
  /** The member after it. */
  member: Member;
  /** Its state before, when it was known. */
  previous?: MemberState;
  /** Why, as a fragment of a sentence. */
  cause: string;
  /** The members on whose word. */
  by: NodeId[];
}

/** One recorded step in what we believed of a member, for `why NODE`. */
export interface HistoryEvent {
  /** The local monotonic time. */
  at: Millis;
  /** What was believed from then on. */
  state: MemberState;
  /** On which word of the member about itself. */
  incarnation: number;
  /** What happened, as a fragment of a sentence. */
  cause: string;
  /** The members on whose word. */
  by: NodeId[];
}

/** What a node says of itself when it starts. */
export interface SelfDescription {
  /** New at each start unless it is kept on disk. */
  id: NodeId;
  /** Unique among the members. */
  name: string;
  /** As `host:port`. */
  address: string;
  /** Metadata for people and for balancing; none by default. */
  tags?: Record<string, string>;
  /** Names of the services that it offers; none by default. */
  services?: string[];
  /**
   * Where its words about itself begin, above those of an earlier life under this id. Default 1.
   */
  incarnation?: number;
}

/** Whether a node may join. */
export type Admission =
  | { ok: true }
  | {
    ok: false;
    code: "NAME_TAKEN" | "ADDRESS_TAKEN" | "REMOVED" | "BAD_MESSAGE";
    /** The member in the way. */
    holder?: Member;
    message: string;
  };
