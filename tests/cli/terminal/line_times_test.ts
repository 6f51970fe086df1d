import { assertEquals } from "@std/assert";
import { LineTimes } from "../../../lib/cli/terminal/line_times.ts";

const PLAIN = (_tone: unknown, text: string) => text;
const MODULE = new URL("../../../lib/cli/terminal/line_times.ts", import.meta.url).href;

/** The lines of texts that are told at those times, in a zone. */
async function linesIn(zone: string, isTerminal: boolean, times: string[]): Promise<string[]> {
  const program = `
    const { LineTimes } = await import(${JSON.stringify(MODULE)});
    let time = 0;
    const clock = { wallTime: () => time };
    const times = new LineTimes(clock, ${isTerminal}, (_, text) => text);
    for (const at of ${JSON.stringify(times)}) {
      time = Date.parse(at);
      for (const line of times.lines("x")) console.log(line);
    }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    env: { TZ: zone, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

const EVENING = ["2026-11-25T23:59:59.900Z", "2026-11-26T00:00:00.100Z", "2026-11-26T00:00:01Z"];

Deno.test("a line for a file has the date and the zone", async () => {
  assertEquals(await linesIn("UTC", false, EVENING), [
    "2026-11-25T23:59:59+00:00 x",
    "2026-11-26T00:00:00+00:00 x",
    "2026-11-26T00:00:01+00:00 x",
  ]);
  assertEquals(await linesIn("Asia/Kolkata", false, EVENING.slice(0, 1)), [
    "2026-11-26T05:29:59+05:30 x",
  ]);
  assertEquals(await linesIn("America/St_Johns", false, ["2026-01-01T00:00:00Z"]), [
    "2025-12-31T20:30:00-03:30 x",
  ]);
});

Deno.test("on a terminal the date has a line at the beginning and at midnight", async () => {
  assertEquals(await linesIn("UTC", true, EVENING), [
    "2026-11-25, UTC+00:00",
    "23:59:59 x",
    "2026-11-26, UTC+00:00",
    "00:00:00 x",
    "00:00:01 x",
  ]);
});

Deno.test("the date is told once, wherever it is told first", () => {
  const times = new LineTimes({ wallTime: () => 0 }, true, PLAIN);
  assertEquals([times.dateLine().length, times.dateLine().length, times.lines("x").length], [
    1,
    0,
    1,
  ]);
  assertEquals(new LineTimes({ wallTime: () => 0 }, false, PLAIN).dateLine(), []);
});
