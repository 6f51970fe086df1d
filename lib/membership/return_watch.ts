import { LINKS_TO_ALL, RETURN_DIAL_MS, RETURN_WATCH_MS, RETURNS_WATCHED } from "../core/mod.ts";
import type { NodeId } from "../core/mod.ts";
import type { Context } from "./context.ts";

/**
 * Looks after the addresses of those who went lately, so that a node that is started there anew soon hears
 * of its old cluster: a node that is about to found a cluster waits for who dials it.
 *
 * One member dials each of them, the first alive one behind it in the order of the ids: in a row every
 * `RETURN_DIAL_MS`, where chance would leave gaps, and at the same cost however many members there are.
 * Past `LINKS_TO_ALL` members the periodic reconnection has to do.
 */
export class ReturnWatch {
  readonly #context: Context;
  readonly #probe: (id: NodeId) => void;
  #isArmed = false;
  /** The view in which nobody had gone lately: in the same view nobody has now. */
  #quietAt: number | undefined;

  /** @param probe asks one of the gone whether it is back. */
  constructor(context: Context, probe: (id: NodeId) => void) {
    this.#context = context;
    this.#probe = probe;
  }

  /** Sees to it that a round comes while somebody has gone lately. */
  review(): void {
    const { roster, phase } = this.#context;
    if (this.#isArmed || phase !== "member" || roster.goneCount === 0) return;
    if (roster.digest === this.#quietAt || roster.liveCount > LINKS_TO_ALL) return;
    this.#isArmed = true;
    this.#context.after(RETURN_DIAL_MS, () => this.#round());
  }

  #round(): void {
    this.#isArmed = false;
    const { roster, phase } = this.#context;
    if (phase !== "member") return;
    const gone = this.#goneLately();
    this.#quietAt = gone.length === 0 ? roster.digest : undefined;
    const own = gone.filter((id) => this.#watcherOf(id) === roster.selfId);
    for (const id of own.slice(-RETURNS_WATCHED)) this.#probe(id);
  }

  /** Who went lately and may come back to an address that nobody else has, the latest last. */
  #goneLately(): NodeId[] {
    const { roster, now } = this.#context;
    return [...roster.gone].filter((id) => {
      const entry = roster.get(id);
      return entry !== undefined && entry.record.forced !== true &&
        now - entry.since < RETURN_WATCH_MS &&
        roster.holderOfAddress(entry.record.address) === undefined;
    });
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
