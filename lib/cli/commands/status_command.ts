import { isJsonObject, type JsonObject } from "../../core/mod.ts";
import { clusterStatus, clusterStatusTable, type MemberStatus } from "../cluster_status.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { formatAge, jsonLine, keyValueTable, paletteFor } from "../terminal/mod.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { filterMembers, NO_MASTER, readMembersView } from "../members_table.ts";
import { withClient } from "../with_client.ts";

/** `muster status`: how the asked node is. */
export const statusCommand: Command = {
  name: "status",
  summary: "how the asked node is: its cluster, health and counters",
  usage: ["status [--cluster]"],
  flags: [
    { name: "cluster", summary: "one row a member, each asked itself" },
    ...CLIENT_FLAGS,
  ],
  details:
    "The view is the asked node's own. health is 0 when it answers in time, and grows with its delays. " +
    "On the\nmaster, lag says how many entries of the log each replica has yet to get. notes say what a " +
    "person should\nknow: that there is no majority, or that one crash would end it. The exit code is 0 " +
    "whenever the node answers:\nmuster health has one that tells how it is. --cluster asks every member " +
    "that is not dead at its own address, and\nexits with 1 when one of them does not answer within " +
    "--timeout.",
  examples: [
    ["muster status", "the node on port 8001"],
    ["muster status --cluster", "versions, terms, lags and uptimes of all"],
    ["muster status --clusterip 127.0.0.1:8002 --json", "another one, for a program"],
  ],
  arguments: [0, 0],
  async run(args, context) {
    const { output } = context;
    if (args.isOn("cluster")) return await showCluster(args, context);
    const { status, names } = await withClient(args, context, async ({ client, ask }) => {
      const { members } = readMembersView(await ask({ type: "members" }));
      return {
        status: { id: client.node.id, ...await ask({ type: "status" }) },
        names: new Map(members.map(({ id, name }) => [id, name])),
      };
    });
    if (args.isOn("json")) output.out(jsonLine(status));
    else {
      // The node's own id stands there as it is; other fields name the members that they mean.
      const nameOf = (text: string, key: string) => key === "id" ? text : names.get(text) ?? text;
      output.out(keyValueTable(forPeople(status), paletteFor(output.isTerminal), nameOf));
    }
    return EXIT.done;
  },
};

/** One row a member. */
async function showCluster(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { output } = context;
  const { view, rows } = await withClient(args, context, async (access) => {
    const { ask } = access;
    const everybody = readMembersView(await ask({ type: "members" }));
    const view = filterMembers(everybody, { state: undefined, tags: {} });
    return { view, rows: await clusterStatus(context.ports(), view, access.timeoutMs) };
  });
  const { cluster, master, term } = view;
  if (args.isOn("json")) output.out(jsonLine({ cluster, master, term, members: rows }));
  else {
    if (master === null) output.out(NO_MASTER);
    output.out(clusterStatusTable(rows, paletteFor(output.isTerminal)));
  }
  const isSilent = ({ state, error }: MemberStatus) => error !== null && state !== "dead";
  return rows.some(isSilent) ? EXIT.failed : EXIT.done;
}

/**
 * The same in a person's words, what agreement comes to beside what it is about; odd fields stay as
 * they are.
 */
function forPeople(status: JsonObject): JsonObject {
  const shown: JsonObject = {};
  for (const [key, value] of Object.entries(status)) {
    if (key === "consensus" && isJsonObject(value)) {
      const { lag, state, ...rest } = value;
      shown[key] = rest;
      if (lag !== undefined) shown["lag"] = lag;
      if (state !== undefined) shown["state"] = state;
    } else if (key === "uptimeMs" && typeof value === "number") shown["uptime"] = formatAge(value);
    else if (key === "health" && typeof value === "number") {
      shown[key] = value === 0
        ? "0: it keeps up"
        : `${value}: it is late, and gives others more time`;
    } else shown[key] = value;
  }
  return shown;
}
