import { invariant, LIST_ENTRIES } from "../../core/mod.ts";
import { LIST_BYTES, WATCH_BYTES } from "./limits.ts";
import type { ListResult } from "./command_result.ts";
import { entryOf, isPut, type KeyEvent, type PutVersion, type Version } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import { compareKeys } from "./key_order.ts";
import { type Keyed, OrderedKeys } from "./ordered_keys.ts";
import type { Selector } from "./selector.ts";
import { VersionLog } from "./version_log.ts";

/** The page of a list. */
export interface Page {
  /** The key after which it begins. Default: from the first. */
  after?: string;
  /** At most so many entries. Default and most: `LIST_ENTRIES`. */
  limit?: number;
}

/** A stretch of history. */
export interface History {
  /** In order, and all of a revision or none, unless one revision alone is over `WATCH_BYTES`. */
  events: KeyEvent[];
  /** From where to read on; every earlier change is in `events`. */
  nextRevision: number;
  /**
   * How many changes of `nextRevision` itself have been given already; 0 unless it comes in parts.
   */
  skip: number;
}

/** One key's versions by ascending revision; at most the first is older than the compaction. */
interface KeyHistory extends Keyed {
  /** Never empty. */
  readonly versions: Version[];
}

/** All keys at all revisions since the last compaction. */
export class KeySpace {
  /** Every key that has versions: also deleted ones, until compaction. */
  readonly #histories = new Map<string, KeyHistory>();
  /** The same in order. */
  readonly #order = new OrderedKeys<KeyHistory>();
  /** Every version of `#histories` from `#compacted` on. */
  readonly #log = new VersionLog();
  #revision = 1;
  /** `1 <= #compacted <= #revision`: the lowest revision that can be read. */
  #compacted = 1;
  #bytes = 0;
  #liveKeys = 0;

  /** The revision of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** The lowest revision that can be read or watched from. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  /** What all versions count against `STATE_BYTES`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the changes since the compaction count, of `bytes`. */
  get historyBytes(): number {
    return this.#log.bytes;
  }

  /** Keys that exist now. */
  get liveKeys(): number {
    return this.#liveKeys;
  }

