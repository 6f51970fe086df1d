import type { Counts } from "./raft/mod.ts";
import type { NodeId } from "../core/mod.ts";
import type { LeaderInfo } from "./leader_info.ts";

/**
 * What masters said last of the copies of acknowledged writes: it comes by their word alone, before
 * or after consensus names them.
 */
export class ToldCounts {
  #latest: LeaderInfo | undefined;

  /** A master says so itself. */
  receive(told: LeaderInfo): void {
    if (told.counts === undefined || told.term < (this.#latest?.term ?? 0)) return;
    this.#latest = told;
  }

  /**
   * The master of that view says so itself.
   *
   * @returns the view with what it says; `undefined` when that is nothing new.
   */
  countedAnew(told: LeaderInfo, view: LeaderInfo): LeaderInfo | undefined {
    this.receive(told);
    const { master, term, counts } = view;
    if (told.counts === undefined || told.master !== master || told.term !== term) return undefined;
    const { copies, disks } = told.counts;
    if (copies === counts?.copies && disks === counts.disks) return undefined;
    return { ...view, counts: told.counts };
  }

  /** What the master of that view said. */
  of({ master, term }: LeaderInfo): Counts | undefined {
    const latest = this.#latest;
    return latest?.master === master && latest?.term === term ? latest.counts : undefined;
  }

  /** Whether that node, alone in voting, said last that another has all that it acknowledges. */
  isTwice(voter: NodeId): boolean {
    return this.#latest?.master === voter && this.#latest.counts?.copies === 2;
  }
}
