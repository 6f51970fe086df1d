import { isObject } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { jsonLine } from "../printable.ts";
import { withClient } from "../with_client.ts";

/** `muster remove NODE`: a member is forced out. */
export const removeCommand: Command = {
  name: "remove",
  summary: "force a member out; it may come back only as a new node",
  usage: ["remove NODE"],
  flags: CLIENT_FLAGS,
  details:
    "NODE is a name, an address or an id. A node that is still running ends with exit code 4.",
  examples: [["muster remove node3", "through the node on port 8001"]],
  arguments: [1, 1],
  async run(given, context) {
    const [node] = given.positionals;
    const answer = await withClient(given, context, ({ ask }) => ask({ type: "remove", node }));
    if (given.isOn("json")) context.output.out(jsonLine(answer));
    else {
      const removed = isObject(answer["removed"]) ? answer["removed"] : {};
      context.output.out(`${nameAndAddress(removed)} is removed`);
    }
    return EXIT.done;
  },
};
