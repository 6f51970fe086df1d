import { assertEquals } from "@std/assert";
import { type BenchFlags, readFlags, SECTIONS } from "../../scripts/bench/flags.ts";

const DEFAULTS: BenchFlags = {
  sections: new Set(SECTIONS),
  seconds: 1,
  rounds: 5,
  memory: false,
  json: false,
  help: false,
};

Deno.test("without flags everything is measured", () => {
  assertEquals(readFlags([]), DEFAULTS);
});

Deno.test("sections are named with commas, or one by one", () => {
  const some: BenchFlags = { ...DEFAULTS, sections: new Set(["writes", "start"]) };
  assertEquals(readFlags(["--only", "start,writes"]), some);
  assertEquals(readFlags(["--only", "writes", "--only=start"]), some);
});

Deno.test("figures are taken as they are, and rounds are whole", () => {
  const given = readFlags(["--seconds", "0.5", "--rounds=2.2", "--json", "--memory", "-h"]);
  const expected = { seconds: 0.5, rounds: 3, json: true, memory: true, help: true };
  assertEquals(given, { ...DEFAULTS, ...expected });
});

Deno.test("what makes no sense is told in one line", () => {
  const table: [args: string[], fault: string][] = [
    [["--only", "reads"], "--only reads: one of calls, start, idle, writes is meant"],
    [["--only", "calls,"], "--only : one of calls, start, idle, writes is meant"],
    [["--seconds", "0"], "--seconds 0: a number above 0 is meant"],
    [["--seconds", "Infinity"], "--seconds Infinity: a number above 0 is meant"],
    [["--rounds", "many"], "--rounds many: a number above 0 is meant"],
    [["--rounds="], "--rounds : a number above 0 is meant"],
    [["--fast"], "Unknown argument --fast (--help lists what there is)"],
    [["writes"], "Unknown argument writes (--help lists what there is)"],
  ];
  for (const [args, fault] of table) assertEquals(readFlags(args), fault);
});
