import {
  composedName,
  GOSSIP_RECORDS,
  isAddress,
  isId,
  isInteger,
  isJsonObject,
  isMetadataInBounds,
  isNonEmptyString,
  isReservedName,
  type JsonObject,
  METADATA_BYTES,
  NAME_CHARACTERS,
  type NodeId,
  SERVICE_NAME_CHARACTERS,
  TAG_KEY_CHARACTERS,
} from "../../core/mod.ts";
import {
  CAUSE_CHARACTERS,
  OBSERVERS_MAX,
  REPLACED_MAX,
  SERVICES_MAX,
  STALL_MAX_MS,
  SYNC_RECORDS,
  SYNC_SHARES,
  TAGS_MAX,
} from "./limits.ts";
import type { MembershipMessage, Shares } from "./messages.ts";
import type { MemberRecord, MemberState } from "./record.ts";

/** A value, or why it is none. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

/** A message, and why records in it were left out. */
export interface ParsedMessage {
  /** The message, with its good records only. */
  message: MembershipMessage;
  /** Why each of the others was left out. */
  refusals: string[];
}

const STATES: ReadonlySet<unknown> = new Set<MemberState>(["alive", "suspect", "dead", "left"]);
/**
 * Shared by all records without any: a thousand members in a thousand simulated machines are a
 * million.
 */
const NO_TAGS: Record<string, string> = Object.freeze({}) as Record<string, string>;
const NO_SERVICES: string[] = Object.freeze([]) as unknown as string[];
/** An own property of this name would be lost, or worse, wherever tags are copied. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Reads a message of another member; a bad record in it is left out, and the others are kept. */
export function parseMessage(given: unknown): Parsed<ParsedMessage> {
  if (!isJsonObject(given)) return refuse("not an object");
  const { type } = given;
  const refusals: string[] = [];
  const gossip = given.gossip === undefined
    ? []
    : parseRecords(given.gossip, GOSSIP_RECORDS, refusals);
  if (gossip === undefined) return refuse("gossip is not a short list of records");
  const accept = (message: MembershipMessage) => ({
    ok: true as const,
    value: { message, refusals },
  });
  if (type === "gossip") return accept({ type, gossip });
  if (isSyncType(type)) {
    const message = parseSync(type, given, gossip, refusals);
    return typeof message === "string" ? refuse(message) : accept(message);
  }
  if (type === "leave") {
    const member = parseRecord(given.member);
    if (!member.ok) return refuse(`leave with a bad record: ${member.reason}`);
    return accept({ type, member: member.value, gossip });
  }
  if (type === "leave-ack") {
    if (!isInteger(given.incarnation)) return refuse("leave-ack without an incarnation");
    const { incarnation, leaving } = given;
    return accept({ type, incarnation, leaving: leaving === true, gossip });
  }
  const { sequence, target } = given;
  if (!isInteger(sequence)) return refuse("without a sequence");
  if (!isId(target)) return refuse("without a target");
  if (type === "probe" || type === "ack") return accept({ type, sequence, target, gossip });
  if (type === "nack" || type === "probe-request") {
    return accept({ type, sequence, target, refused: given.refused === true, gossip });
  }
  return refuse("a type that is no membership message");
}

function isSyncType(type: unknown): type is SyncType {
  return type === "sync" || type === "sync-digests" || type === "sync-pull" ||
    type === "sync-records";
}

type SyncType = Extract<MembershipMessage["type"], `sync${string}`>;

/** Reads a message of an exchange; a text says what is wrong with it. */
function parseSync(
  type: SyncType,
  given: JsonObject,
  gossip: MemberRecord[],
  refusals: string[],
): MembershipMessage | string {
  switch (type) {
    case "sync": {
      const { digest } = given;
      return isInteger(digest) ? { type, digest, gossip } : "sync without a digest";
    }
    case "sync-digests": {
      const { digests } = given;
      if (!Array.isArray(digests) || !isShareCount(digests.length) || !digests.every(isDigest)) {
        return "sync-digests without digests of 1 to 1,024 shares, a power of two";
      }
      return { type, digests, gossip };
    }
    case "sync-pull": {
      const shares = parseShares(given);
      if (shares === undefined) return "sync-pull without shares that there are";
      return { type, ...shares, mutual: given.mutual === true, gossip };
    }
    case "sync-records": {
      const members = parseRecords(given.members, SYNC_RECORDS, refusals);
      if (members === undefined) return "sync-records without a bounded list of members";
      if (given.rest === undefined) return { type, members, gossip };
      const rest = isJsonObject(given.rest) ? parseShares(given.rest) : undefined;
      return rest === undefined
        ? "sync-records with a malformed rest"
        : { type, members, rest, gossip };
    }
  }
}

function parseShares({ of, shares, after }: JsonObject): Shares | undefined {
  if (!isShareCount(of) || !Array.isArray(shares) || shares.length > of) return undefined;
  if (!shares.every((share) => isInteger(share, 0, of - 1))) return undefined;
  if (after === undefined) return { of, shares };
  return isId(after) ? { of, shares, after } : undefined;
}

