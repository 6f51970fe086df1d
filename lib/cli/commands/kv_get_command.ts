import type { KeyValue } from "../../state/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG } from "../flag_values.ts";
import { askState, entryView, readFields, REVISION_FLAG, STALE_FLAG } from "../kv_request.ts";
import { valueText } from "../kv_value.ts";
import { jsonLine, sanitize } from "../terminal/mod.ts";
import { withClient } from "../with_client.ts";

/** `muster kv get KEY`: one key. */
export const kvGetCommand: Command = {
  name: "kv get",
  summary: "the value of a key",
  usage: ["kv get KEY"],
  flags: [
    REVISION_FLAG,
    STALE_FLAG,
    CLUSTER_FLAG,
    { ...JSON_FLAG, summary: "key, value, revision and more as one JSON document, or null" },
    TIMEOUT_FLAG,
  ],
  details:
    "It prints the value alone and a line break: text as it stands, everything else as JSON. On a terminal " +
    "what could\ncontrol it is shown escaped; a file or a pipe gets the value exactly. A key that does not " +
    "exist is a failure\n(exit code 1); with --json it is null, and no failure.",
  examples: [
    ["muster kv get color", "blue"],
    ["muster kv get color --json", `{"key":"color","value":"blue","revision":7,…}`],
    ["muster kv get color --stale", "also without a majority"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const [key = ""] = args.positionals;
    const request = { op: "get", key, ...readFields(args) } as const;
    const { result } = await withClient(
      args,
      context,
      (access) => askState<{ entry: KeyValue | null }>(access, request),
    );
    const { entry } = result;
    if (args.isOn("json")) context.output.out(jsonLine(entry === null ? null : entryView(entry)));
    else if (entry !== null) {
      const { output } = context;
      output.out(valueText(entry.value, output.isTerminal));
    } else {
      // Not one of the cluster's conditions: it answered, and there is nothing.
      context.output.err(`muster: No key "${sanitize(key)}"`);
      return EXIT.failed;
    }
    return EXIT.done;
  },
};
