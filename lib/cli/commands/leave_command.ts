import type { Command } from "../command.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG } from "../flag_values.ts";
import { jsonLine } from "../printable.ts";
import { askedNodeOf, type ClusterAccess, withClient } from "../with_client.ts";

/** `muster leave`: the asked node leaves its cluster. */
export const leaveCommand: Command = {
  name: "leave",
  summary: "make the asked node answer what is under way, leave its cluster in order, and end",
  usage: ["leave [--clusterip HOST:PORT]"],
  flags: [
    { ...CLUSTER_FLAG, summary: "the node that leaves: the first address alone (127.0.0.1:8001)" },
    JSON_FLAG,
    TIMEOUT_FLAG,
  ],
  examples: [["muster leave --clusterip 127.0.0.1:8002", "the node on port 8002 leaves"]],
  arguments: [0, 0],
  async run(given, context) {
    const leave = async ({ client, ask }: ClusterAccess) => {
      await ask({ type: "leave" });
      return client.node;
    };
    const asked = askedNodeOf(given);
    const { id, name, address } = await withClient(given, context, leave, undefined, asked);
    context.output.out(
      given.isOn("json")
        ? jsonLine({ id, name, address })
        : `${nameAndAddress({ name, address })} leaves`,
    );
    return EXIT.done;
  },
};
