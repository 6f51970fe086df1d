import type { PutResult } from "../../state/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS, integerOf } from "../flag_values.ts";
import { askState } from "../kv_request.ts";
import { readValue, VALUE_DETAILS, VALUE_FLAGS, valueTextOf } from "../kv_value.ts";
import { jsonLine } from "../terminal/mod.ts";
import { withClient } from "../with_client.ts";

/** `muster kv put KEY VALUE`: writes a key. */
export const kvPutCommand: Command = {
  name: "kv put",
  summary: "write a key",
  usage: ["kv put KEY VALUE", "kv put KEY -"],
  flags: [
    ...VALUE_FLAGS,
    { name: "lease", value: "ID", summary: "the lease at whose end the key is deleted" },
    ...CLIENT_FLAGS,
  ],
  details:
    `${VALUE_DETAILS}\n- reads the value, UTF-8, from the standard input, without the line break at ` +
    "its end. A value like -5 stands after --.\nWhat lock runs finds its lock's lease in " +
    "MUSTER_LOCK_LEASE. When the link breaks before the answer, whether\nthe key was written is unknown.",
  examples: [
    ["muster kv put color blue", "a text"],
    [`muster kv put limits '{"cpu":2}'`, "a JSON document"],
    ["muster kv put --text version 2", `the text "2"`],
    ["muster kv put motd - < motd.txt", "from a file"],
  ],
  arguments: [2, 2],
  async run(args, context) {
    const [key = "", argument = ""] = args.positionals;
    const value = readValue(await valueTextOf(argument, context), args);
    const lease = integerOf(args, "lease", 1);
    const command = { type: "put", key, value, ...(lease === undefined ? {} : { lease }) } as const;
    const { revision, result } = await withClient(
      args,
      context,
      (access) => askState<PutResult>(access, { op: "apply", command }),
    );
    const { createRevision, version } = result;
    context.output.out(
      args.isOn("json")
        ? jsonLine({ key, revision, createRevision, version })
        : `revision ${revision}, version ${version}`,
    );
    return EXIT.done;
  },
};
