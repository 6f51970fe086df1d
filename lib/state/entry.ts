import type { Json } from "../core/mod.ts";

/** A key as it is, or was at some revision. Its value is shared with the store: never change it. */
export interface Entry {
  key: string;
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
  type: "put";
  key: string;
  /** The revision that did it: the entry's `modRevision`. */
  revision: number;
  value: Json;
  createRevision: number;
  version: number;
  lease?: number;
}

/** A key was deleted, by a command or with its lease. */
export interface DeleteEvent {
  type: "delete";
  key: string;
  /** The revision that did it. */
  revision: number;
}

/** One change of one key. One revision changes a key at most once. */
export type KeyEvent = PutEvent | DeleteEvent;

/**
 * One version of a key as the store keeps it, shared by the key's history, the log of changes and every
 * snapshot under way: frozen by convention, replaced and never changed.
 */
export interface Version {
  readonly key: string;
  readonly revision: number;
  /** What it counts against the limits: the key's UTF-8 and the value's JSON, in bytes. */
  readonly bytes: number;
  /** What was put; `undefined`: the key was deleted. */
  readonly put: PutContent | undefined;
}

/** What a put left in a version. */
export interface PutContent {
  readonly value: Json;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: number | undefined;
}

/** The entry that a put of the store stands for. */
export function entryOf(version: Version, put: PutContent): Entry {
  const entry: Entry = {
    key: version.key,
    value: put.value,
    createRevision: put.createRevision,
    modRevision: version.revision,
    version: put.version,
  };
  if (put.lease !== undefined) entry.lease = put.lease;
  return entry;
}

/** The event that a version of the store stands for. */
export function eventOf(version: Version): KeyEvent {
  const { key, revision, put } = version;
  if (put === undefined) return { type: "delete", key, revision };
  const { value, createRevision } = put;
  const event: PutEvent = {
    type: "put",
    key,
    revision,
    value,
    createRevision,
    version: put.version,
  };
  if (put.lease !== undefined) event.lease = put.lease;
  return event;
}
