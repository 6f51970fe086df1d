import type { Command } from "../command.ts";
import { formatRoundTrip, jsonLine, sanitize } from "../terminal/mod.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { withClient } from "../with_client.ts";

/** `muster rtt [FROM] TO`: how far apart two members are. */
export const rttCommand: Command = {
  name: "rtt",
  summary: "the round-trip time between two members, as the first measures it",
  usage: ["rtt [FROM] TO"],
  flags: CLIENT_FLAGS,
  details:
    "FROM and TO are names, addresses or ids; FROM is the asked node when it is not given. It is " +
    "the smoothed time\nof FROM's own probes, which come every few hundred milliseconds.",
  examples: [
    ["muster rtt node3", "from the node on port 8001"],
    ["muster rtt node2 node3", "between two others"],
  ],
  arguments: [1, 2],
  async run(args, context) {
    const { output } = context;
    const [first, second] = args.positionals;
    const request = second === undefined ? { to: first } : { from: first, to: second };
    const answer = await withClient(args, context, ({ ask }) => ask({ type: "rtt", ...request }));
    if (args.isOn("json")) output.out(jsonLine(answer));
    else {
      const { from, to, roundTripMs, state } = answer;
      const isThere = state === "alive" || state === undefined;
      const time = typeof roundTripMs === "number"
        ? formatRoundTrip(roundTripMs)
        : "not measured yet";
      // What was measured last says little of a member that does not answer.
      const doubt = isThere ? "" : ` (it is ${sanitize(String(state))})`;
      output.out(`${sanitize(String(from))} to ${sanitize(String(to))}: ${time}${doubt}`);
    }
    return EXIT.done;
  },
};
