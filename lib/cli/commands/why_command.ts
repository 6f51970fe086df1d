import { isJsonObject, type JsonObject } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import { byText, MemberNames, nameAndAddress, shown } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { readMembersView, readMemberView } from "../members_table.ts";
import { formatTable, jsonLine, type Paint, paletteFor, toneOfState } from "../terminal/mod.ts";
import { withClient } from "../with_client.ts";

const HEADER = ["TIME", "STATE", "INCARNATION", "CAUSE", "BY"];
const MASTER_HEADER = ["TIME", "TERM", "MASTER", "REASON"];

/** `muster why NODE|master`: what led to a member's present state, or to the present master. */
export const whyCommand: Command = {
  name: "why",
  summary: "what led to a member's present state, or to the present master",
  usage: ["why NODE|master"],
  flags: CLIENT_FLAGS,
  details:
    "NODE is a name, an address or an id. The events are those that the asked node recorded, in its " +
    "own time: who\nsuspected the member, who confirmed, what refuted. Of the master it is the master " +
    "that tells, if it answers: who\nelected it and why, and what became of the one before.",
  examples: [
    ["muster why node3", "as the node on port 8001 saw it"],
    ["muster why master", "why this one, and where the last one went"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const { output } = context;
    const [node] = args.positionals;
    const { answer, names } = await withClient(args, context, async ({ ask }) => {
      const names = new MemberNames();
      const view = readMembersView(await ask({ type: "members" }));
      for (const member of view.members) names.learn(member);
      return { answer: await ask({ type: "why", node }), names };
    });
    const textOf = node === "master" ? mastershipText : historyText;
    output.out(
      args.isOn("json") ? jsonLine(answer) : textOf(answer, names, paletteFor(output.isTerminal)),
    );
    return EXIT.done;
  },
};

function mastershipText(answer: JsonObject, names: MemberNames, paint: Paint): string {
  const { member, events, predecessor, recordedBy } = answer;
  const changes = Array.isArray(events) ? events.filter(isJsonObject) : [];
  const title = isJsonObject(member)
    ? `${paint("name", nameAndAddress(member))} is the master, term ${shown(answer["term"])}`
    : paint("bad", "there is no master");
  const rows = changes.map((change) => [
    shown(change["time"]),
    shown(change["term"]),
    change["master"] === null ? "-" : shown(change["name"] ?? names.of(change["master"])),
    shown(change["reason"]),
  ]);
  const header = MASTER_HEADER.map((heading) => paint("heading", heading));
  const text = `${title} (recorded by ${shown(recordedBy)})\n${
    formatTable([header, ...rows], [1])
  }`;
  return isJsonObject(predecessor)
    ? `${text}\n\nBefore it: ${historyText(predecessor, names, paint)}`
    : text;
}

function historyText(answer: JsonObject, names: MemberNames, paint: Paint): string {
  const member = isJsonObject(answer["member"]) ? answer["member"] : {};
  const { state } = readMemberView(member);
  const events = Array.isArray(answer["events"]) ? answer["events"].filter(isJsonObject) : [];
  const rows = events.map((event) => {
    const state = shown(event["state"]);
    return [
      shown(event["time"]),
      paint(toneOfState(state), state),
      shown(event["incarnation"]),
      shown(event["cause"]),
      byText(event["by"], names).replace(/^by /, ""),
    ];
  });
  const title = `${nameAndAddress(member)}: ${paint(toneOfState(state), state)}`;
  const header = HEADER.map((heading) => paint("heading", heading));
  return `${title}\n${formatTable([header, ...rows], [2])}`;
}
