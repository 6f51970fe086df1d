import { CALL_TIMEOUT_MS } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { describeEvent, MemberNames } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { choiceOf, CLIENT_FLAGS, tagsOf, timeoutOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { jsonLine, LineTimes, paletteFor, sanitize } from "../terminal/mod.ts";
import { watchMember } from "../member_watch.ts";
import {
  filterMembers,
  type MemberFilter,
  memberLine,
  membersTable,
  NO_MASTER,
  readMembersView,
} from "../members_table.ts";
import { type ClusterAccess, withClient } from "../with_client.ts";

const STATES = ["alive", "suspect", "dead", "left", "guest"] as const;
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** `muster members`: who is here. */
export const membersCommand: Command = {
  name: "members",
  summary: "who is here, and who is the master",
  usage: ["members [--state STATE] [--tag K=V] [--all] [--watch]"],
  flags: [
    { name: "state", value: STATES.join("|"), summary: "only members in this state" },
    { name: "tag", value: "K=V", isRepeatable: true, summary: "only members with this tag" },
    { name: "all", summary: "earlier lives of a member, and those that were removed, too" },
    { name: "watch", summary: "go on: redraw on a terminal, else a line for each change" },
    ...CLIENT_FLAGS,
  ],
  details:
    "SINCE is how long the asked node has known the state, RTT what its own probes take. With " +
    "--watch,\n--timeout ends it; with --json it prints all members again, on one line, after each change.\nIt fails when the asked node goes away, or is silent for 15 s.",
  examples: [
    ["muster members", "the members as the node on port 8001 sees them"],
    ["muster members --state dead --json", "the dead, for a program"],
    ["muster members --tag zone=a --watch", "those of one zone, until Ctrl-C"],
  ],
  arguments: [0, 0],
  async run(args, context) {
    const filter = {
      state: choiceOf(args, "state", STATES),
      tags: tagsOf(args, "tag"),
      isAll: args.isOn("all"),
    };
    await withClient(args, context, async (access) => {
      if (args.isOn("watch")) await follow(args, context, access, filter);
      else await show(args, context, access, filter);
    }, args.isOn("watch") ? { eachMs: CALL_TIMEOUT_MS } : undefined);
    return EXIT.done;
  },
};

async function show(
  args: ParsedArguments,
  { output, ports }: CommandContext,
  access: ClusterAccess,
  filter: MemberFilter,
  prefix = "",
): Promise<void> {
  const view = filterMembers(readMembersView(await access.ask({ type: "members" })), filter);
  if (args.isOn("json")) return output.out(jsonLine(view));
  const paint = paletteFor(output.isTerminal);
  const above = view.master === null ? await noMaster(access) : [];
  const table = membersTable(view, ports().clock.wallTime(), paint);
  output.out(prefix + [...above.map((line) => paint("bad", line)), table].join("\n"));
}

/** That there is no master, and why: the node's notes say so at more length. */
async function noMaster({ ask }: ClusterAccess): Promise<string[]> {
  const { notes } = await ask({ type: "status" });
  return Array.isArray(notes) && notes.length > 0
    ? notes.map((note) => sanitize(String(note)))
    : [NO_MASTER];
}

async function follow(
  args: ParsedArguments,
  context: CommandContext,
  access: ClusterAccess,
  filter: MemberFilter,
): Promise<void> {
  const { output, ports } = context;
  const isDrawing = args.isOn("json") || output.isTerminal;
  const prefix = output.isTerminal ? CLEAR_SCREEN : "";
  const names = new MemberNames();
  const times = new LineTimes(ports().clock, output.isTerminal, paletteFor(output.isTerminal));
  await watchMember(access, context, timeoutOf(args), {
    async begun(answer) {
      const view = filterMembers(readMembersView(answer), filter);
      for (const member of view.members) names.learn(member);
      if (isDrawing) await show(args, context, access, filter, prefix);
      else for (const member of view.members) output.out(memberLine(member));
    },
    async happened(event) {
      if (isDrawing) await show(args, context, access, filter, prefix);
      else for (const line of times.lines(describeEvent(event, names).text)) output.out(line);
    },
  });
}
