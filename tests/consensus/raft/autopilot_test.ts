import { assert, assertEquals } from "@std/assert";
import {
  type AutopilotMember,
  type AutopilotStep,
  awaitedVoters,
  type Config,
  type ConsensusStatus,
  majority,
  missedVoters,
  nextStep,
  suitableVoters,
} from "../../../lib/consensus/raft/mod.ts";
import { changeConfig } from "../../../lib/consensus/raft/config_history.ts";

/** How patient the autopilot is here. */
const TIMING = { stableMs: 5_000, deadMs: 3_000, leaveMs: 5_000 };

Deno.test("the suitable number of voters is odd and at most five", () => {
  const table = [[0, 1], [1, 1], [2, 1], [3, 3], [4, 3], [5, 5], [6, 5], [300, 5]] as const;
  for (const [members, voters] of table) assertEquals(suitableVoters(members), voters);
});

interface Situation {
  says: string;
  voters: string;
  learners?: string;
  /**
   * Members: `a` alive, `s` alive and silent, `d` dead, `x` dead just now, `l` leaving, `g` gone
   * (it left), `y` alive just now; with an `m` behind it, it keeps nothing, with a `?` it does not
   * say.
   */
  members: Record<string, string>;
  vacant?: true;
  step: AutopilotStep | undefined;
}

const ALIVE = { n1: "a", n2: "a", n3: "a", n4: "a", n5: "a" };

