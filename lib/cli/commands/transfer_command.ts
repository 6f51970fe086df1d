import { ClusterError, type Json, type NodeId } from "../../core/mod.ts";
import { findMember, type MembersView, type MemberView } from "../../node/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { readMembersView } from "../members_table.ts";
import { jsonLine, sanitize } from "../terminal/mod.ts";
import { withClient } from "../with_client.ts";

/** `muster transfer [NODE]`: hands the master's part over. */
export const transferCommand: Command = {
  name: "transfer",
  summary: "hand the master's part over, to a voter or to the one that lags least",
  usage: ["transfer [NODE]"],
  flags: CLIENT_FLAGS,
  details:
    "NODE is the name, address or id of a voter. Writes wait for the moment that it takes; when NODE does " +
    "not take\nover in time, the master stays and the exit code is 1.",
  examples: [
    ["muster transfer node2", "before the master's machine is restarted"],
    ["muster transfer", "to whoever lags least"],
  ],
  arguments: [0, 1],
  async run(args, context) {
    const [text] = args.positionals;
    const { view, master } = await withClient(
      args,
      context,
      async (access) => {
        const { client, ask } = access;
        const view = readMembersView(await ask({ type: "members" }));
        if (view.master === null) {
          throw new ClusterError("NO_QUORUM", "There is no master that could hand over");
        }
        const heir = text === undefined ? undefined : findMember(view.members, text);
        if (heir?.id === view.master) return { view, master: view.master };
        checkVotes(heir, view);
        const request = {
          service: "muster.transfer",
          // Only the master can.
          node: view.master,
          body: (heir === undefined ? {} : { to: heir.id }) as Json,
          timeoutMs: access.timeoutMs,
        };
        return { view, master: await client.call(request) as NodeId };
      },
    );
    const member = view.members.find(({ id }) => id === master);
    const { name = String(master), address = "" } = member ?? {};
    context.output.out(
      args.isOn("json")
        ? jsonLine({ master, name, address, previous: view.master })
        : master === view.master
        ? `${sanitize(name)} is the master already`
        : `${sanitize(name)} is the master now`,
    );
    return EXIT.done;
  },
};

/** Says by name, before anybody is asked, who could take over instead. */
function checkVotes(heir: MemberView | undefined, { members }: MembersView): void {
  if (heir === undefined) return;
  const isHere = heir.state === "alive" || heir.state === "suspect";
  if (isHere && heir.role === "voter") return;
  const voters = members.filter(({ role, state }) => role === "voter" && state === "alive");
  const others = voters.length === 0
    ? "the master is the only one that is here"
    : `of the others ${voters.map(({ name }) => name).join(", ")} can take over`;
  const flaw = isHere ? "no voter" : heir.state;
  throw new ClusterError("BAD_REQUEST", `${heir.name} is ${flaw}: ${others}`);
}
