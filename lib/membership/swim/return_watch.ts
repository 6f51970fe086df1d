import { LINKS_TO_ALL, type NodeId, RETURN_DIAL_MS } from "../../core/mod.ts";
import { RETURN_WATCH_MS, RETURNS_KNOWN, RETURNS_WATCHED } from "./limits.ts";
import type { Context } from "./context.ts";
import type { MemberEntry, Roster } from "./roster.ts";

/**
 * Looks after the addresses of those who went lately, so that a node that is started there anew
 * soon hears of its old cluster: a node that is about to found a cluster waits for who dials it.
 *
 * One member dials each of them, the first alive one behind it in the order of the ids: in a row
 * every `RETURN_DIAL_MS`, where chance would leave gaps. What it costs is bounded for a member
 * (`RETURNS_WATCHED`) and for the cluster (`RETURNS_KNOWN`), however many went and however many
 * members there are. Past `LINKS_TO_ALL` members the periodic reconnection has to do.
 */
export class ReturnWatch {
  readonly #context: Context;
  readonly #probe: (id: NodeId) => void;
  #isArmed = false;
  /** The view of which `#own` was made. */
  #seen: number | undefined;
  /** Those whom this node looks for: at most `RETURNS_WATCHED`. */
  #own: readonly MemberEntry[] = [];

  /** @param probe asks one of the gone whether it is back. */
  constructor(context: Context, probe: (id: NodeId) => void) {
    this.#context = context;
    this.#probe = probe;
  }

  /** Sees to it that a round comes while there is somebody to look for. */
  review(): void {
    const { roster, phase } = this.#context;
    if (this.#isArmed || phase !== "member" || roster.goneCount === 0) return;
    if (roster.liveCount > LINKS_TO_ALL) return;
    if (roster.digest === this.#seen && this.#own.length === 0) return;
    this.#isArmed = true;
    this.#context.after(RETURN_DIAL_MS, () => this.#round());
  }

  #round(): void {
    this.#isArmed = false;
    const { roster, phase } = this.#context;
    if (phase !== "member") return;
    if (roster.digest !== this.#seen) {
      this.#seen = roster.digest;
      const isOwn = ({ record }: MemberEntry) => this.#watcherOf(record.id) === roster.selfId;
      this.#own = this.#goneLately().filter(isOwn).slice(0, RETURNS_WATCHED);
    } else this.#own = this.#own.filter((entry) => this.#isLate(entry));
    for (const { record } of this.#own) this.#probe(record.id);
  }

  /**
   * Who went lately and may come back, the latest first; of several lives at one address the last.
   */
  #goneLately(): MemberEntry[] {
    const { roster } = this.#context;
    const latest = Array.from(roster.departed, (id) => roster.get(id) as MemberEntry)
      .filter((entry) => this.#isLate(entry) && mayBeBack(entry, roster))
      .toSorted((a, b) => b.since - a.since || (a.record.id < b.record.id ? 1 : -1));
    const byAddress = new Map<string, MemberEntry>();
    for (const entry of latest) {
      const { address } = entry.record;
      if (!byAddress.has(address)) byAddress.set(address, entry);
    }
    return [...byAddress.values()].slice(0, RETURNS_KNOWN);
  }

  #isLate({ since }: MemberEntry): boolean {
    return this.#context.now - since < RETURN_WATCH_MS;
  }

  #watcherOf(gone: NodeId): NodeId {
    const { roster } = this.#context;
    let first = roster.selfId;
    let next: NodeId | undefined = first > gone ? first : undefined;
    for (const id of roster.live.ids) {
      if (roster.get(id)?.record.state !== "alive") continue;
      if (id < first) first = id;
      if (id > gone && (next === undefined || id < next)) next = id;
    }
    return next ?? first;
  }
}

/**
 * Whether whoever comes back to its address can be dialled there: one that was removed too, as a
 * new node.
 */
function mayBeBack({ record }: MemberEntry, roster: Roster): boolean {
  return record.undialable !== true && roster.holderOfAddress(record.address) === undefined;
}
