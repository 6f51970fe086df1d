import { LIST_ENTRIES } from "../../core/mod.ts";
import type { KeyValue } from "../../state/mod.ts";
import type { Command } from "../command.ts";
import {
  displayWidth,
  formatTable,
  jsonLine,
  type Paint,
  paletteFor,
  sanitize,
} from "../terminal/mod.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS, integerOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { askState, entryView, readFields, REVISION_FLAG, STALE_FLAG } from "../kv_request.ts";
import { showValue } from "../kv_value.ts";
import { type ClusterAccess, withClient } from "../with_client.ts";

const HEADER = ["KEY", "VALUE", "REVISION", "VERSION", "LEASE"];
const RIGHT_ALIGNED = [2, 3, 4];
/** Columns of a value in the table: the rest is a matter for `kv get`. */
const VALUE_COLUMNS = 60;

/** `muster kv list [PREFIX]`: keys in order. */
export const kvListCommand: Command = {
  name: "kv list",
  summary: "the keys with a prefix, or all, in order",
  usage: ["kv list [PREFIX]"],
  flags: [
    { name: "keys", summary: "the keys alone, one a line" },
    { name: "limit", value: "N", summary: "only the first N (all)" },
    REVISION_FLAG,
    STALE_FLAG,
    ...CLIENT_FLAGS,
  ],
  details:
    "All of it is as of one revision, however long it is. In the table and in --keys what could control a " +
    "terminal is\nescaped, also for a file: a line break in a key would make two lines. Values are cut short in " +
    "the table; --json has\nall of it exactly. REVISION is the one that wrote the value, VERSION counts the " +
    "writes since the key was created.",
  examples: [
    ["muster kv list", "everything"],
    ["muster kv list jobs/ --keys", "the keys that start so"],
    ["muster kv list '$lock/'", "the leases that hold locks and wait for them"],
  ],
  arguments: [0, 1],
  async run(args, context) {
    const { output } = context;
    const { revision, entries } = await withClient(
      args,
      context,
      (access) => listAll(access, args),
    );
    if (args.isOn("json")) {
      output.out(jsonLine(
        args.isOn("keys")
          ? { revision, keys: entries.map(({ key }) => key) }
          : { revision, entries: entries.map(entryView) },
      ));
    } else if (args.isOn("keys")) {
      for (const { key } of entries) output.out(sanitize(key));
    } else output.out(entriesTable(entries, paletteFor(output.isTerminal)));
    return EXIT.done;
  },
};

async function listAll(
  access: ClusterAccess,
  args: ParsedArguments,
): Promise<{ revision: number; entries: KeyValue[] }> {
  const [prefix = ""] = args.positionals;
  const wanted = integerOf(args, "limit", 1) ?? Infinity;
  const entries: KeyValue[] = [];
  let fields = readFields(args);
  let revision: number | undefined;
  while (true) {
    const limit = Math.min(LIST_ENTRIES, wanted - entries.length);
    const last = entries.at(-1);
    const after = last === undefined ? {} : { after: last.key };
    const page = await askState<{ entries: KeyValue[]; more: boolean }>(access, {
      op: "list",
      prefix,
      limit,
      ...after,
      ...fields,
    });
    entries.push(...page.result.entries);
    // The pages that follow are of the same moment as the first.
    revision ??= fields.revision ?? page.revision;
    fields = { ...fields, revision };
    if (!page.result.more || entries.length >= wanted) return { revision, entries };
  }
}

function entriesTable(entries: readonly KeyValue[], paint: Paint): string {
  const header = HEADER.map((title) => paint("heading", title));
  const rows = entries.map(({ key, value, modRevision, version, lease }) => [
    sanitize(key),
    cutShort(showValue(value)),
    String(modRevision),
    String(version),
    lease === undefined ? "-" : String(lease),
  ]);
  return formatTable([header, ...rows], RIGHT_ALIGNED);
}

function cutShort(text: string): string {
  if (displayWidth(text) <= VALUE_COLUMNS) return text;
  let kept = text.slice(0, VALUE_COLUMNS - 1);
  while (displayWidth(kept) > VALUE_COLUMNS - 1) kept = kept.slice(0, -1);
  return `${kept.toWellFormed()}…`;
}
