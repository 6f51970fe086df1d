import { assertEquals } from "@std/assert";
import { voterNotes, type VotersView } from "../../lib/node/governing/voter_notes.ts";

const ADA = { id: "a", name: "ada", state: "alive" } as const;
const GRACE = { id: "b", name: "grace", state: "alive" } as const;
const ALAN = { id: "c", name: "alan", state: "alive" } as const;

const CASES: readonly (readonly [what: string, view: VotersView, beginnings: string[]])[] = [
  ["one member", { members: [ADA], master: "a", voters: ["a"], missing: [], hasCopy: true }, []],
  [
    "two members, one voter",
    { members: [ADA, GRACE], master: "a", voters: ["a"], missing: [], hasCopy: true },
    ["Two members have one voter, ada: without it nothing can be written"],
  ],
  [
    "the third is dead",
    {
      members: [ADA, GRACE, { ...ALAN, state: "dead" }],
      master: "b",
      voters: ["b"],
      missing: [],
      hasCopy: true,
    },
    ["Two members have one voter, grace: without it nothing can be written"],
  ],
  [
    "three voters",
    {
      members: [ADA, GRACE, ALAN],
      master: "a",
      voters: ["a", "b", "c"],
      missing: [],
      hasCopy: true,
    },
    [],
  ],
  [
    "no majority",
    {
      members: [ADA, GRACE, ALAN],
      master: undefined,
      voters: ["a", "b", "c"],
      missing: ["grace", "alan"],
      hasCopy: true,
    },
    ["There is no master: no answer from grace, alan of 3 voters"],
  ],
  [
    "an election",
    { members: [ADA, GRACE], master: undefined, voters: ["a", "b"], missing: [], hasCopy: true },
    ["There is no master: none is elected yet"],
  ],
];

Deno.test("status says who votes when a crash would end the writing, or has", () => {
  for (const [what, view, beginnings] of CASES) {
    assertEquals(voterNotes(view).map((note) => note.split(";")[0]), beginnings, what);
  }
});

Deno.test("stale reads are promised only while somebody has a copy", () => {
  const view = { members: [ADA], master: undefined, voters: ["b"], missing: ["grace"] };
  for (const hasCopy of [true, false]) {
    const [note = ""] = voterNotes({ ...view, hasCopy });
    assertEquals(note.includes("stale reads"), hasCopy);
  }
});