const SITUATIONS: Situation[] = [
  { says: "one alone stays", voters: "n1", members: { n1: "a" }, step: undefined },
  {
    says: "two without folders have one voter",
    voters: "n1",
    members: { n1: "am", n2: "am" },
    step: undefined,
  },
  {
    says: "of two with folders the second gets the second copy",
    voters: "n1",
    members: { n1: "a", n2: "a" },
    step: { type: "add-learner", node: "n2" },
  },
  {
    says: "and keeps it",
    voters: "n1",
    learners: "n2",
    members: { n1: "a", n2: "a" },
    step: undefined,
  },
  {
    says: "also while it is dead",
    voters: "n1",
    learners: "n2",
    members: { n1: "a", n2: "d" },
    step: undefined,
  },
  {
    says: "but not when it has left",
    voters: "n1",
    learners: "n2",
    members: { n1: "a", n2: "g" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "nor a dead one beside a living one",
    voters: "n1",
    learners: "n2 n3",
    members: { n1: "a", n2: "d", n3: "a" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "a learner that keeps nothing is no second copy",
    voters: "n1",
    learners: "n2",
    members: { n1: "a", n2: "am" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "a third brings a learner",
    voters: "n1",
    members: { n1: "a", n2: "a", n3: "a" },
    step: { type: "add-learner", node: "n2" },
  },
  {
    says: "from an odd set, two learners come first",
    voters: "n1",
    learners: "n2",
    members: { n1: "a", n2: "a", n3: "a" },
    step: { type: "add-learner", node: "n3" },
  },
  {
    says: "then one after the other is promoted",
    voters: "n1",
    learners: "n2 n3",
    members: { n1: "a", n2: "a", n3: "a" },
    step: { type: "promote", node: "n2" },
  },
  {
    says: "the even set between grows on",
    voters: "n1 n2",
    learners: "n3",
    members: { n1: "a", n2: "a", n3: "a" },
    step: { type: "promote", node: "n3" },
  },
  {
    says: "a member that has just come is not counted",
    voters: "n1",
    members: { n1: "a", n2: "am", n3: "y" },
    step: undefined,
  },
  {
    says: "spares with a folder are taken first",
    voters: "n1",
    members: { n1: "a", n2: "am", n3: "a", n4: "a" },
    step: { type: "add-learner", node: "n3" },
  },
  {
    says: "whoever is added and keeps nothing is named",
    voters: "n1",
    learners: "n3",
    members: { n1: "a", n2: "am", n3: "a" },
    step: { type: "add-learner", node: "n2", memory: true },
  },
  {
    says: "a dead voter is removed before anything else",
    voters: "n1 n2 n3 n4 n5",
    members: { ...ALIVE, n3: "d", n6: "a" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "its spare then becomes a learner",
    voters: "n1 n2 n4 n5",
    members: { ...ALIVE, n3: "d", n6: "a" },
    step: { type: "add-learner", node: "n6" },
  },
  {
    says: "without a spare four shrink to three, but never by the leader",
    voters: "n1 n2 n4 n5",
    members: { ...ALIVE, n3: "d" },
    step: { type: "remove", node: "n5" },
  },
  {
    says: "a voter that has just died is waited for",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "x", n4: "a" },
    step: undefined,
  },
  {
    says: "a majority that is dead cannot be removed",
    voters: "n1 n2 n3 n4 n5",
    members: { n1: "a", n2: "d", n3: "d", n4: "d", n5: "d" },
    step: undefined,
  },
  {
    says: "a voter that membership does not know counts as dead",
    voters: "n1 n2 n3 n4",
    members: { n1: "a", n2: "a", n3: "a" },
    step: { type: "remove", node: "n4" },
  },
  {
    says: "of three with folders a dead one stays",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "d" },
    step: undefined,
  },
  {
    says: "it does not keep a spare from coming in",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "d", n4: "a" },
    step: { type: "add-learner", node: "n4" },
  },
  {
    says: "which gets the place once it has caught up",
    voters: "n1 n2 n3",
    learners: "n4",
    members: { n1: "a", n2: "a", n3: "d", n4: "a" },
    step: { type: "remove", node: "n3", vacates: true },
  },
  {
    says: "by the next entry",
    voters: "n1 n2",
    learners: "n4",
    vacant: true,
    members: { n1: "a", n2: "a", n3: "d", n4: "a" },
    step: { type: "promote", node: "n4" },
  },
  {
    says: "when it dies between the two, both voters are needed, as before",
    voters: "n1 n2",
    vacant: true,
    members: { n1: "a", n2: "a", n3: "d", n4: "d" },
    step: undefined,
  },
  {
    says: "whoever is back first gets the place",
    voters: "n1 n2",
    vacant: true,
    members: { n1: "a", n2: "a", n3: "a", n4: "d" },
    step: { type: "add-learner", node: "n3" },
  },
  {
    says: "a spare that keeps nothing takes no place of a folder",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "d", n4: "am" },
    step: undefined,
  },
  {
    says: "of three without folders a dead one goes",
    voters: "n1 n2 n3",
    members: { n1: "am", n2: "am", n3: "dm" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "and of two the second, down to one",
    voters: "n1 n2",
    members: { n1: "am", n2: "am", n3: "dm" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "of a folder and two without, a dead one without goes",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "am", n3: "dm" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "then the other one without is taken out",
    voters: "n1 n2",
    members: { n1: "a", n2: "am", n3: "dm" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "a master without a folder hands over to whoever has one, before it is taken out",
    voters: "n1 n2",
    members: { n1: "am", n2: "a" },
    step: { type: "transfer", node: "n2" },
  },
  {
    says: "of two with folders the second is demoted",
    voters: "n1 n2",
    members: { n1: "a", n2: "a", n3: "g" },
    step: { type: "demote", node: "n2" },
  },
  {
    says: "whoever left goes, also of three with folders",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "g" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "a dead one is not removed on membership's word that the others live",
    voters: "n1 n2 n3 n4",
    members: { n1: "a", n2: "s", n3: "s", n4: "d" },
    step: undefined,
  },
  {
    says: "a configuration that has it wrong who keeps nothing is put right first",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "d!" },
    step: { type: "mark", node: "n3", memory: true },
  },
  {
    says: "who does not say whether it has a folder is no folder to count on",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a?", n3: "a" },
    step: { type: "mark", node: "n2", memory: true },
  },
  {
    says: "and goes when it is dead",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a", n3: "dm?" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "whom membership does not know keeps what the configuration says",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a" },
    step: undefined,
  },
  {
    says: "a leaving voter is replaced first",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "l", n3: "a", n4: "a" },
    step: { type: "add-learner", node: "n4" },
  },
  {
    says: "a leaving voter without a replacement goes",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "l", n3: "a" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "not while one of the rest is silent",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "l", n3: "s" },
    step: undefined,
  },
  {
    says: "nor when it is dead, but not for long",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "l", n3: "x" },
    step: undefined,
  },
  {
    says: "one that is dead for long goes first",
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "l", n3: "d" },
    step: { type: "remove", node: "n3" },
  },
  {
    says: "then the leaver",
    voters: "n1 n2",
    members: { n1: "a", n2: "l", n3: "d" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "a leaving leader waits as well",
    voters: "n1 n2 n3",
    members: { n1: "l", n2: "a", n3: "s" },
    step: undefined,
  },
  {
    says: "a single voter that leaves promotes its learner",
    voters: "n1",
    learners: "n2",
    members: { n1: "l", n2: "a" },
    step: { type: "promote", node: "n2" },
  },
  {
    says: "and hands over to it",
    voters: "n1 n2",
    members: { n1: "l", n2: "a" },
    step: { type: "transfer", node: "n2" },
  },
  {
    says: "a leaving leader hands over",
    voters: "n1 n2 n3",
    members: { n1: "l", n2: "a", n3: "a" },
    step: { type: "transfer", node: "n2" },
  },
  {
    says: "but not before the others that leave have gone: one change of leader is enough",
    voters: "n1 n2 n3 n4 n5",
    members: { n1: "l", n2: "l", n3: "a", n4: "l", n5: "a" },
    step: { type: "remove", node: "n2" },
  },
  {
    says: "the only voter that leaves brings up the other member first",
    voters: "n1",
    members: { n1: "l", n2: "a" },
    step: { type: "add-learner", node: "n2" },
  },
  {
    says: "a learner without a purpose goes",
    voters: "n1 n2 n3",
    learners: "n4",
    members: { n1: "a", n2: "a", n3: "a", n4: "a" },
    step: { type: "remove", node: "n4" },
  },
];

