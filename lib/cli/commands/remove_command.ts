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
  summary: "force a member out, or forget one that is gone; it may come back only as a new node",
  usage: ["remove NODE"],
  flags: CLIENT_FLAGS,
  details:
    "NODE is a name, an address, an id or the beginning of one; when it means several, their ids are\n" +
    "listed and nobody is removed. A node that is still running ends with exit code 4. members lists\n" +
    "those that were removed with --all only.",
  examples: [
    ["muster remove node3", "through the node on port 8001"],
    ["muster remove 01a214f0-4c2e", "of two that had one name, that one"],
  ],
  arguments: [1, 1],
  async run(given, context) {
    const [node] = given.positionals;
    const answer = await withClient(given, context, ({ ask }) => ask({ type: "remove", node }));
    if (given.isOn("json")) context.output.out(jsonLine(answer));
    else {
      const removed = isObject(answer["removed"]) ? answer["removed"] : {};
      const wasGone = answer["was"] === "dead" || answer["was"] === "left";
      context.output.out(`${nameAndAddress(removed)} is ${wasGone ? "forgotten" : "removed"}`);
    }
    return EXIT.done;
  },
};
