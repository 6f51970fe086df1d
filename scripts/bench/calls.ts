import { Contender } from "./contender.ts";
import type { Sample } from "./measure.ts";
import { medianSample } from "./statistics.ts";
import type { CallResult } from "./table.ts";

const OUTSTANDING = [1, 64, 1_024];
const BODY_BYTES = [100, 10_000];

/** Calls between two node processes beside a bare framer, in turns: the medians of all rounds. */
export async function measureCalls(seconds: number, rounds: number): Promise<CallResult[]> {
  await using bare = await Contender.start("bare framer", "scripts/bench/bare_framer.ts");
  await using muster = await Contender.start("muster", "scripts/bench/muster_node.ts");
  const samples = new Map<string, Sample[]>();
  for (let round = 1; round <= rounds; round++) {
    console.error(`calls: round ${round} of ${rounds}`);
    // Whoever goes first finds the processor cooler: they take turns at that too.
    const order = round % 2 === 1 ? [bare, muster] : [muster, bare];
    for (const bodyBytes of BODY_BYTES) {
      for (const outstanding of OUTSTANDING) {
        for (const contender of order) {
          const sample = await contender.measure({
            outstanding,
            bodyBytes,
            durationMs: seconds * 1_000,
          });
          const key = `${contender.name} ${outstanding} ${bodyBytes}`;
          samples.set(key, [...samples.get(key) ?? [], sample]);
        }
      }
    }
  }
  return BODY_BYTES.flatMap((bodyBytes) =>
    OUTSTANDING.map((outstanding) => {
      const of = (contender: Contender): Sample =>
        medianSample(samples.get(`${contender.name} ${outstanding} ${bodyBytes}`) ?? []);
      const [ours, theirs] = [of(muster), of(bare)];
      return {
        outstanding,
        bodyBytes,
        muster: ours,
        bare: theirs,
        rateRatio: ours.callsPerSecond / theirs.callsPerSecond,
        p50Ratio: ours.p50Us / theirs.p50Us,
      };
    })
  );
}
