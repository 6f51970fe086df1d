import { invariant, type Json } from "../../core/mod.ts";
import { VERSION_BYTES } from "./limits.ts";
import { isPut, type PutEvent, type PutVersion, type Version } from "./key_value.ts";
import { jsonBytes } from "./json_value.ts";
import { compareKeys } from "./key_order.ts";
import type { KeySpace } from "./key_space.ts";

/**
 * The changes that one command prepares, and sees in its own reads, before all or none are
 * committed.
 */
export class Batch {
  readonly #space: KeySpace;
  /** A key that was put here is not changed again; one that was deleted is not put. */
  readonly #staged = new Map<string, Version>();
  #bytes = 0;

  /** Nothing is prepared yet. */
  constructor(space: KeySpace) {
    this.#space = space;
  }

  /** The revision that the changes get. */
  get revision(): number {
    return this.#space.revision + 1;
  }

  /** What the prepared changes count. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The prepared changes, in the order in which they were made. */
  get versions(): Version[] {
    return [...this.#staged.values()];
  }

  /** Puts a key; its value is a JSON value within its bounds. */
  put(key: string, value: Json, lease: number | undefined): PutEvent {
    const { revision } = this;
    const before = this.read(key)?.event;
    const event: PutEvent = {
      type: "put",
      key,
      revision,
      value,
      createRevision: before?.createRevision ?? revision,
      version: (before?.version ?? 0) + 1,
      ...(lease === undefined ? {} : { lease }),
    };
    this.#stage(versionOf(event));
    return event;
  }

  /** Deletes a key; whether it was there. */
  delete(key: string): boolean {
    if (this.read(key) === undefined) return false;
    this.#stage(versionOf({ type: "delete", key, revision: this.revision }));
    return true;
  }

  /** The put that a key stands at, after the prepared changes. */
  read(key: string): PutVersion | undefined {
    const staged = this.#staged.get(key);
    if (staged === undefined) return this.#space.read(key);
    return isPut(staged) ? staged : undefined;
  }

  /** The puts under a prefix in order of their keys, after the prepared changes. */
  *scan(prefix: string): Generator<PutVersion> {
    const staged = this.versions.filter((version) => version.event.key.startsWith(prefix))
      .filter(isPut).sort((a, b) => compareKeys(a.event.key, b.event.key));
    let next = 0;
    for (const committed of this.#space.scan(prefix)) {
      const { key } = committed.event;
      for (; next < staged.length; next++) {
        const put = staged[next] as PutVersion;
        if (compareKeys(put.event.key, key) >= 0) break;
        yield put;
      }
      if (!this.#staged.has(key)) yield committed;
    }
    yield* staged.slice(next);
  }

  #stage(version: Version): void {
    invariant(!this.#staged.has(version.event.key), "one revision changes a key at most once");
    this.#staged.set(version.event.key, version);
    this.#bytes += version.bytes;
  }
}

/**
 * A version with what it counts: no less than its bytes as JSON, which replies and chunks are
 * bounded by.
 */
export function versionOf(event: Version["event"]): Version {
  const key = jsonBytes(event.key);
  const value = event.type === "put" ? jsonBytes(event.value) : 0;
  invariant(key !== undefined && value !== undefined, "values are checked before they are put");
  return { event, bytes: VERSION_BYTES + key + value };
}
