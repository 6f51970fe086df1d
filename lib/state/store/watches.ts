import { type ErrorData, isInteger } from "../../core/mod.ts";
import { WATCH_EVENTS, WATCHES } from "./limits.ts";
import { bad, checkKey } from "./checks.ts";
import type { KeyEvent } from "./key_value.ts";
import { CommandError } from "./command_error.ts";
import type { History } from "./key_space.ts";
import type { Selector } from "./selector.ts";

/** Where watches read: the state. */
export interface WatchSource {
  /** The revision of the state. */
  readonly revision: number;
  /** Up to which revision history is forgotten. */
  readonly compactedRevision: number;
  /** The changes of what is selected, from a revision on, without the first `skip`. */
  history(selector: Selector, fromRevision: number, limit: number, skip: number): History;
}

/** What to watch: one key, or all with a prefix (`""`: all). */
export type WatchRequest = Selector & {
  /**
   * The first revision of interest. Default: the next one. One that is still to come is waited for.
   */
  fromRevision?: number;
  /** How many of its changes are known already, as `WatchNews` said. Default 0. */
  skip?: number;
};

/** Whether a watch was added. */
export type WatchAdded =
  | {
    ok: true;
    /** The revision from which on it sees everything. */
    nextRevision: number;
    /** Whether there are changes already: `take` them. */
    isReady: boolean;
  }
  | { ok: false; error: ErrorData };

/** What a watch has seen since it was last asked. */
export type WatchNews =
  | {
    ok: true;
    /** In order; all of a revision or none, unless it comes in parts. */
    events: KeyEvent[];
    /** From where to resume, here or on another node: all before has been given. */
    nextRevision: number;
    /** How many changes of `nextRevision` have been given, too: 0 unless it comes in parts. */
    skip: number;
    /** Whether there is more: take again when the reader has room. */
    isReady: boolean;
  }
  /**
   * The watch is over. `COMPACTED`: it was too slow; its details name the `revision` to resume
   * from.
   */
  | { ok: false; error: ErrorData };

/** One watch. It holds no events: a slow reader costs no memory. */
interface Watch {
  readonly id: string;
  readonly selector: Selector;
  /**
   * It was given every change before; while it is not ready, none of the later ones concerns it.
   */
  nextRevision: number;
  /**
   * How many changes of `nextRevision` it was given, too: also while a replica that is behind has
   * none of them.
   */
  skip: number;
  /** Whether there may be changes from `nextRevision` on. */
  isReady: boolean;
}

/** The watches of one node, over the history of its state. */
export class Watches {
  #source: WatchSource;
  /** Every change up to this revision has been fed; the state may be further already. */
  #fedRevision: number;
  readonly #watches = new Map<string, Watch>();
  readonly #byKey = new Map<string, Set<Watch>>();
  readonly #byPrefix = new Map<string, Set<Watch>>();
  /** How many of `#byPrefix` have each length: a change looks up its key's start of each length. */
  readonly #prefixLengths = new Map<number, number>();

  /** Nobody watches yet. */
  constructor(source: WatchSource) {
    this.#source = source;
    this.#fedRevision = source.revision;
  }

  /** How many there are. */
  get size(): number {
    return this.#watches.size;
  }

  /**
   * Begins a watch.
   *
   * @param id unique among the node's watches.
   */
  add(id: string, request: WatchRequest): WatchAdded {
    const failure = this.#check(id, request);
    if (failure !== undefined) return { ok: false, error: failure.error };
    const next = this.#source.revision + 1;
    const nextRevision = request.fromRevision ?? next;
    const selector = request.key === undefined ? { prefix: request.prefix } : { key: request.key };
    const { skip = 0 } = request;
    const watch: Watch = { id, selector, nextRevision, skip, isReady: nextRevision < next };
    this.#watches.set(id, watch);
    this.#index(watch);
    return { ok: true, nextRevision, isReady: watch.isReady };
  }

  /** Ends a watch; whether there was one. */
  remove(id: string): boolean {
    const watch = this.#watches.get(id);
    if (watch === undefined) return false;
    this.#watches.delete(id);
    this.#unindex(watch);
    return true;
  }

