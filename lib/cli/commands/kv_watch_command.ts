import { ClusterError, type Millis } from "../../core/mod.ts";
import { FailoverClient } from "../../node/mod.ts";
import {
  errorOf,
  type KeyEvent,
  resultOf,
  type WatchAnswer,
  type WatchQuestion,
} from "../../state/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, integerOf, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import { selectorOf } from "../kv_request.ts";
import { showValue } from "../kv_value.ts";
import { jsonLine, type Paint, paletteFor, sanitize } from "../terminal/mod.ts";
import { shutdownSignal } from "../shutdown_signal.ts";
import { membersOf } from "../with_client.ts";

/** Milliseconds that one question waits for news; a member that died silently costs so long. */
const POLL_MS: Millis = 5_000;
/** Milliseconds that no member may answer at all before the watch fails. */
const PATIENCE_MS: Millis = 20_000;
/**
 * Milliseconds after which a member that should have said that there is no news is given up for
 * another.
 */
const TRY_MS: Millis = POLL_MS + 2_000;

/** `muster kv watch`: changes as they happen. */
export const kvWatchCommand: Command = {
  name: "kv watch",
  summary: "changes of keys, as they happen",
  usage: ["kv watch [KEY]", "kv watch --prefix P"],
  flags: [
    { name: "prefix", value: "P", summary: "all keys that start so" },
    { name: "from", value: "R", summary: "from that revision on (from now on)" },
    CLUSTER_FLAG,
    { ...JSON_FLAG, summary: "one JSON object a line, for programs" },
    { ...TIMEOUT_FLAG, summary: "when to end, like 30s or 5m (never)" },
  ],
  details:
    "Without KEY and --prefix it is about every key. Each line has the revision and the change. " +
    "It goes on over\nchanges of the master and the death or silence of the member that it asks, without a gap and " +
    "without a repetition,\nuntil Ctrl-C or --timeout. Of a revision that is forgotten already (COMPACTED) " +
    "the error names the lowest left.\nWhen another cluster answers in the place of the one that it began " +
    "with it ends, with exit code 4.",
  examples: [
    ["muster kv watch color", "7 put color = blue"],
    ["muster kv watch --prefix jobs/ --json", "for a program"],
    ["muster kv watch color --from 5", "what came since, too"],
  ],
  arguments: [0, 1],
  async run(args, context) {
    const { output } = context;
    const selector = selectorOf(args) ?? { prefix: "" };
    const isJson = args.isOn("json");
    const paint = paletteFor(output.isTerminal);
    using end = shutdownSignal(context, timeoutOf(args));
    await using client = await FailoverClient.connect(context.ports(), membersOf(args), {
      signal: end.signal,
    });
    const follow = async () => {
      let fromRevision = integerOf(args, "from", 1) ?? await nextRevision(client, end.signal);
      let skip = 0;
      while (!end.signal.aborted) {
        const question = { op: "watch", ...selector, fromRevision, skip } as const;
        const news = await ask(client, question, end.signal);
        if (news === undefined) continue;
        fromRevision = news.nextRevision;
        skip = news.skip ?? 0;
        for (const event of news.events) {
          output.out(isJson ? jsonLine(event) : eventLine(event, paint));
        }
      }
    };
    try {
      await follow();
    } catch (error) {
      if (!end.signal.aborted) throw error;
    }
    return EXIT.done;
  },
};

/**
 * The revision after the last that anybody was told of: whatever member answers next, nothing is
 * missed.
 */
async function nextRevision(client: FailoverClient, signal: AbortSignal): Promise<number> {
  const request = { op: "list", prefix: "", limit: 1 } as const;
  const outcome = await client.ask(request, { timeoutMs: PATIENCE_MS, signal });
  resultOf(outcome);
  return outcome.revision + 1;
}

/** Waits for news; `undefined` while there is no majority that could have any. */
async function ask(
  client: FailoverClient,
  question: WatchQuestion,
  signal: AbortSignal,
): Promise<WatchAnswer | undefined> {
  const patience = { timeoutMs: PATIENCE_MS, tryMs: TRY_MS, signal };
  try {
    const outcome = await client.ask({ ...question, waitMs: POLL_MS }, patience);
    if (!outcome.ok) throw errorOf(outcome.error);
    return outcome;
  } catch (error) {
    if (error instanceof ClusterError && error.code === "NO_QUORUM") return undefined;
    throw error;
  }
}

function eventLine(event: KeyEvent, paint: Paint): string {
  const revision = paint("gone", String(event.revision));
  const key = sanitize(event.key);
  return event.type === "put"
    ? `${revision} put ${paint("name", key)} = ${showValue(event.value)}`
    : `${revision} ${paint("bad", "delete")} ${paint("name", key)}`;
}
