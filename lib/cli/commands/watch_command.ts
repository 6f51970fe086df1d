import { CALL_TIMEOUT_MS } from "../../core/mod.ts";
import type { MembersView } from "../../node/mod.ts";
import type { Command } from "../command.ts";
import { describeEvent, MemberNames } from "../event_text.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG, timeoutOf } from "../flag_values.ts";
import { jsonLine, LineTimes, paletteFor, sanitize } from "../terminal/mod.ts";
import { watchMember } from "../member_watch.ts";
import { readMembersView } from "../members_table.ts";
import { withClient } from "../with_client.ts";

/** `muster watch`: what happens, as it happens. */
export const watchCommand: Command = {
  name: "watch",
  summary: "what happens to members, master and voters, as it happens",
  usage: ["watch"],
  flags: [
    CLUSTER_FLAG,
    { ...JSON_FLAG, summary: "one JSON object a line, for programs" },
    { ...TIMEOUT_FLAG, summary: "when to end, like 30s or 5m (never)" },
  ],
  details: "Each line has the time, the change, its reason, and the members on whose word it is " +
    "believed. It runs\nuntil Ctrl-C or --timeout, and fails when the asked node goes away, or is silent for 15 s.",
  examples: [
    ["muster watch", "until Ctrl-C"],
    ["muster watch --json --timeout 1m", "a minute of changes, for a program"],
  ],
  arguments: [0, 0],
  async run(args, context) {
    const { output, ports } = context;
    const { clock } = ports();
    const paint = paletteFor(output.isTerminal);
    const names = new MemberNames();
    const times = new LineTimes(clock, output.isTerminal, paint);
    await withClient(args, context, (access) =>
      watchMember(access, context, timeoutOf(args), {
        begun(answer) {
          const view = readMembersView(answer);
          for (const member of view.members) names.learn(member);
          // A person would wonder whether it works; a program wants what happens alone.
          if (output.isTerminal && !args.isOn("json")) output.out(paint("gone", beginning(view)));
        },
        happened(event) {
          if (args.isOn("json")) {
            const time = new Date(clock.wallTime()).toISOString();
            output.out(jsonLine({ event: event["event"], time, ...event }));
            return;
          }
          const { text, tone } = describeEvent(event, names);
          for (const line of times.lines(paint(tone, text))) output.out(line);
        },
      }), { eachMs: CALL_TIMEOUT_MS });
    return EXIT.done;
  },
};

/** What a watch begins with. */
function beginning({ members, master, term }: MembersView): string {
  const count = members.filter(({ state }) => state === "alive" || state === "suspect").length;
  const { name } = members.find(({ id }) => id === master) ?? {};
  const led = name === undefined
    ? "there is no master"
    : `${sanitize(name)} is the master, term ${term}`;
  return `watching ${count} member${count === 1 ? "" : "s"}: ${led}`;
}
