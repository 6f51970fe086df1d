import { assertEquals } from "@std/assert";
import { PACE_LOOK_MS, PACE_WARNING_MS } from "../../lib/consensus/limits.ts";
import { paceAdvice, PaceWatch } from "../../lib/consensus/pace.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { noQuorum } from "../../lib/state/patience.ts";
import { ManualClock } from "../support/manual_clock.ts";

const adviceOf = (profile: "lan" | "wan" | "local", ...roundTrips: (number | undefined)[]) =>
  paceAdvice(
    profile,
    GOVERNANCE_TIMING,
    roundTrips.map((roundTripMs, at) => ({
      name: `n${at + 2}`,
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
    })),
  );

Deno.test("voters whose round trips take more than a third of the election timeout are too far apart", () => {
  assertEquals(adviceOf("lan"), undefined);
  assertEquals(adviceOf("lan", undefined, 0.2, 233), undefined);
  assertEquals(adviceOf("lan", 1, 400, 234), {
    text: "Round trips to n3, n4 take 400 ms, more than a third of the election timeout of the " +
      "lan profile (700 ms): use --profile wan on every node",
    roundTripMs: 400,
  });
  const wanted = (advice: { text: string } | undefined) => advice?.text.split(": ").at(-1);
  assertEquals(wanted(adviceOf("local", 101)), "use --profile lan on every node");
  assertEquals(wanted(adviceOf("local", 400)), "use --profile wan on every node");
  assertEquals(adviceOf("wan", 800), undefined);
  assertEquals(wanted(adviceOf("wan", 900)), "wan is for up to 833 ms");
});

Deno.test("it is said once a minute while it is so, and not otherwise", () => {
  const clock = new ManualClock();
  const said: number[] = [];
  let isFar = false;
  const watch = new PaceWatch({
    clock,
    advice: () => isFar ? { text: "far", roundTripMs: 400 } : undefined,
    warn: () => said.push(clock.time),
  });
  watch.start();
  const runTo = (end: number) => {
    for (let at = clock.time + PACE_LOOK_MS; at <= end; at += PACE_LOOK_MS) clock.advance(at);
  };
  runTo(20_000);
  assertEquals(said, []);
  isFar = true;
  runTo(160_000);
  assertEquals(said, [25_000, 25_000 + PACE_WARNING_MS, 25_000 + 2 * PACE_WARNING_MS]);
  watch.stop();
  assertEquals(clock.due, []);
});

Deno.test("without a majority for that reason nobody is told to found the cluster anew", () => {
  const missing = {
    silent: [{ id: "2", name: "n2", address: "10.0.0.2:8001" }],
    left: [],
  };
  const far = noQuorum(missing, undefined, false, undefined, adviceOf("lan", 400));
  assertEquals(far.message.includes("use --profile wan"), true);
  assertEquals(far.message.includes("--force-new-cluster"), false);
  assertEquals(far.details, { missing: ["n2"], roundTripMs: 400 });
  const lost = noQuorum(missing, undefined, false);
  assertEquals(lost.message.includes("--force-new-cluster"), true);
  assertEquals(lost.details, { missing: ["n2"] });
});
