import type { DeleteResult } from "../../state/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { askState, selectorOf } from "../kv_request.ts";
import { jsonLine } from "../terminal/mod.ts";
import { UsageError } from "../usage_error.ts";
import { withClient } from "../with_client.ts";

/** `muster kv del KEY`: deletes a key, or all with a prefix. */
export const kvDelCommand: Command = {
  name: "kv del",
  summary: "delete a key, or all with a prefix",
  usage: ["kv del KEY", "kv del --prefix P"],
  flags: [
    { name: "prefix", value: "P", summary: "all keys that start so, at one revision" },
    ...CLIENT_FLAGS,
  ],
  details: "It says how many keys there were; that there was none is no failure.",
  examples: [
    ["muster kv del color", "one key"],
    ["muster kv del --prefix jobs/", "all that start so"],
  ],
  arguments: [0, 1],
  async run(args, context) {
    const selector = selectorOf(args);
    if (selector === undefined) throw new UsageError("Which key? Give a KEY, or --prefix P");
    const command = { type: "delete", ...selector } as const;
    const { revision, result } = await withClient(
      args,
      context,
      (access) => askState<DeleteResult>(access, { op: "apply", command }),
    );
    const { deleted } = result;
    context.output.out(
      args.isOn("json") ? jsonLine({ deleted, revision }) : `deleted ${deleted}`,
    );
    return EXIT.done;
  },
};
