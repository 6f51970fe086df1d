import {
  type MembershipCounters,
  type MembershipInput,
  PROFILES,
} from "../../lib/membership/swim/mod.ts";
import {
  type Belief,
  type Fault,
  type Mark,
  Rehearsal,
  type RehearsalOptions,
  schedule,
  summarize,
} from "../../lib/rehearsal/mod.ts";

/** A rehearsal of which what came of it is recorded. */
export interface Recorded {
  options: RehearsalOptions;
  faults: readonly Fault[];
  /** What is done that is no fault of a rehearsal's own. */
  prepare?: (rehearsal: Rehearsal) => void;
  forMs: number;
}

/** Every fault but the loss of power, for a cluster of five. */
export const FAULTS: readonly Fault[] = [
  { type: "kill", member: 3, at: 2_000, forMs: 8_000 },
  { type: "pause", member: 2, at: 5_000, forMs: 4_000 },
  { type: "partition", parts: [[1, 2], [3, 4, 5]], at: 20_000, forMs: 10_000 },
  { type: "slow", member: 4, byMs: 300, at: 35_000, forMs: 5_000 },
  { type: "jump", member: 5, byMs: 20_000, at: 42_000 },
  { type: "cut", from: 1, to: 4, at: 45_000, forMs: 5_000 },
  { type: "join", member: 6, at: 50_000 },
  { type: "leave", member: 1, at: 52_000 },
];

/**
 * What is recorded, by the name of its file in `outcomes/`: between them every fault and condition.
 */
export const RECORDED: Readonly<Record<string, Recorded>> = {
  "every_fault_over_poor_links": {
    options: {
      nodes: 5,
      seed: 3,
      conditions: { loss: 0.05, spreadMs: 10 },
      measuresBytes: true,
    },
    faults: [
      ...FAULTS,
      { type: "silence", member: 5, at: 53_000, forMs: 10_000 },
    ],
    forMs: 70_000,
  },
  "datagrams_lost_doubled_and_overtaken": {
    options: {
      nodes: 6,
      seed: 11,
      conditions: {
        transport: "datagrams",
        latencyMs: 20,
        spreadMs: 40,
        loss: 0.1,
        duplication: 0.1,
      },
      lifeguard: false,
      measuresBytes: true,
    },
    faults: [
      { type: "kill", member: 2, at: 3_000, forMs: 20_000 },
      { type: "slow", member: 3, byMs: 800, at: 8_000, forMs: 4_000 },
      { type: "silence", member: 6, at: 12_000 },
      { type: "leave", member: 5, at: 30_000 },
    ],
    forMs: 45_000,
  },
  "firewalls_that_refuse": {
    options: { nodes: 4, seed: 5, conditions: { latencyMs: 5 } },
    faults: [
      { type: "cut", from: 3, to: 1, at: 30_000, forMs: 16_000 },
      { type: "kill", member: 4, at: 60_000 },
    ],
    prepare(rehearsal) {
      rehearsal.at(1_000, () => rehearsal.cuts.refuse(1, 2));
      rehearsal.at(9_000, () => rehearsal.cuts.mend(1, 2));
      rehearsal.at(15_000, () => rehearsal.cuts.partition([[1, 2, 3], [4]], true));
      rehearsal.at(22_000, () => rehearsal.cuts.heal());
    },
    forMs: 65_000,
  },
  "two_dozen_far_apart": {
    options: {
      nodes: 24,
      seed: 8,
      profile: PROFILES.wan,
      conditions: { latencyMs: 80, spreadMs: 30, loss: 0.01 },
      clockSpread: 0.01,
      measuresBytes: true,
    },
    faults: [
      { type: "kill", member: 7, at: 5_000, forMs: 500 },
      { type: "silence", member: 20, at: 10_000 },
      { type: "join", member: 25, at: 12_000 },
      { type: "pause", member: 1, at: 60_000, forMs: 300 },
      { type: "jump", member: 24, byMs: 60_000, at: 61_000 },
      { type: "kill", member: 25, at: 70_000 },
    ],
    forMs: 90_000,
  },
  "members_that_say_something_of_themselves": {
    options: { nodes: 7, seed: 13, conditions: { latencyMs: 3 }, measuresBytes: true },
    faults: [
      { type: "pause", member: 6, at: 20_000, forMs: 4_000 },
      { type: "leave", member: 7, at: 30_000 },
      { type: "kill", member: 7, at: 40_000, forMs: 1_000 },
    ],
    prepare(rehearsal) {
      const say = (at: number, member: number, input: MembershipInput) =>
        rehearsal.at(at, () => rehearsal.input(rehearsal.process(member), input));
      const idOf = (member: number) => rehearsal.process(member).id;
      say(1_000, 1, { type: "describe", tags: { zone: "a" }, services: ["echo", "sum"] });
      say(2_000, 2, { type: "describe", isUndialable: true });
      say(3_000, 3, {
        type: "readdress",
        name: "renamed",
        address: "10.0.9.3:8001",
        cause: "it was told so",
      });
      say(4_000, 4, { type: "link-broken", node: idOf(5), kind: "reset" });
      say(5_000, 4, { type: "unreachable", node: idOf(5), kind: "refused" });
      say(5_500, 4, { type: "unreachable", node: idOf(5), kind: "other-node" });
      say(6_000, 1, { type: "unreachable", node: idOf(2), kind: "refused" });
      say(7_000, 1, { type: "unreachable", node: idOf(3), kind: "timeout" });
      say(10_000, 1, { type: "remove", node: idOf(5) });
      say(50_000, 2, { type: "describe", isUndialable: false, tags: {} });
    },
    forMs: 60_000,
  },
  "more_than_have_links_to_all": {
    options: {
      nodes: 70,
      seed: 2,
      conditions: { latencyMs: 0.4 },
      profile: PROFILES.local,
      measuresBytes: true,
    },
    faults: [
      { type: "kill", member: 70, at: 500 },
      { type: "leave", member: 69, at: 1_000 },
      { type: "silence", member: 1, at: 1_500 },
    ],
    forMs: 6_000,
  },
};

