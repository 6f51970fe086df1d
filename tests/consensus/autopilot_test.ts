import { assert, assertEquals } from "@std/assert";
import {
  type AutopilotMember,
  type AutopilotStep,
  type ConsensusStatus,
  majority,
  nextStep,
  suitableVoters,
} from "../../lib/consensus/mod.ts";
import { Cluster } from "./cluster.ts";

Deno.test("the suitable number of voters is odd and at most five", () => {
  const table = [[0, 1], [1, 1], [2, 1], [3, 3], [4, 3], [5, 5], [6, 5], [300, 5]] as const;
  for (const [members, voters] of table) assertEquals(suitableVoters(members), voters);
});

interface Situation {
  says: string;
  voters: string;
  learners?: string;
  /** Members: `a` alive, `d` dead, `x` dead just now, `l` leaving, `y` alive just now. */
  members: Record<string, string>;
  step: AutopilotStep | undefined;
}

const ALIVE = { n1: "a", n2: "a", n3: "a", n4: "a", n5: "a" };

const SITUATIONS: Situation[] = [
  { says: "one alone stays", voters: "n1", members: { n1: "a" }, step: undefined },
  { says: "two have one voter", voters: "n1", members: { n1: "a", n2: "a" }, step: undefined },
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
    members: { n1: "a", n2: "a", n3: "y" },
    step: undefined,
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
    voters: "n1 n2 n3",
    members: { n1: "a", n2: "a" },
    step: { type: "remove", node: "n3" },
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
    says: "a leaving leader hands over",
    voters: "n1 n2 n3",
    members: { n1: "l", n2: "a", n3: "a" },
    step: { type: "transfer", node: "n2" },
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
  for (const { says, voters, learners = "", members, step } of SITUATIONS) {
    const status = statusOf(voters.split(" "), learners.split(" ").filter((id) => id !== ""));
    assertEquals(nextStep(status, membersOf(members), 100_000), step, says);
  }
});

Deno.test("only a leader that may change the configuration takes steps", () => {
  const members = membersOf({ n1: "a", n2: "d", n3: "a" });
  const status = statusOf(["n1", "n2", "n3"], []);
  assertEquals(nextStep({ ...status, canChange: false }, members, 100_000), undefined);
  assertEquals(nextStep({ ...status, role: "follower" }, members, 100_000), undefined);
});

Deno.test("steps end with a suitable set and never lower the number of failures tolerated", () => {
  // Every mix of up to seven members, of which up to five vote and some are dead.
  for (let bits = 0; bits < 3 ** 7; bits++) {
    const voters: string[] = [];
    const members: Record<string, string> = { n0: "a" };
    let rest = bits;
    for (let i = 1; i <= 7; i++, rest = Math.floor(rest / 3)) {
      const kind = rest % 3;
      if (kind === 2) voters.push(`n${i}`);
      members[`n${i}`] = kind === 0 || (kind === 2 && (bits >> i) % 2 === 1) ? "d" : "a";
    }
    if (voters.length > 4) continue;
    checkPath(["n0", ...voters], members, bits);
  }
});

Deno.test("crashes ten seconds apart leave a leader down to two members", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = new Cluster({ voters: ["n1"], others: ["n2", "n3", "n4", "n5"], seed });
    const since = new Map([...cluster.nodes.keys()].map((id) => [id, 0]));
    piloted(cluster, since, 20_000);
    assertEquals(cluster.leader?.machine.status().committedConfig.voters.length, 5);
    for (let alive = 5; alive > 2; alive--) {
      const victim = cluster.leader!.id;
      cluster.crash(victim);
      since.set(victim, cluster.now);
      const isLed = cluster.until(() => cluster.leader !== undefined, 1_000);
      assert(isLed, `seed ${seed}: no leader within a second of losing one of ${alive}`);
      cluster.propose(cluster.leader!.id, `after ${alive}`);
      cluster.run(100);
      assertEquals(cluster.leader!.applied.at(-1)?.data, `after ${alive}`);
      piloted(cluster, since, 9_500);
    }
    const { committedConfig, id } = cluster.leader!.machine.status();
    assertEquals(committedConfig, { voters: [id], learners: [] });
    const other = [...cluster.nodes.values()].find((node) => node.isUp && node.id !== id)!;
    cluster.crash(other.id);
    cluster.propose(id, "alone");
    assertEquals(cluster.node(id).applied.at(-1)?.data, "alone");
  }
});

