import { assertEquals } from "@std/assert";
import { isKept, report, scores, type Verdict, wordsOf } from "../../scripts/mutate/report.ts";

function verdict(path: string, seenBy: Verdict["seenBy"]): Verdict {
  const mutant = { path, line: 7, start: 0, end: 1, replacement: "<=" };
  return { mutant, original: "<", seenBy };
}

/** So many slips of a file, of which so many were seen. */
function verdicts(path: string, planted: number, seen: number): Verdict[] {
  return Array.from(
    { length: planted },
    (_, at) => verdict(path, at >= seen ? "nobody" : at % 2 === 0 ? "folder" : "suite"),
  );
}

Deno.test("the promise is higher for a pure folder", () => {
  const table: [path: string, seen: number, kept: boolean][] = [
    ["lib/wire/a.ts", 17, true],
    ["lib/wire/a.ts", 16, false],
    ["lib/node/a.ts", 15, true],
    ["lib/node/a.ts", 14, false],
  ];
  for (const [path, seen, kept] of table) {
    assertEquals(scores(verdicts(path, 20, seen)).map(isKept), [kept], `${path} ${seen}`);
  }
});

Deno.test("the report has a row a folder, and a line for each slip that nobody saw", () => {
  const all = [...verdicts("lib/wire/a.ts", 2, 1), ...verdicts("lib/node/b.ts", 4, 4)];
  assertEquals(report(all).split("\n"), [
    "| folder | planted | seen | by a time-out | share | promised |",
    "|---|---|---|---|---|---|",
    "| node | 4 | 4 | 0 | 100 % | 75 % |",
    "| wire | 2 | 1 | 0 | 50 % | 85 %, missed |",
    "",
    "Seen by no test:",
    "  lib/wire/a.ts:7: < -> <=",
  ]);
});

Deno.test("what only made the tests last too long is told apart from what made them fail", () => {
  const [failed, late] = [verdict("lib/wire/a.ts", "folder"), verdict("lib/wire/b.ts", "suite")];
  failed.how = "failed";
  late.how = "timed out";
  assertEquals([failed, late].map(wordsOf), ["folder", "suite (timed out)"]);
  assertEquals(wordsOf({ seenBy: "nobody" }), "nobody");
  assertEquals(report([failed, late]).split("\n"), [
    "| folder | planted | seen | by a time-out | share | promised |",
    "|---|---|---|---|---|---|",
    "| wire | 2 | 2 | 1 | 100 % | 85 % |",
    "",
    "Seen by a time-out alone:",
    "  lib/wire/b.ts:7: < -> <=",
  ]);
});