/** What came of a rehearsal, in lines for a person. */
export function tellOutcome({ options, faults, prepare, forMs }: Recorded): string {
  const rehearsal = new Rehearsal(options);
  prepare?.(rehearsal);
  schedule(rehearsal, faults);
  rehearsal.run(forMs);
  const { beliefs, marks, dropped } = rehearsal.timeline;
  const summary = summarize(rehearsal);
  const traffic = rehearsal.traffic();
  return [
    "# What was done",
    ...marks.map(toldMark),
    "",
    "# What was believed",
    ...[...Map.groupBy(beliefs, keyOf)].map(([key, group]) => toldBeliefs(key, group)),
    "",
    "# What came of it",
    ...summary.detections.map(({ member, endedAt, suspectedMs, firstDeadMs, allDeadMs }) =>
      `member ${member}, ended at ${ms(endedAt)}: suspected after ${ms(suspectedMs)}, ` +
      `dead to the first after ${ms(firstDeadMs)}, to all after ${ms(allDeadMs)}`
    ),
    `wrong: ${summary.wrongSuspicions} suspicions, ${summary.wrongDeaths} verdicts`,
    `whole: ${summary.isWhole}`,
    `beliefs: ${beliefs.length}, dropped: ${dropped}`,
    `sent: ${traffic.messages} messages, ${traffic.bytes} bytes; per member and second ` +
    `${summary.messagesPerSecond.toFixed(3)} and ${summary.bytesPerSecond.toFixed(3)}`,
    `inputs: ${rehearsal.inputs}, digest: ${rehearsal.digest.toString(16)}, now: ${rehearsal.now}`,
    "",
    "# What the members counted, in their last lives",
    ...toldCounters([...rehearsal.processes].map(({ machine }) => machine.counters())),
    "",
    "# How the first ten are in the end",
    ...[...rehearsal.processes].slice(0, 10).map(({ number, generation, state, sent, machine }) =>
      `member ${number} in life ${generation}: ${state}, sent ${sent.messages} messages, ` +
      `sees ${machine.alive().length} alive`
    ),
    "",
  ].join("\n");
}

function toldCounters(counters: readonly MembershipCounters[]): string[] {
  const sum = (of: (each: MembershipCounters) => unknown) =>
    counters.reduce((total, each) => total + Number(of(each)), 0);
  const [{ sent, received: _received, ...plain }] = counters as [MembershipCounters];
  const names = Object.keys(plain) as (keyof typeof plain)[];
  const types = Object.keys(sent) as (keyof typeof sent)[];
  return [
    names.map((name) => `${name} ${sum((each) => each[name])}`).join(", "),
    ...types.map((type) =>
      `${type}: sent ${sum((each) => each.sent[type])}, ` +
      `received ${sum((each) => each.received[type])}`
    ),
  ];
}

function toldMark({ at, member, text }: Mark): string {
  return `${at.toFixed(1).padStart(9)} ms  ${
    member === undefined ? "" : `member ${member} `
  }${text}`;
}

function keyOf({ subject, generation, state }: Belief): string {
  return `member ${subject} in life ${generation} is ${state}`;
}

/** Who came to believe one thing of one life of a member. */
function toldBeliefs(key: string, group: readonly Belief[]): string {
  const [first, last] = [group[0] as Belief, group.at(-1) as Belief];
  const observers = new Set(group.map(({ observer }) => observer));
  const words = group.reduce((sum, { by }) => sum + by.length, 0);
  const wrong = group.filter(({ isWrong }) => isWrong).length;
  return `${first.at.toFixed(1).padStart(9)} ms  ${key}: ${group.length} times to ` +
    `${observers.size} members, until ${ms(last.at)}, on ${words} words, ${wrong} wrongly: ` +
    first.cause;
}

function ms(value: number | undefined): string {
  return value === undefined ? "never" : `${Number(value.toFixed(1))} ms`;
}