Deno.test("each situation has its step", () => {
  for (const { says, voters, learners = "", members, vacant, step } of SITUATIONS) {
    const status = situation(
      voters.split(" "),
      learners.split(" ").filter((id) => id !== ""),
      members,
      vacant,
    );
    assertEquals(nextStep(status, membersOf(members), 100_000, TIMING), step, says);
  }
});

Deno.test("only a leader that may change the configuration takes steps", () => {
  const members = { n1: "am", n2: "dm", n3: "am" };
  const status = situation(["n1", "n2", "n3"], [], members);
  const list = membersOf(members);
  assert(nextStep(status, list, 100_000, TIMING) !== undefined);
  assertEquals(nextStep({ ...status, canChange: false }, list, 100_000, TIMING), undefined);
  assertEquals(nextStep({ ...status, role: "follower" }, list, 100_000, TIMING), undefined);
});

Deno.test("steps end with a suitable set and never lower the number of failures tolerated", () => {
  for (const isKept of [false, true]) eachMix((voters, members) => follow(voters, members, isKept));
});

Deno.test("who is awaited by a leaver is who would remain and is silent", () => {
  const members = { n1: "a", n2: "l", n3: "s" };
  const three = situation(["n1", "n2", "n3"], [], members);
  assertEquals(awaitedVoters(three, "n2", 99_000, 100_000), ["n3"]);
  const answered = situation(["n1", "n2", "n3"], [], { ...members, n3: "a" });
  assertEquals(awaitedVoters(answered, "n2", 99_000, 100_000), []);
  // What it acknowledged before it was asked to do without the leaver counts for nothing.
  assertEquals(awaitedVoters(answered, "n2", 99_995, 100_000), ["n3"]);
});

Deno.test("who would be missed is who would remain and is silent, unless it is gone and goes first", () => {
  const missed = (members: Record<string, string>, since = 99_000) => {
    const status = situation(Object.keys(members), [], members);
    return missedVoters(status, membersOf(members), "n2", since, 100_000, TIMING);
  };
  assertEquals(missed({ n1: "a", n2: "a", n3: "s" }), ["n3"]);
  assertEquals(missed({ n1: "a", n2: "a", n3: "a" }), []);
  assertEquals(missed({ n1: "a", n2: "a", n3: "a" }, 99_995), ["n3"]);
  assertEquals(missed({ n1: "a", n2: "a" }), []);
  assertEquals(missed({ n2: "a" }), []);
  // One that is dead is taken out first, if it has been for long and the leaver is there to agree.
  assertEquals(missed({ n1: "a", n2: "a", n3: "d" }), []);
  assertEquals(missed({ n1: "a", n2: "a", n3: "x" }), ["n3"]);
  assertEquals(missed({ n1: "a", n2: "s", n3: "d" }), ["n3"]);
  assertEquals(missed({ n1: "a", n2: "a", n3: "a", n4: "d", n5: "d" }), []);
  assertEquals(missed({ n1: "a", n2: "a", n3: "s", n4: "d", n5: "d" }), ["n3", "n4", "n5"]);
});

Deno.test("who would not be missed is let go once it says that it leaves", () => {
  eachMix((voters, states) => {
    const leaver = voters.find((id) => id !== "n0" && states[id] === "a");
    if (leaver === undefined) return;
    for (const mark of ["", "m"]) {
      const members = Object.fromEntries(
        Object.entries(states).map(([id, state]) => [id, state + mark]),
      );
      const status = situation(voters, [], members, undefined, "n0");
      if (missedVoters(status, membersOf(members), leaver, 99_000, 100_000, TIMING).length > 0) {
        continue;
      }
      const leaving = { ...members, [leaver]: `l${mark}` };
      const list = membersOf(leaving);
      let { config } = status;
      for (let steps = 0; config.voters.includes(leaver); steps++) {
        const what = `${voters} of ${JSON.stringify(leaving)}`;
        assert(steps < 30, `${what}: it stays`);
        const { voters: now, learners, vacant } = config;
        const step = nextStep(
          situation(now, learners, leaving, vacant, "n0"),
          list,
          100_000,
          TIMING,
        );
        assert(step !== undefined && step.type !== "transfer", `${what}: ${step?.type}`);
        const next = changeConfig(config, step);
        assert(typeof next !== "string", `${what}: ${next}`);
        config = next;
      }
    }
  });
});

