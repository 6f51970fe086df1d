import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { CLIENT_FLAGS } from "./flag_values.ts";
import { keyValueTable } from "./key_value_table.ts";
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
    const status = await withClient(given, context, async ({ client, ask }) => {
      return { id: client.node.id, ...await ask({ type: "status" }) };
    });
    output.out(
      given.isOn("json") ? jsonLine(status) : keyValueTable(status, paletteFor(output.isTerminal)),
    );
    return EXIT.done;
  },
};
