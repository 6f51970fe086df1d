import type { Command } from "../command.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { jsonLine } from "../printable.ts";
import { withClient } from "../with_client.ts";

/** `muster leave`: the asked node leaves its cluster. */
export const leaveCommand: Command = {
  name: "leave",
  summary: "make the asked node leave its cluster in order, and end",
  usage: ["leave [--clusterip HOST:PORT]"],
  flags: CLIENT_FLAGS,
  examples: [["muster leave --clusterip 127.0.0.1:8002", "the node on port 8002 leaves"]],
  arguments: [0, 0],
  async run(given, context) {
    const { id, name, address } = await withClient(given, context, async ({ client, ask }) => {
      await ask({ type: "leave" });
      return client.node;
    });
    context.output.out(
      given.isOn("json")
        ? jsonLine({ id, name, address })
        : `${nameAndAddress({ name, address })} leaves`,
    );
    return EXIT.done;
  },
};
