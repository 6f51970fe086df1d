import { WATCH_POLL_MS } from "../core/mod.ts";
import type { StateEngine, WatchBatch, WatchOutcome } from "./engine.ts";
import { errorOf } from "./outcome.ts";
import type { KeyEvent, Selector } from "./store/mod.ts";

/**
 * The changes of a key, or of all with a prefix: one question after another; see `KvClient.watch`.
 */
export async function* watchKeys(
  engine: Pick<StateEngine, "watch">,
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
    // The first look only finds out what "now" is: begun anew at another leader it would be later.
    const waitMs = fromRevision === undefined ? 0 : WATCH_POLL_MS;
    let outcome: WatchOutcome;
    try {
      outcome = await engine.watch({ op: "watch", ...selector, ...from, waitMs }, { signal });
    } catch (error) {
      if (isGivenUp()) return;
      throw error;
    }
    if (!outcome.ok) throw errorOf(outcome.error);
    const { events, nextRevision, skip: told = 0 } = outcome;
    fromRevision = nextRevision;
    skip = told;
    const all = parts.length === 0 ? events : [...parts, ...events];
    parts = told > 0 ? all : [];
    if (told === 0 && all.length > 0) yield { events: all, nextRevision };
  }
}
