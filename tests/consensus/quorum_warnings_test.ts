import { assertEquals } from "@std/assert";
import type { Member } from "../../lib/membership/swim/mod.ts";
import { YOUTH_MS } from "../../lib/consensus/limits.ts";
import { keptHere, secondCopyOf } from "../../lib/consensus/kept_here.ts";
import { missingAdvice, missingVoters, Youth } from "../../lib/consensus/missing_voters.ts";
import { ToldCounts } from "../../lib/consensus/told_counts.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type VoterName, VoterNames } from "../../lib/consensus/voter_names.ts";
import { quorumWarnings, type VotersView } from "../../lib/consensus/quorum_warnings.ts";
import { noQuorum } from "../../lib/state/patience.ts";

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
    "three voters, of whom one is dead",
    {
      members: [ADA, GRACE, { ...ALAN, state: "dead" }],
      master: "a",
      voters: ["a", "b", "c"],
      missing: { silent: [voter(ALAN)], left: [] },
      hasCopy: true,
    },
    [],
  ],
  [
    "a master whose voters are not known yet",
    { members: [ADA, GRACE], master: "a", voters: [], missing: NOBODY, hasCopy: true },
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
    assertEquals(quorumWarnings(view).map((note) => note.split(";")[0]), beginnings, what);
  }
});

Deno.test("to found the cluster anew is no advice while it is stopped in order", () => {
  const view = { members: [ADA], master: undefined, voters: ["a", "b", "c"], hasCopy: true };
  const [silent, left] = [[voter(GRACE)], [voter(ALAN)]];
  for (const missing of [{ silent: [], left }, { silent, left }]) {
    assertEquals(quorumWarnings({ ...view, missing })[0]?.includes("--force-new-cluster"), false);
  }
  const [note] = quorumWarnings({ ...view, missing: { silent, left: [] } });
  assertEquals(note?.includes("--force-new-cluster"), true);
});

Deno.test("nor while nodes start, until one knows a master or the others had their time", () => {
  const clock = new ManualClock();
  const youth = new Youth(clock);
  const advice = () => {
    const { isYoung } = youth;
    const seen = { self: "a", voters: ["a", "b"], names: new VoterNames(), unheard: ["b"] };
    return missingAdvice(missingVoters({ ...seen, member: () => undefined, isYoung }));
  };
  assertEquals(advice().includes("--force-new-cluster"), false);
  clock.advance(YOUTH_MS);
  assertEquals(advice().includes("--force-new-cluster"), true);
  const led = new Youth(clock);
  led.end();
  assertEquals(led.isYoung, false);
});

Deno.test("a request that nobody is known to miss is told no names, and no advice for them", () => {
  const { message } = noQuorum({ silent: [], left: [] }, undefined, false);
  assertEquals(message, "No majority of the voters agrees on a master: none is elected yet");
});

Deno.test("who is missing is never the node itself, and has a name after it is forgotten", () => {
  const names = new VoterNames([{ id: "b", name: "grace", address: "grace:8001" }]);
  const member = (id: string) =>
    id === "a" ? { id, name: "ada", address: "ada:8001", state: "left" } as Member : undefined;
  const seen = { self: "a", voters: ["a", "b", "c"], names, member, unheard: ["a", "b"] };
  const { silent, left } = missingVoters(seen);
  assertEquals([silent.map(({ name }) => name), left], [["grace", "c"], []]);
  names.merge(["b"], () => undefined);
  assertEquals(names.all, [{ id: "b", name: "grace", address: "grace:8001" }]);
  names.merge([], () => undefined);
  assertEquals(names.all.length, 1);
  names.merge(["c"], () => undefined);
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
    const [note = ""] = quorumWarnings({ ...view, hasCopy });
    assertEquals(note.includes("stale reads"), hasCopy);
  }
});

Deno.test("of two members status says who has what, in one sentence each", () => {
  const two = {
    members: [ADA, GRACE],
    voters: ["a"],
    learners: ["b"],
    missing: NOBODY,
    hasCopy: true,
  };
  const counted = (copies: number) =>
    quorumWarnings({ ...two, master: "a", counts: { copies, disks: copies } });
  assertEquals(counted(2).map((note) => note.split("; ")[1]), [
    "grace has all that it acknowledges, too",
  ]);
  assertEquals(counted(1).map((note) => note.split("; ")[1]), [
    "there is one copy, for grace is not in step",
  ]);
  const members = [ADA, { ...GRACE, state: "dead" }] as const;
  const alone = { ...two, members, master: "a" };
  assertEquals(quorumWarnings({ ...alone, counts: { copies: 1, disks: 1 } }), [
    "There is one copy of what is written now, for grace is not here: start it again",
  ]);
  assertEquals(quorumWarnings({ ...alone, learners: [], counts: { copies: 1, disks: 1 } }), []);
});

Deno.test("the second of two says what its folder has, and no more than it can know", () => {
  const missing = { silent: [voter(ADA)], left: [] };
  const members = [{ ...ADA, state: "dead" }, GRACE] as const;
  const view = { members, master: undefined, voters: ["a"], missing, hasCopy: true };
  const kept = (isWhole: boolean, others: string[] = []) => {
    const second = { voter: "ada", lastIndex: 7, isWhole, others };
    const [, note] = quorumWarnings({ ...view, second });
    assertEquals(note, keptHere(second));
    return note;
  };
  assertEquals(
    kept(true),
    "ada was the only voter; this folder has everything that ada acknowledged as long as this node " +
      "heard it, up to entry 7; what it may have acknowledged alone since is in its folder alone: if that " +
      "one is lost for good, this node goes on from here with --force-new-cluster",
  );
  assertEquals(
    kept(false),
    "ada was the only voter; this folder has everything up to entry 7, and nothing that ada acknowledged " +
      "later: if that one is lost for good, this node goes on from here with --force-new-cluster",
  );
  assertEquals(
    kept(false, ["alan"])?.split(", ").at(-1),
    "the one of this node and alan that has the latest entry goes on with --force-new-cluster",
  );
});

Deno.test("a second copy takes the voter's word only when it is the only one", () => {
  const told = new ToldCounts();
  const seen = (learners: string[], memory: string[] = [], isDurable = true) =>
    secondCopyOf({
      id: "b",
      isDurable,
      status: { config: { voters: ["a"], learners, memory }, lastIndex: 7 },
      told,
      nameOf: (id) => id.toUpperCase(),
    });
  const expected = { voter: "A", lastIndex: 7, isWhole: false, others: [] as string[] };
  assertEquals(seen(["b"]), expected);
  told.receive({
    master: "a",
    term: 3,
    voters: ["a"],
    learners: ["b"],
    counts: { copies: 2, disks: 2 },
  });
  assertEquals(seen(["b"]), { ...expected, isWhole: true });
  assertEquals(seen(["b", "c"], ["c"]), { ...expected, isWhole: true });
  assertEquals(seen(["b", "c"]), { ...expected, others: ["C"] });
  assertEquals([seen(["c"]), seen(["b"], [], false)], [undefined, undefined]);
  told.receive({
    master: "a",
    term: 3,
    voters: ["a"],
    learners: ["b"],
    counts: { copies: 1, disks: 1 },
  });
  assertEquals(seen(["b"]), expected);
});

Deno.test("NO_QUORUM says what the folder of the second copy has", () => {
  const kept = keptHere({ voter: "ada", lastIndex: 7, isWhole: false, others: [] });
  const { code, message } = noQuorum({ silent: [voter(ADA)], left: [] }, undefined, false, kept);
  assertEquals([code, message.endsWith(`; ${kept}`)], ["NO_QUORUM", true]);
});
