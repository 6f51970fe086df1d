import type { Command } from "../command.ts";
import { DEPARTURE_MS } from "../limits.ts";
import { nameAndAddress } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, FORCE_FLAG, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import { jsonLine } from "../terminal/mod.ts";
import { sayingWhy } from "../saying_why.ts";
import { askedNodeOf, type ClusterAccess, withClient } from "../with_client.ts";

/** `muster leave`: the asked node leaves its cluster. */
export const leaveCommand: Command = {
  name: "leave",
  summary: "make the asked node answer what is under way, leave its cluster in order, and end",
  usage: ["leave [--clusterip HOST:PORT]"],
  flags: [
    { ...CLUSTER_FLAG, summary: "the node that leaves: the first address alone (127.0.0.1:8001)" },
    JSON_FLAG,
    { ...TIMEOUT_FLAG, summary: "how long to wait, like 500ms, 5s or 1m30s (20s)" },
    FORCE_FLAG,
  ],
  details:
    "A voter leaves when a majority of the others does without it. When some of them are silent it waits for " +
    "them,\nor until they are removed as dead; if that takes too long it stays, and says for whom it waited. " +
    "With --force\nit then leaves all the same: nothing can be written until they are back.",
  examples: [
    ["muster leave --clusterip 127.0.0.1:8002", "the node on port 8002 leaves"],
    ["muster leave --force", "the one on port 8001, whoever needs its vote"],
  ],
  arguments: [0, 0],
  async run(args, context) {
    const force = args.isOn("force");
    const leave = async ({ client, ask }: ClusterAccess) => {
      await sayingWhy(context, ask, ask({ type: "leave", ...(force ? { force } : {}) }));
      return client.node;
    };
    const asked = askedNodeOf(args);
    const waitMs = timeoutOf(args) ?? DEPARTURE_MS;
    const { id, name, address } = await withClient(
      args,
      context,
      leave,
      { wholeMs: waitMs },
      asked,
    );
    context.output.out(
      args.isOn("json")
        ? jsonLine({ id, name, address })
        : `${nameAndAddress({ name, address })} leaves`,
    );
    return EXIT.done;
  },
};
