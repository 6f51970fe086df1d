import type { CompareAndSet, CompareAndSetResult } from "../../state/mod.ts";
import type { Json } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS, integerOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { askState, entryView } from "../kv_request.ts";
import { readValue, showValue, VALUE_DETAILS, VALUE_FLAGS, valueTextOf } from "../kv_value.ts";
import { jsonLine, sanitize } from "../terminal/mod.ts";
import { UsageError } from "../usage_error.ts";
import { withClient } from "../with_client.ts";

/** `muster kv cas KEY EXPECTED NEW`: writes a key if it is as expected. */
export const kvCasCommand: Command = {
  name: "kv cas",
  summary: "write a key if it is as expected (compare and set)",
  usage: ["kv cas KEY EXPECTED NEW", "kv cas KEY NEW --revision R", "kv cas KEY NEW --absent"],
  flags: [
    { name: "revision", value: "R", summary: "expect that revision to have written it last" },
    { name: "absent", summary: "expect that there is no such key" },
    ...VALUE_FLAGS,
    ...CLIENT_FLAGS,
  ],
  details:
    `When it is not as expected nothing is written, and the exit code is 1.\n${VALUE_DETAILS}` +
    "\nNEW may be -, for the standard input.",
  examples: [
    ["muster kv cas owner ada grace", "from ada to grace"],
    ["muster kv cas owner ada --absent", "only the first one succeeds"],
    ["muster kv cas owner grace --revision 7", "if nobody wrote it since"],
  ],
  arguments: [2, 3],
  async run(args, context) {
    const { key, expect, argument } = readCompareAndSet(args);
    const value = readValue(await valueTextOf(argument, context), args);
    const command = { type: "cas", key, expect, value } as const;
    const { revision, result } = await withClient(
      args,
      context,
      (access) => askState<CompareAndSetResult>(access, { op: "apply", command }),
    );
    const { succeeded, entry } = result;
    if (args.isOn("json")) {
      const view = entry === null ? null : entryView(entry);
      context.output.out(jsonLine({ succeeded, revision, entry: view }));
    } else if (succeeded) context.output.out(`revision ${revision}`);
    else {
      const found = entry === null
        ? "there is no such key"
        : `it is ${showValue(entry.value)}, of revision ${entry.modRevision}`;
      context.output.err(`muster: "${sanitize(key)}" is not as expected: ${found}`);
    }
    return succeeded ? EXIT.done : EXIT.failed;
  },
};

function readCompareAndSet(
  args: ParsedArguments,
): { key: string; expect: CompareAndSet["expect"]; argument: string } {
  const [key = "", first = "", second] = args.positionals;
  const revision = integerOf(args, "revision");
  const isAbsent = args.isOn("absent");
  const ways = [second !== undefined, revision !== undefined, isAbsent].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageError(
      "What is expected? Give EXPECTED before NEW, or --revision R, or --absent: one of them",
    );
  }
  if (second !== undefined) {
    const expected: Json = readValue(first, args);
    return { key, expect: { value: expected }, argument: second };
  }
  const expect = revision === undefined ? { absent: true } as const : { revision };
  return { key, expect, argument: first };
}