function isShareCount(of: unknown): of is number {
  return isInteger(of, 1, SYNC_SHARES) && (of & (of - 1)) === 0;
}

function isDigest(digest: unknown): digest is number {
  return isInteger(digest, 0, 0xffff_ffff);
}

/** Reads a record of another member; unknown fields are dropped. */
export function parseRecord(given: unknown): Parsed<MemberRecord> {
  if (!isJsonObject(given)) return refuse("a record is not an object");
  const { id, name, address, incarnation, state } = given;
  if (!isId(id)) return refuse("a record without an id");
  if (!isNonEmptyString(name, NAME_CHARACTERS)) {
    return refuse(`${id} without a name of reasonable length`);
  }
  if (isReservedName(name)) return refuse(`${id} with the name ${name}, which means who leads`);
  if (!isAddress(address)) return refuse(`${id} without an address`);
  if (!isInteger(incarnation)) return refuse(`${id} without an incarnation`);
  if (!STATES.has(state)) return refuse(`${id} without a state`);
  const tags = parseTags(given.tags);
  if (tags === undefined) return refuse(`${id} with tags that are malformed or too many`);
  const services = parseServices(given.services);
  if (services === undefined) return refuse(`${id} with services that are malformed or too many`);
  if (!isMetadataInBounds(tags, services)) {
    return refuse(`${id} with more than ${METADATA_BYTES} bytes of tags and services`);
  }
  const record: MemberRecord = {
    id,
    name: composedName(name),
    address,
    incarnation,
    state: state as MemberState,
    tags,
    services,
  };
  const flaw = parseOptional(given, record);
  return flaw === undefined ? { ok: true, value: record } : refuse(`${id} with ${flaw}`);
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}

function parseRecords(
  given: unknown,
  limit: number,
  refusals: string[],
): MemberRecord[] | undefined {
  if (!Array.isArray(given) || given.length > limit) return undefined;
  const records: MemberRecord[] = [];
  for (const item of given) {
    const parsed = parseRecord(item);
    if (parsed.ok) records.push(parsed.value);
    else refusals.push(parsed.reason);
  }
  return records;
}

function parseTags(given: unknown): Record<string, string> | undefined {
  if (given === undefined) return NO_TAGS;
  if (!isJsonObject(given)) return undefined;
  const keys = Object.keys(given);
  if (keys.length === 0) return NO_TAGS;
  if (keys.length > TAGS_MAX) return undefined;
  const tags: Record<string, string> = {};
  for (const key of keys) {
    const value = given[key];
    if (key.length === 0 || key.length > TAG_KEY_CHARACTERS || UNSAFE_KEYS.has(key)) {
      return undefined;
    }
    if (typeof value !== "string" || value.length > METADATA_BYTES) return undefined;
    tags[key] = value;
  }
  return tags;
}

function parseServices(given: unknown): string[] | undefined {
  if (given === undefined) return NO_SERVICES;
  if (!Array.isArray(given) || given.length > SERVICES_MAX) return undefined;
  if (!given.every((name) => isNonEmptyString(name, SERVICE_NAME_CHARACTERS))) return undefined;
  return given.length === 0 ? NO_SERVICES : given.slice();
}

/** Reads what not every record carries into `record`; says what is wrong with it, if anything. */
function parseOptional(given: JsonObject, record: MemberRecord): string | undefined {
  const { state } = record;
  const isGone = state === "dead" || state === "left";
  if (given.undialable === true) record.undialable = true;
  if (isInteger(given.stalledMs, 1)) record.stalledMs = Math.min(given.stalledMs, STALL_MAX_MS);
  for (const field of ["by", "refused"] as const) {
    const ids = given[field];
    if (ids === undefined || state === "alive") continue;
    if (!Array.isArray(ids) || ids.length > OBSERVERS_MAX || !ids.every(isId)) {
      return `a bad "${field}"`;
    }
    record[field] = [...new Set<NodeId>(ids)];
  }
  if (state === "left" && given.forced === true) record.forced = true;
  if (given.returned === true) record.returned = true;
  if (given.replaces !== undefined) {
    const { replaces } = given;
    if (!Array.isArray(replaces) || replaces.length > REPLACED_MAX || !replaces.every(isId)) {
      return 'a bad "replaces"';
    }
    record.replaces = [...new Set<NodeId>(replaces)];
  }
  if (isGone && given.ageMs !== undefined) {
    if (typeof given.ageMs !== "number" || !(given.ageMs >= 0)) return "a bad age";
    record.ageMs = given.ageMs;
  }
  if (isGone && given.cause !== undefined) {
    if (!isNonEmptyString(given.cause, CAUSE_CHARACTERS)) return "a bad cause";
    record.cause = given.cause;
  }
  return undefined;
}
