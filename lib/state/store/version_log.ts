import type { Version } from "./key_value.ts";

/** The changes of all keys in order of revision, since the last compaction. */
export class VersionLog {
  #versions: Version[] = [];
  /** What lies before is dropped, and given back once it is half of the array. */
  #head = 0;
  #bytes = 0;

  /** How many changes it holds. */
  get length(): number {
    return this.#versions.length - this.#head;
  }

  /** What its versions count. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a change whose revision is not below the last one's. */
  push(version: Version): void {
    this.#versions.push(version);
    this.#bytes += version.bytes;
  }

  /** Drops and returns all changes below a revision. */
  dropBelow(revision: number): Version[] {
    const end = this.#lowerBound(revision);
    const dropped = this.#versions.slice(this.#head, end);
    for (const version of dropped) this.#bytes -= version.bytes;
    this.#head = end;
    if (this.#head * 2 > this.#versions.length) {
      this.#versions = this.#versions.slice(this.#head);
      this.#head = 0;
    }
    return dropped;
  }

  /** The changes from a revision on. */
  *from(revision: number): Generator<Version> {
    for (let i = this.#lowerBound(revision); i < this.#versions.length; i++) {
      yield this.#versions[i] as Version;
    }
  }

  /** All changes, as an array that later ones do not touch. */
  copy(): Version[] {
    return this.#versions.slice(this.#head);
  }

  #lowerBound(revision: number): number {
    let low = this.#head;
    let high = this.#versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#versions[middle] as Version).event.revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
