import { plot, PROFILES, Rehearsal, schedule, summarize } from "../../rehearsal/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { JSON_FLAG } from "../flag_values.ts";
import { jsonLine, paletteFor } from "../terminal/mod.ts";
import { planOf, REHEARSAL_FLAGS } from "../rehearsal_flags.ts";
import { summaryLines, timelineLines } from "../rehearsal_report.ts";

/** `muster rehearse`: what would happen, before it does. */
export const rehearseCommand: Command = {
  name: "rehearse",
  summary: "simulate a cluster's membership under faults: who would believe what when",
  usage: ["rehearse [--nodes N] [--kill N@T] [--stop N@T+D] [--partition A,B/C,D@T+D] [FLAGS]"],
  flags: [...REHEARSAL_FLAGS, JSON_FLAG],
  details:
    "It runs the very code of the nodes over a simulated network: nothing is started, no cluster is " +
    "touched, and\nthe same seed gives the same run. Members are numbered from 1; T is the time from " +
    "the beginning, D how long.",
  examples: [
    ["muster rehearse --kill 3@10s", "a crash in a cluster of five"],
    ["muster rehearse --stop 2@5s+10s --loss 5%", "a process that stalls, on a poor network"],
    ["muster rehearse --partition 1,2/3,4,5@10s+10s --svg plot.svg", "a partition, drawn"],
  ],
  arguments: [0, 0],
  async run(args, { output, replaceFile }) {
    const plan = planOf(args);
    const file = args.text("svg");
    // Before the work, not after it.
    await using svg = file === undefined ? undefined : await replaceFile(file);
    const rehearsal = new Rehearsal({
      nodes: plan.nodes,
      seed: plan.seed,
      profile: PROFILES[plan.profile],
      conditions: { loss: plan.loss, latencyMs: plan.latencyMs },
      measuresBytes: true,
    });
    schedule(rehearsal, plan.faults);
    rehearsal.run(plan.durationMs);
    const summary = summarize(rehearsal);
    const { timeline } = rehearsal;
    if (args.isOn("json")) {
      output.out(jsonLine({ ...plan, summary, marks: timeline.marks, beliefs: timeline.beliefs }));
    } else {
      const paint = paletteFor(output.isTerminal);
      for (const line of timelineLines(timeline, paint)) output.out(line);
      if (timeline.dropped > 0) output.out(`(${timeline.dropped} later beliefs are not shown)`);
      if (timeline.beliefs.length + timeline.marks.length > 0) output.out("");
      for (const line of summaryLines(summary, paint)) output.out(line);
    }
    if (svg !== undefined) {
      const title = `${plan.nodes} members, profile ${plan.profile}, seed ${plan.seed}, ${
        Number((plan.loss * 100).toFixed(2))
      } % loss, ${plan.latencyMs} ms`;
      const most = Math.max(...Array.from(rehearsal.processes, ({ number }) => number));
      await svg.write(plot(timeline, { nodes: most, endMs: plan.durationMs, title }));
      await svg.finish();
    }
    return EXIT.done;
  },
};
