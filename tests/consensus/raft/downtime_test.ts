import { assert } from "@std/assert";
import { electionDowntime, figure16 } from "./downtime.ts";

Deno.test("election downtime is near the medians of the Raft paper's figure 16", () => {
  for (const { timeoutsMs, medianMs, paperMedianMs } of figure16(150)) {
    const ratio = medianMs / paperMedianMs!;
    assert(ratio > 0.5 && ratio < 1.5, `${timeoutsMs}: ${medianMs} ms, the paper ${paperMedianMs}`);
  }
});

Deno.test("pre-vote costs a round trip, not more", () => {
  const plain = electionDowntime([150, 300], { trials: 150 });
  const ours = electionDowntime([150, 300], { trials: 150, isPlain: false });
  assert(ours.medianMs < plain.medianMs + 60, `${plain.medianMs} and ${ours.medianMs} ms`);
});

Deno.test("of three, a silent crash costs less than two seconds, split votes and all", () => {
  const { worstMs, medianMs } = electionDowntime([700, 1_400], {
    trials: 1_500,
    isPlain: false,
    servers: 3,
  });
  assert(worstMs < 1_900, `worst ${worstMs} ms, median ${medianMs} ms`);
});
