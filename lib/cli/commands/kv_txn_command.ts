import { FRAME_BYTES, isJsonObject, type JsonObject } from "../../core/mod.ts";
import type { OperationResult, TransactionResult } from "../../state/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { parseBody } from "../json_body.ts";
import { askState, entryView } from "../kv_request.ts";
import { jsonLine, jsonLines } from "../terminal/mod.ts";
import { UsageError } from "../usage_error.ts";
import { withClient } from "../with_client.ts";

const PARTS: ReadonlySet<string> = new Set(["if", "then", "else"]);

/** `muster kv txn JSON`: one of two lists of operations, all or nothing. */
export const kvTxnCommand: Command = {
  name: "kv txn",
  summary: "a transaction: if, then, else, all or nothing",
  usage: ["kv txn JSON", "kv txn -"],
  flags: CLIENT_FLAGS,
  details:
    `The JSON is {"if": [COMPARE…], "then": [OPERATION…], "else": [OPERATION…]}; - reads it from the ` +
    `standard input.\nA compare is {"key", "target": "version|createRevision|modRevision|lease|value", ` +
    `"operator": "=|!=|<|>",\n"operand"}; all but the value of a key that does not exist are 0. An ` +
    `operation is {"type": "put", "key", "value"},\n{"type": "delete", "key"} or with "prefix", ` +
    `{"type": "get", "key"}, {"type": "list", "prefix"}. It prints which\nbranch was done and what each ` +
    "operation gave; that the compares did not hold is no failure.",
  examples: [
    [`muster kv txn '{"then":[{"type":"put","key":"a","value":1}]}'`, "without a condition"],
    ["muster kv txn - < move.json", "from a file"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const [argument = ""] = args.positionals;
    const text = argument === "-" ? await context.readInput(FRAME_BYTES) : argument;
    const transaction = parseBody(text, "transaction");
    if (!isJsonObject(transaction)) throw new UsageError("A transaction is a JSON object");
    const odd = Object.keys(transaction).find((name) => !PARTS.has(name));
    if (odd !== undefined) {
      throw new UsageError(`A transaction has "if", "then" and "else", not ${JSON.stringify(odd)}`);
    }
    const command = { type: "transaction", ...transaction } as const;
    const { revision, result } = await withClient(
      args,
      context,
      (access) => askState<TransactionResult>(access, { op: "apply", command }),
    );
    const { succeeded, results } = result;
    const answer = { succeeded, revision, results: results.map(resultView) };
    const { output } = context;
    output.out(args.isOn("json") ? jsonLine(answer) : jsonLines(answer, output.isTerminal));
    return EXIT.done;
  },
};

/** Entries look as those of every other command. */
function resultView(result: OperationResult): JsonObject {
  if (result.type === "get") {
    return { ...result, entry: result.entry === null ? null : entryView(result.entry) };
  }
  if (result.type === "list") return { ...result, entries: result.entries.map(entryView) };
  return { ...result };
}