/** Every mix of up to eight members, of which up to five vote and some are dead. */
function eachMix(check: (voters: string[], members: Record<string, string>) => void): void {
  for (let bits = 0; bits < 3 ** 7; bits++) {
    const voters: string[] = [];
    const members: Record<string, string> = { n0: "a" };
    let rest = bits;
    for (let i = 1; i <= 7; i++, rest = Math.floor(rest / 3)) {
      const kind = rest % 3;
      if (kind === 2) voters.push(`n${i}`);
      members[`n${i}`] = kind === 0 || (kind === 2 && (bits >> i) % 2 === 1) ? "d" : "a";
    }
    if (voters.length <= 4) check(["n0", ...voters], members);
  }
}

/** Follows the steps from a situation to their end. */
function follow(voters: string[], states: Record<string, string>, isKept: boolean): void {
  const what = `${isKept ? "folders" : "memory"}: ${voters} of ${JSON.stringify(states)}`;
  const members = Object.fromEntries(
    Object.entries(states).map(([id, state]) => [id, isKept ? state : `${state}m`]),
  );
  const list = membersOf(members);
  const isAlive = (id: string) => states[id] === "a";
  const tolerated = (some: string[]) => some.filter(isAlive).length - majority(some.length);
  let { config } = situation(voters, [], members, undefined, "n0");
  if (tolerated(config.voters) < 0) return;
  for (let steps = 0;; steps++) {
    assert(steps < 30, `${what}: no end`);
    const { voters, learners, vacant } = config;
    const step = nextStep(
      situation(voters, learners, members, vacant, "n0"),
      list,
      100_000,
      TIMING,
    );
    if (step === undefined || step.type === "transfer") break;
    const next = changeConfig(config, step);
    assert(typeof next !== "string", `${what}: ${next}`);
    const isPlanned = step.type === "remove" && step.vacates === true;
    assert(
      isPlanned || tolerated(next.voters) >= tolerated(voters),
      `${what}: ${JSON.stringify(step)} lowers what ${voters} tolerate`,
    );
    assert(tolerated(next.voters) >= 0, `${what}: ${JSON.stringify(step)} loses the quorum`);
    if (vacant === true) assertEquals(step.type, "promote", what);
    if (isKept && voters.length === 3 && next.voters.length < 3) assert(isPlanned, what);
    config = next;
  }
  const alive = Object.keys(states).filter(isAlive);
  const dead = config.voters.filter((id) => !isAlive(id));
  const awaited = isKept && config.voters.length === 3 && alive.length === 2 ? 1 : 0;
  assert(dead.length <= awaited, `${what}: ${config.voters} at the end`);
  if (awaited === 0) assertEquals(config.voters.length, suitableVoters(alive.length), what);
  const second = isKept && config.voters.length === 1 && alive.length > 1 ? 1 : 0;
  assertEquals(config.learners.length, second, what);
}

function membersOf(states: Record<string, string>): AutopilotMember[] {
  return Object.entries(states).map(([id, [letter = "", ...marks]]) => ({
    id,
    state: "dx".includes(letter)
      ? "dead"
      : letter === "l"
      ? "leaving"
      : letter === "g"
      ? "left"
      : "alive",
    since: "xyl".includes(letter) ? 99_500 : 0,
    memory: marks.includes("?") ? undefined : marks.length > 0,
  }));
}

/** What a leader knows whose configuration has so many voters and learners: `!` is news to it. */
function situation(
  voters: string[],
  learners: string[],
  members: Record<string, string>,
  vacant?: true,
  id = "n1",
): ConsensusStatus {
  const all = [...voters, ...learners];
  const memory = all.filter((each) => members[each]?.[1] === "m");
  const config: Config = {
    voters,
    learners,
    ...(memory.length === 0 ? {} : { memory }),
    ...(vacant === undefined ? {} : { vacant }),
  };
  const progress = Object.fromEntries(
    all.filter((other) => other !== id).map((other) => [other, {
      state: "replicate" as const,
      match: 10,
      next: 11,
      lag: 0,
      lastHeard: 99_990,
      answeredAt: "al".includes(members[other]?.[0] ?? "-") ? 99_990 : undefined,
      isInStep: learners.includes(other),
    }]),
  );
  return {
    id,
    role: "leader",
    term: 1,
    leader: id,
    votedFor: id,
    firstIndex: 1,
    lastIndex: 10,
    commitIndex: 10,
    appliedIndex: 10,
    snapshot: undefined,
    config,
    committedConfig: config,
    canChange: true,
    hasQuorum: true,
    missingVoters: [],
    progress,
    electionTimeoutMs: 700,
    counts: undefined,
    transferTarget: undefined,
  };
}
