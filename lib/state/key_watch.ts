import { type JsonObject, WATCH_POLL_MS } from "../core/mod.ts";
import type { KeyEvent, Outcome, Selector } from "./store/mod.ts";
import type { AskOptions } from "./patience.ts";
import { resultOf } from "./outcome.ts";

/** What a watch tells: the changes, and the revision from which to resume. */
export interface WatchBatch {
  /** In order; all of a revision or none. */
  events: KeyEvent[];
  /** From where to resume: all before has been told. */
  nextRevision: number;
}

/** What one answer to a watch brings: a revision that no frame takes comes in parts. */
export interface WatchAnswer extends WatchBatch {
  /** How many changes of `nextRevision` have been told, too: the question for the next part says so. */
  skip?: number;
}

/** Asks the state, again and again until it answers. */
export type AskState = (body: JsonObject, options: AskOptions) => Promise<Outcome>;

/** The changes of a key, or of all with a prefix: one question after another; see `KvClient.watch`. */
export async function* watchKeys(
  ask: AskState,
  selector: Selector,
  options: { fromRevision?: number; signal?: AbortSignal },
): AsyncGenerator<WatchBatch, void, void> {
  const { signal } = options;
  let { fromRevision } = options;
  let skip = 0;
  let parts: KeyEvent[] = [];
  const isGivenUp = () => signal?.aborted === true;
  while (!isGivenUp()) {
    const from = fromRevision === undefined ? {} : { fromRevision, skip };
    // The first look only finds out what "now" is: begun anew at another master it would be later.
    const waitMs = fromRevision === undefined ? 0 : WATCH_POLL_MS;
    let outcome: Outcome;
    try {
      outcome = await ask({ op: "watch", ...selector, ...from, waitMs }, { signal });
    } catch (error) {
      if (isGivenUp()) return;
      throw error;
    }
    resultOf(outcome);
    const { events, nextRevision, skip: told = 0 } = outcome as unknown as WatchAnswer;
    fromRevision = nextRevision;
    skip = told;
    const all = parts.length === 0 ? events : [...parts, ...events];
    parts = told > 0 ? all : [];
    if (told === 0 && all.length > 0) yield { events: all, nextRevision };
  }
}
