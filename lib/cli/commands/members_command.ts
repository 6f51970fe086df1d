import { CALL_TIMEOUT_MS } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { describeEvent, MemberNames, timeOfDay } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { choiceOf, CLIENT_FLAGS, tagsOf, timeoutOf } from "../flag_values.ts";
import type { ParsedArguments } from "../flags.ts";
import { watchMember } from "../member_watch.ts";
import {
  filterMembers,
  type MemberFilter,
  memberLine,
  membersTable,
  readMembersView,
} from "../members_table.ts";
import { paletteFor } from "../palette.ts";
import { jsonLine } from "../printable.ts";
import { type ClusterAccess, withClient } from "../with_client.ts";

const STATES = ["alive", "suspect", "dead", "left", "guest"] as const;
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** `muster members`: who is here. */
export const membersCommand: Command = {
  name: "members",
  summary: "who is here, and who is the master",
  usage: ["members [--state STATE] [--tag K=V] [--watch]"],
  flags: [
    { name: "state", value: STATES.join("|"), summary: "only members in this state" },
    { name: "tag", value: "K=V", isRepeatable: true, summary: "only members with this tag" },
    { name: "watch", summary: "go on: redraw on a terminal, else a line for each change" },
    ...CLIENT_FLAGS,
  ],
  details:
    "SINCE is how long the asked node has known the state, RTT what its own probes take. With " +
    "--watch,\n--timeout ends it; with --json it prints all members again, on one line, after each change.",
  examples: [
    ["muster members", "the members as the node on port 8001 sees them"],
    ["muster members --state dead --json", "the dead, for a program"],
    ["muster members --tag zone=a --watch", "those of one zone, until Ctrl-C"],
  ],
  arguments: [0, 0],
  async run(given, context) {
    const filter = { state: choiceOf(given, "state", STATES), tags: tagsOf(given, "tag") };
    await withClient(given, context, async (access) => {
      if (given.isOn("watch")) await follow(given, context, access, filter);
      else show(given, context, await access.ask({ type: "members" }), filter);
    }, given.isOn("watch") ? CALL_TIMEOUT_MS : undefined);
    return EXIT.done;
  },
};

function show(
  given: ParsedArguments,
  { output, ports }: CommandContext,
  answer: Readonly<Record<string, unknown>>,
  filter: MemberFilter,
  prefix = "",
): void {
  const view = filterMembers(readMembersView(answer), filter);
  if (given.isOn("json")) output.out(jsonLine(view));
  else {
    const paint = paletteFor(output.isTerminal);
    output.out(prefix + membersTable(view, ports().clock.wallTime(), paint));
  }
}

async function follow(
  given: ParsedArguments,
  context: CommandContext,
  access: ClusterAccess,
  filter: MemberFilter,
): Promise<void> {
  const { output, ports } = context;
  const isDrawing = given.isOn("json") || output.isTerminal;
  const prefix = output.isTerminal ? CLEAR_SCREEN : "";
  const names = new MemberNames();
  await watchMember(access, context, timeoutOf(given), {
    begun(answer) {
      const view = filterMembers(readMembersView(answer), filter);
      for (const member of view.members) names.learn(member);
      if (isDrawing) show(given, context, answer, filter, prefix);
      else for (const member of view.members) output.out(memberLine(member));
    },
    async happened(event) {
      if (isDrawing) show(given, context, await access.ask({ type: "members" }), filter, prefix);
      else {
        const time = timeOfDay(ports().clock.wallTime());
        output.out(`${time} ${describeEvent(event, names).text}`);
      }
    },
  });
}