  /** Why a revision cannot be read; `undefined` when it can. */
  checkRevision(revision: number): CommandError | undefined {
    if (revision < this.#compacted) {
      return new CommandError(
        "COMPACTED",
        `Revision ${revision} is gone: the lowest left is ${this.#compacted}`,
        { revision: this.#compacted },
      );
    }
    if (revision <= this.#revision) return undefined;
    return new CommandError(
      "FUTURE_REVISION",
      `Revision ${revision} is not reached: this replica is at ${this.#revision}`,
      { revision: this.#revision },
    );
  }

  /** The put that a key stands at, at a readable revision. */
  read(key: string, revision: number = this.#revision): PutVersion | undefined {
    const history = this.#histories.get(key);
    return history === undefined ? undefined : putAt(history.versions, revision);
  }

  /** The puts under a prefix, in order of their keys, at a readable revision. */
  *scan(prefix: string, revision: number = this.#revision, after?: string): Generator<PutVersion> {
    const isAfter = after !== undefined && compareKeys(after, prefix) >= 0;
    for (const { key, versions } of this.#order.from(isAfter ? after : prefix, isAfter)) {
      if (!key.startsWith(prefix)) return;
      const put = putAt(versions, revision);
      if (put !== undefined) yield put;
    }
  }

  /** Changes keys at the next revision: each version of the batch carries it. */
  commit(batch: readonly Version[]): void {
    const revision = this.#revision + 1;
    for (const version of batch) {
      invariant(version.event.revision === revision, "a batch is written at the next revision");
      this.#append(version);
      this.#log.push(version);
    }
    this.#revision = revision;
  }

  /**
   * Up to `limit` changes and `WATCH_BYTES` from a revision on, of which `skip` are passed over;
   * one revision's whole when it alone has more, as far as `WATCH_BYTES` go.
   */
  history(selector: Selector, fromRevision: number, limit: number, skip = 0): History {
    const events: KeyEvent[] = [];
    let bytes = 0;
    /** Where the changes of the revision at hand begin in `events`. */
    let begun = 0;
    let toSkip = skip;
    for (const version of this.#changes(selector, fromRevision)) {
      const { event } = version;
      if (event.revision === fromRevision && toSkip-- > 0) continue;
      const isNew = event.revision !== events.at(-1)?.revision;
      const isFull = events.length > 0 && bytes + version.bytes > WATCH_BYTES;
      if (isFull && !isNew && begun === 0) {
        const given = events.length + (event.revision === fromRevision ? skip : 0);
        return { events, nextRevision: event.revision, skip: given };
      }
      if (isFull || (isNew && events.length >= limit)) {
        if (!isNew) events.length = begun;
        return { events, nextRevision: event.revision, skip: 0 };
      }
      if (isNew) begun = events.length;
      events.push(event);
      bytes += version.bytes;
    }
    return { events, nextRevision: Math.max(fromRevision, this.#revision + 1), skip: 0 };
  }

  /** Forgets what only reads below a revision, of those that exist, could see. */
  compact(revision: number): void {
    invariant(revision > this.#compacted && revision <= this.#revision, "compaction goes forward");
    const touched = new Set<string>();
    for (const { event } of this.#log.dropBelow(revision)) touched.add(event.key);
    for (const { event } of this.#log.from(revision)) {
      if (event.revision > revision) break;
      touched.add(event.key);
    }
    this.#compacted = revision;
    for (const key of touched) this.#compactKey(key, revision);
  }

  /**
   * Goes on at a far higher revision: all history before it is forgotten, and what stands is read
   * there.
   */
  advance(revisions: number): void {
    this.#revision += revisions;
    this.compact(this.#revision);
  }

  /** The lowest revision whose compaction would leave at most so many bytes of history. */
  revisionLeaving(historyBytes: number): number {
    let surplus = this.#log.bytes - historyBytes;
    for (const version of this.#log.from(0)) {
      if (surplus <= 0) return version.event.revision;
      surplus -= version.bytes;
    }
    return this.#revision;
  }

  /**
   * What a snapshot holds: the versions below the compaction, in order of keys, and the history.
   */
  capture(): { base: Version[]; history: Version[] } {
    const base: Version[] = [];
    for (const { versions: [first] } of this.#order.from("")) {
      if (first !== undefined && first.event.revision < this.#compacted) base.push(first);
    }
    return { base, history: this.#log.copy() };
  }

  /** Fills an empty space from what `capture` gave. */
  fill(
    revision: number,
    compacted: number,
    base: Iterable<Version>,
    history: Iterable<Version>,
  ): void {
    for (const version of base) this.#append(version);
    for (const version of history) {
      this.#append(version);
      this.#log.push(version);
    }
    this.#revision = revision;
    this.#compacted = compacted;
  }

  #append(version: Version): void {
    const { key } = version.event;
    const history = this.#histories.get(key);
    const wasLive = history?.versions.at(-1)?.event.type === "put";
    if (history === undefined) {
      const created: KeyHistory = { key, versions: [version] };
      this.#histories.set(key, created);
      this.#order.add(created);
    } else history.versions.push(version);
    this.#bytes += version.bytes;
    this.#liveKeys += Number(version.event.type === "put") - Number(wasLive);
  }

  *#changes(selector: Selector, fromRevision: number): Generator<Version> {
    if (selector.key !== undefined) {
      const { versions } = this.#histories.get(selector.key) ?? { versions: [] };
      for (let i = upperBound(versions, fromRevision - 1); i < versions.length; i++) {
        yield versions[i] as Version;
      }
      return;
    }
    for (const version of this.#log.from(fromRevision)) {
      if (version.event.key.startsWith(selector.prefix)) yield version;
    }
  }

  #compactKey(key: string, revision: number): void {
    const versions = this.#histories.get(key)?.versions;
    if (versions === undefined) return;
    const seen = upperBound(versions, revision) - 1;
    const event = versions[seen]?.event;
    // A deletion at the very revision stays: a watch from there has to see it.
    const isGone = event?.type === "delete" && event.revision < revision;
    const dropped = versions.splice(0, Math.max(0, isGone ? seen + 1 : seen));
    for (const version of dropped) this.#bytes -= version.bytes;
    if (versions.length > 0) return;
    this.#histories.delete(key);
    this.#order.remove(key);
  }
}

/** One page of entries out of puts in order, and what they count. */
export function pageOf(
  puts: Iterable<PutVersion>,
  limit: number = LIST_ENTRIES,
): { page: ListResult; bytes: number } {
  const entries = [];
  let bytes = 0;
  for (const put of puts) {
    const isFull = entries.length > 0 && bytes + put.bytes > LIST_BYTES;
    if (isFull || entries.length >= Math.min(limit, LIST_ENTRIES)) {
      return { page: { type: "list", entries, more: true }, bytes };
    }
    bytes += put.bytes;
    entries.push(entryOf(put.event));
  }
  return { page: { type: "list", entries, more: false }, bytes };
}

/** The put that a key stood at. */
function putAt(versions: readonly Version[], revision: number): PutVersion | undefined {
  const version = versions[upperBound(versions, revision) - 1];
  return version !== undefined && isPut(version) ? version : undefined;
}

/** The number of versions that are not above a revision. */
function upperBound(versions: readonly Version[], revision: number): number {
  // Most reads are of the present.
  const last = versions.at(-1);
  if (last === undefined || last.event.revision <= revision) return versions.length;
  let low = 0;
  let high = versions.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle] as Version).event.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
