import { assertEquals } from "@std/assert";
import { isKept, report, scores, type Verdict } from "../../scripts/mutate/report.ts";

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
    "| folder | planted | seen | share | promised |",
    "|---|---|---|---|---|",
    "| node | 4 | 4 | 100 % | 75 % |",
    "| wire | 2 | 1 | 50 % | 85 %, missed |",
    "",
    "Seen by no test:",
    "  lib/wire/a.ts:7: < -> <=",
  ]);
});