  /**
   * Takes note of one command's changes, after the state has applied it.
   *
   * @returns the watches that have become ready; those that were ready before are not named again.
   */
  feed(events: readonly KeyEvent[]): string[] {
    const ready: string[] = [];
    for (const { key, revision } of events) {
      this.#fedRevision = Math.max(this.#fedRevision, revision);
      wake(this.#byKey.get(key), revision, ready);
      for (const length of this.#prefixLengths.keys()) {
        if (length > key.length) continue;
        wake(this.#byPrefix.get(key.slice(0, length)), revision, ready);
      }
    }
    return ready;
  }

  /**
   * Gives what a ready watch has seen.
   *
   * @param limit events at once, unless one revision has more. Default: `WATCH_EVENTS`. In any case
   * they are at most `WATCH_BYTES`: a revision that has more comes in parts.
   * @returns `undefined` when there is no such watch.
   */
  take(id: string, limit: number = WATCH_EVENTS): WatchNews | undefined {
    const watch = this.#watches.get(id);
    if (watch === undefined) return undefined;
    const { revision, compactedRevision } = this.#source;
    if (!watch.isReady) {
      moveTo(watch, this.#fedRevision + 1);
      const { nextRevision, skip } = watch;
      return { ok: true, events: [], nextRevision, skip, isReady: false };
    }
    if (watch.nextRevision < compactedRevision) {
      this.remove(id);
      return { ok: false, error: compacted(watch.nextRevision, compactedRevision).error };
    }
    const { selector, nextRevision, skip } = watch;
    const history = this.#source.history(selector, nextRevision, Math.max(1, limit), skip);
    watch.nextRevision = history.nextRevision;
    watch.skip = history.skip;
    watch.isReady = history.nextRevision <= revision;
    return { ok: true, ...history, isReady: watch.isReady };
  }

  /**
   * Goes on over another state: the one that a snapshot brought, which skipped some commands, or
   * the same one when it has advanced. A watch from before an advance is `COMPACTED`, also one that
   * waits for a revision below.
   *
   * @returns the watches that have become ready.
   */
  rebase(source: WatchSource): string[] {
    const next = this.#fedRevision + 1;
    this.#source = source;
    this.#fedRevision = Math.max(this.#fedRevision, source.revision);
    const ready: string[] = [];
    for (const watch of this.#watches.values()) {
      if (watch.isReady) continue;
      moveTo(watch, next);
      if (watch.nextRevision > source.revision) continue;
      watch.isReady = true;
      ready.push(watch.id);
    }
    return ready;
  }

  #check(id: string, { key, prefix, fromRevision, skip }: WatchRequest): CommandError | undefined {
    if (this.#watches.has(id)) return bad(`Watch "${id}" exists`);
    if (this.#watches.size >= WATCHES) {
      return new CommandError("TOO_MANY", `There are ${WATCHES} watches already`);
    }
    if ((key === undefined) === (prefix === undefined)) return bad("A watch has a key or a prefix");
    const failure = key === undefined ? checkKey(prefix, true) : checkKey(key);
    if (failure === undefined && skip !== undefined && !isInteger(skip)) {
      return bad("What is skipped is a whole number");
    }
    if (failure !== undefined || fromRevision === undefined) return failure;
    if (!isInteger(fromRevision, 1)) return bad("A revision is a whole number from 1");
    const { compactedRevision } = this.#source;
    return fromRevision < compactedRevision
      ? compacted(fromRevision, compactedRevision)
      : undefined;
  }

  #index(watch: Watch): void {
    const { key, prefix } = watch.selector;
    if (key !== undefined) addTo(this.#byKey, key, watch);
    else if (addTo(this.#byPrefix, prefix, watch)) this.#countLength(prefix.length, 1);
  }

  #unindex(watch: Watch): void {
    const { key, prefix } = watch.selector;
    if (key !== undefined) removeFrom(this.#byKey, key, watch);
    else if (removeFrom(this.#byPrefix, prefix, watch)) this.#countLength(prefix.length, -1);
  }

  #countLength(length: number, change: number): void {
    const count = (this.#prefixLengths.get(length) ?? 0) + change;
    if (count === 0) this.#prefixLengths.delete(length);
    else this.#prefixLengths.set(length, count);
  }
}

function wake(watches: Set<Watch> | undefined, revision: number, ready: string[]): void {
  if (watches === undefined) return;
  for (const watch of watches) {
    if (watch.isReady || revision < watch.nextRevision) continue;
    watch.isReady = true;
    moveTo(watch, revision);
    ready.push(watch.id);
  }
}

/** Nothing before `revision` concerns the watch any more, unless it is further already. */
function moveTo(watch: Watch, revision: number): void {
  if (revision <= watch.nextRevision) return;
  watch.nextRevision = revision;
  watch.skip = 0;
}

/** Whether the set is new. */
function addTo(sets: Map<string, Set<Watch>>, name: string, watch: Watch): boolean {
  const set = sets.get(name);
  if (set === undefined) sets.set(name, new Set([watch]));
  else set.add(watch);
  return set === undefined;
}

/** Whether the set is gone. */
function removeFrom(sets: Map<string, Set<Watch>>, name: string, watch: Watch): boolean {
  const set = sets.get(name);
  set?.delete(watch);
  return set?.size === 0 && sets.delete(name);
}

function compacted(revision: number, lowest: number): CommandError {
  return new CommandError(
    "COMPACTED",
    `Revision ${revision} is gone: read the keys and resume from ${lowest}`,
    { revision: lowest },
  );
}
