import type { Json } from "../../core/mod.ts";

/** A key as it is, or was at some revision. Its value is shared with the store: never change it. */
export interface KeyValue {
  /** Its name: well-formed text of at most `KEY_BYTES` in UTF-8. */
  key: string;
  /** What was put: JSON of at most `VALUE_BYTES`. */
  value: Json;
  /** The revision that created the key (since it was last deleted). */
  createRevision: number;
  /** The revision that wrote this value; `createRevision <= modRevision`. */
  modRevision: number;
  /** How often the key was put since it was created: 1 for the first. */
  version: number;
  /** The lease whose end deletes the key. */
  lease?: number;
}

/** A key was put: the event of a watch. */
export interface PutEvent {
  /** Told apart from a {@linkcode DeleteEvent} by this. */
  readonly type: "put";
  /** The key that was put. */
  readonly key: string;
  /** The revision that did it: the entry's `modRevision`. */
  readonly revision: number;
  /** Shared with the store: never change it. */
  readonly value: Json;
  /** As in an {@linkcode KvClient}. */
  readonly createRevision: number;
  /** As in an {@linkcode KvClient}: 1 means that the key was created. */
  readonly version: number;
  /** As in an {@linkcode KvClient}. */
  readonly lease?: number;
}

/** A key was deleted, by a command or with its lease. */
export interface DeleteEvent {
  /** Told apart from a {@linkcode PutEvent} by this. */
  readonly type: "delete";
  /** The key that is gone. */
  readonly key: string;
  /** The revision that did it. */
  readonly revision: number;
}

/**
 * One change of one key; one revision changes a key at most once. The same change is always the
 * same object, so that who sends it to many watches may encode it once.
 */
export type KeyEvent = PutEvent | DeleteEvent;

/**
 * One version of a key as the store keeps it: shared by the key's history, the log of changes and
 * the snapshots under way, and never changed.
 */
export interface Version {
  /** The change that made it. */
  readonly event: KeyEvent;
  /** What it counts against the limits. */
  readonly bytes: number;
}

/** A version that is a put. */
export interface PutVersion extends Version {
  /** What was put. */
  readonly event: PutEvent;
}

/** Whether the key exists with this version. */
export function isPut(version: Version): version is PutVersion {
  return version.event.type === "put";
}

/** What a put left behind, as a read gives it. */
export function entryOf(event: PutEvent): KeyValue {
  const entry: KeyValue = {
    key: event.key,
    value: event.value,
    createRevision: event.createRevision,
    modRevision: event.revision,
    version: event.version,
  };
  if (event.lease !== undefined) entry.lease = event.lease;
  return entry;
}
