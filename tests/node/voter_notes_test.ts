import { assertEquals } from "@std/assert";
import type { Member } from "../../lib/membership/mod.ts";
import { missingVoters } from "../../lib/node/governing/missing_voters.ts";
import { type VoterName, VoterNames } from "../../lib/node/governing/voter_names.ts";
import { voterNotes, type VotersView } from "../../lib/node/governing/voter_notes.ts";

const ADA = { id: "a", name: "ada", state: "alive", tags: {} } as const;
const GRACE = { id: "b", name: "grace", state: "alive", tags: {} } as const;
const ALAN = { id: "c", name: "alan", state: "alive", tags: {} } as const;

const NOBODY = { silent: [], left: [] };

function voter({ id, name }: { id: string; name: string }): VoterName {
  return { id, name, address: `${name}:8001` };
}

const CASES: readonly (readonly [what: string, view: VotersView, beginnings: string[]])[] = [
  [
    "one member",
    { members: [ADA], master: "a", voters: ["a"], missing: NOBODY, hasCopy: true },
    [],
  ],
  [
    "two members, one voter",
    { members: [ADA, GRACE], master: "a", voters: ["a"], missing: NOBODY, hasCopy: true },
    ["Two members have one voter, ada: without it nothing can be written"],
  ],
  [
    "the only voter is an observer",
    {
      members: [{ ...ADA, tags: { "muster.observer": "true" } }],
      master: "a",
      voters: ["a"],
      missing: NOBODY,
      hasCopy: true,
    },
    [
      "ada is an observer, and by its folder the only voter all the same: it gives its vote up when " +
      "a member that may vote has joined it",
    ],
  ],
  [
    "the third is dead",
    {
      members: [ADA, GRACE, { ...ALAN, state: "dead" }],
      master: "b",
      voters: ["b"],
      missing: NOBODY,
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
      missing: NOBODY,
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
      missing: { silent: [voter(GRACE), voter(ALAN)], left: [] },
      hasCopy: true,
    },
    ["There is no master: no answer from grace (grace:8001), alan (alan:8001) of 3 voters"],
  ],
  [
    "one left in order, and one is silent",
    {
      members: [ADA],
      master: undefined,
      voters: ["a", "b", "c"],
      missing: { silent: [voter(GRACE)], left: [voter(ALAN)] },
      hasCopy: true,
    },
    [
      "There is no master: no answer from grace (grace:8001) of 3 voters, and alan (alan:8001) left",
    ],
  ],
  [
    "all others left in order",
    {
      members: [ADA],
      master: undefined,
      voters: ["a", "b"],
      missing: { silent: [], left: [voter(GRACE)] },
      hasCopy: true,
    },
    ["There is no master: grace (grace:8001) of 2 voters left"],
  ],
  [
    "an election",
    {
      members: [ADA, GRACE],
      master: undefined,
      voters: ["a", "b"],
      missing: NOBODY,
      hasCopy: true,
    },
    ["There is no master: none is elected yet"],
  ],
];

Deno.test("status says who votes when a crash would end the writing, or has", () => {
  for (const [what, view, beginnings] of CASES) {
    assertEquals(voterNotes(view).map((note) => note.split(";")[0]), beginnings, what);
  }
});

Deno.test("to found the cluster anew is no advice while it is stopped in order", () => {
  const view = { members: [ADA], master: undefined, voters: ["a", "b", "c"], hasCopy: true };
  const [silent, left] = [[voter(GRACE)], [voter(ALAN)]];
  for (const missing of [{ silent: [], left }, { silent, left }]) {
    assertEquals(voterNotes({ ...view, missing })[0]?.includes("--force-new-cluster"), false);
  }
  const [note] = voterNotes({ ...view, missing: { silent, left: [] } });
  assertEquals(note?.includes("--force-new-cluster"), true);
});

Deno.test("who is missing is never the node itself, and has a name after it is forgotten", () => {
  const names = new VoterNames([{ id: "b", name: "grace", address: "grace:8001" }]);
  const member = (id: string) =>
    id === "a" ? { id, name: "ada", address: "ada:8001", state: "left" } as Member : undefined;
  const seen = { self: "a", voters: ["a", "b", "c"], names, member, unheard: ["a", "b"] };
  const { silent, left } = missingVoters(seen);
  assertEquals([silent.map(({ name }) => name), left], [["grace", "c"], []]);
  names.learn(["b"], () => undefined);
  assertEquals(names.all, [{ id: "b", name: "grace", address: "grace:8001" }]);
  names.learn([], () => undefined);
  assertEquals(names.all.length, 1);
  names.learn(["c"], () => undefined);
  assertEquals(names.all, []);
});

Deno.test("stale reads are promised only while somebody has a copy", () => {
  const view = {
    members: [ADA],
    master: undefined,
    voters: ["b"],
    missing: { silent: [voter(GRACE)], left: [] },
  };
  for (const hasCopy of [true, false]) {
    const [note = ""] = voterNotes({ ...view, hasCopy });
    assertEquals(note.includes("stale reads"), hasCopy);
  }
});
