import { isObject, type JsonObject } from "../core/mod.ts";
import type { Command } from "./command.ts";
import { byText, MemberNames, nameAndAddress } from "./event_text.ts";
import { EXIT } from "./exit_code.ts";
import { CLIENT_FLAGS } from "./flag_values.ts";
import { readMembersView, readMemberView } from "./members_table.ts";
import { type Paint, paletteFor, toneOfState } from "./palette.ts";
import { jsonLine, printable } from "./printable.ts";
import { formatTable } from "./table.ts";
import { withClient } from "./with_client.ts";

const HEADER = ["TIME", "STATE", "INCARNATION", "CAUSE", "BY"];

/** `muster why NODE`: what led to a member's present state. */
export const whyCommand: Command = {
  name: "why",
  summary: "what led to a member's present state: who suspected it, who confirmed",
  usage: ["why NODE"],
  flags: CLIENT_FLAGS,
  details:
    "NODE is a name, an address or an id. The events are those that the asked node recorded, in its " +
    "own time.",
  examples: [["muster why node3", "as the node on port 8001 saw it"]],
  arguments: [1, 1],
  async run(given, context) {
    const { output } = context;
    const [node] = given.positionals;
    const { answer, names } = await withClient(given, context, async ({ ask }) => {
      const names = new MemberNames();
      const view = readMembersView(await ask({ type: "members" }));
      for (const member of view.members) names.learn(member);
      return { answer: await ask({ type: "why", node }), names };
    });
    output.out(
      given.isOn("json")
        ? jsonLine(answer)
        : historyText(answer, names, paletteFor(output.isTerminal)),
    );
    return EXIT.done;
  },
};

function historyText(answer: JsonObject, names: MemberNames, paint: Paint): string {
  const member = isObject(answer["member"]) ? answer["member"] : {};
  const { state } = readMemberView(member);
  const events = Array.isArray(answer["events"]) ? answer["events"].filter(isObject) : [];
  const rows = events.map((event) => {
    const state = printable(String(event["state"]));
    return [
      printable(String(event["time"])),
      paint(toneOfState(state), state),
      printable(String(event["incarnation"])),
      printable(String(event["cause"])),
      byText(event["by"], names).replace(/^by /, ""),
    ];
  });
  const title = `${nameAndAddress(member)}: ${paint(toneOfState(state), state)}`;
  const header = HEADER.map((heading) => paint("heading", heading));
  return `${title}\n${formatTable([header, ...rows], [2])}`;
}