Deno.test("members that leave one after another hand over down to the last", () => {
  const cluster = new Cluster({ voters: ["n1"], others: ["n2", "n3", "n4", "n5"] });
  const since = new Map([...cluster.nodes.keys()].map((id) => [id, 0]));
  piloted(cluster, since, 20_000);
  for (let left = 4; left >= 1; left--) {
    const leaver = cluster.leader!.id;
    piloted(cluster, since, 8_000, leaver);
    const { committedConfig } = cluster.leader!.machine.status();
    assert(!committedConfig.voters.includes(leaver), `${leaver} still votes`);
    cluster.crash(leaver);
    since.set(leaver, cluster.now);
    cluster.propose(cluster.leader!.id, `${left} left`);
    cluster.run(100);
    assertEquals(cluster.leader!.applied.at(-1)?.data, `${left} left`);
  }
});

/** Lets time pass while the leader follows its autopilot, twice a second. */
function piloted(
  cluster: Cluster,
  since: Map<string, number>,
  durationMs: number,
  leaver?: string,
): void {
  const start = cluster.now;
  while (cluster.now < start + durationMs) {
    cluster.run(500);
    const leader = cluster.leader;
    if (leader === undefined) continue;
    const members: AutopilotMember[] = [...cluster.nodes.values()].map(({ id, isUp }) => ({
      id,
      state: !isUp ? "dead" : id === leaver ? "leaving" : "alive",
      since: id === leaver ? start : since.get(id)!,
    }));
    const step = nextStep(leader.machine.status(), members, cluster.now);
    if (step === undefined) continue;
    const request = cluster.nextRequest();
    if (step.type === "transfer") {
      cluster.give(leader.id, { type: "transfer", request, to: step.node });
    } else cluster.give(leader.id, { type: "change", request, change: step });
  }
}

/** Follows the steps from a situation to their end. */
function checkPath(voters: string[], members: Record<string, string>, bits: number): void {
  const list = membersOf(members);
  const alive = list.filter(({ state }) => state === "alive").length;
  const tolerated = (some: string[]) =>
    some.filter((id) => members[id] === "a").length - majority(some.length);
  let config = { voters, learners: [] as string[] };
  if (tolerated(config.voters) < 0) return;
  for (let steps = 0;; steps++) {
    assert(steps < 30, `${bits}: no end`);
    const step = nextStep(statusOf(config.voters, config.learners, "n0"), list, 100_000);
    if (step === undefined || step.type === "transfer") break;
    const without = (some: string[]) => some.filter((id) => id !== step.node);
    const next = { voters: without(config.voters), learners: without(config.learners) };
    if (step.type === "promote") next.voters.push(step.node);
    if (step.type === "add-learner") next.learners.push(step.node);
    assert(
      tolerated(next.voters) >= tolerated(config.voters),
      `${bits}: ${JSON.stringify(step)} lowers what ${config.voters} tolerate`,
    );
    assert(tolerated(next.voters) >= 0, `${bits}: ${JSON.stringify(step)} loses the quorum`);
    config = next;
  }
  assertEquals(config.voters.length, suitableVoters(alive), `${bits}`);
  assert(config.voters.every((id) => members[id] === "a"), `${bits}: a dead voter stays`);
  assertEquals(config.learners, [], `${bits}`);
}

function membersOf(states: Record<string, string>): AutopilotMember[] {
  return Object.entries(states).map(([id, letter]) => ({
    id,
    state: "dx".includes(letter) ? "dead" : letter === "l" ? "leaving" : "alive",
    since: "xyl".includes(letter) ? 99_500 : 0,
  }));
}

function statusOf(voters: string[], learners: string[], id = "n1"): ConsensusStatus {
  const others = [...voters, ...learners].filter((other) => other !== id);
  const progress = Object.fromEntries(
    others.map((other) => [
      other,
      { state: "replicate" as const, match: 10, next: 11, lag: 0, lastHeard: 99_990 },
    ]),
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
    config: { voters, learners },
    committedConfig: { voters, learners },
    canChange: true,
    hasQuorum: true,
    missingVoters: [],
    progress,
    transferTarget: undefined,
  };
}
