import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { CLIENT_FLAGS } from "./flag_values.ts";
import { keyValueTable } from "./key_value_table.ts";
import { readMembersView } from "./members_table.ts";
import { paletteFor } from "./palette.ts";
import { jsonLine } from "./printable.ts";
import { withClient } from "./with_client.ts";

/** `muster status`: how the asked node is. */
export const statusCommand: Command = {
  name: "status",
  summary: "how the asked node is: its cluster, health and counters",
  usage: ["status"],
  flags: CLIENT_FLAGS,
  details:
    "The view is the asked node's own; health is 0 when it answers in time, and grows with its delays.",
  examples: [
    ["muster status", "the node on port 8001"],
    ["muster status --clusterip 127.0.0.1:8002 --json", "another one, for a program"],
  ],
  arguments: [0, 0],
  async run(given, context) {
    const { output } = context;
    const { status, names } = await withClient(given, context, async ({ client, ask }) => {
      const { members } = readMembersView(await ask({ type: "members" }));
      return {
        status: { id: client.node.id, ...await ask({ type: "status" }) },
        names: new Map(members.map(({ id, name }) => [id, name])),
      };
    });
    if (given.isOn("json")) output.out(jsonLine(status));
    else {
      // The node's own id stands there as it is; other fields name the members that they mean.
      const nameOf = (text: string, key: string) => key === "id" ? text : names.get(text) ?? text;
      output.out(keyValueTable(status, paletteFor(output.isTerminal), nameOf));
    }
    return EXIT.done;
  },
};
