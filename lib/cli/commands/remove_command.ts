import { isJsonObject } from "../../core/mod.ts";
import { DEPARTURE_MS } from "../limits.ts";
import type { Command } from "../command.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, FORCE_FLAG, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import { jsonLine } from "../terminal/mod.ts";
import { type ClusterAccess, withClient } from "../with_client.ts";

/** `muster remove NODE`: a member is forced out. */
export const removeCommand: Command = {
  name: "remove",
  summary: "force a member out, or forget one that is gone; it may come back only as a new node",
  usage: ["remove NODE"],
  flags: [
    CLUSTER_FLAG,
    JSON_FLAG,
    { ...TIMEOUT_FLAG, summary: "how long to wait, like 500ms, 5s or 1m30s (20s)" },
    FORCE_FLAG,
  ],
  details:
    "NODE is a name, an address, an id or the beginning of one; when it means several, their ids are\n" +
    "listed and nobody is removed. A node that is still running ends with exit code 4. members lists\n" +
    "those that were removed with --all only. A voter's vote goes first, as in leave: when no majority\n" +
    "of the others is there it stays, unless --force says otherwise.",
  examples: [
    ["muster remove node3", "through the node on port 8001"],
    ["muster remove 01a214f0-4c2e", "of two that had one name, that one"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const [node] = args.positionals;
    const force = args.isOn("force");
    const remove = ({ ask }: ClusterAccess) =>
      ask({ type: "remove", node, ...(force ? { force } : {}) });
    const answer = await withClient(args, context, remove, {
      wholeMs: timeoutOf(args) ?? DEPARTURE_MS,
    });
    if (args.isOn("json")) context.output.out(jsonLine(answer));
    else {
      const removed = isJsonObject(answer["removed"]) ? answer["removed"] : {};
      const wasGone = answer["was"] === "dead" || answer["was"] === "left";
      context.output.out(`${nameAndAddress(removed)} is ${wasGone ? "forgotten" : "removed"}`);
    }
    return EXIT.done;
  },
};
