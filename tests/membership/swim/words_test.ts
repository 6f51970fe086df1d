import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { LINKS_TO_ALL } from "../../../lib/core/mod.ts";
import { LEAVE_WITNESSES } from "../../../lib/membership/swim/limits.ts";
import { shareDigests, shareOf, ViewDigest } from "../../../lib/membership/swim/digest.ts";
import {
  type MemberEvent,
  type MemberRecord,
  type MembershipEffect,
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { eventsOf, PlayedMachine } from "./played_machine.ts";
import { idOf, recordOf } from "./records.ts";

/** What the machines of these tests draw from. */
const SEED = 7;

/** Lets time pass; whoever is not gone answers its probes. */
function waitAnswering(played: PlayedMachine, durationMs: number): MembershipEffect[] {
  return played.wait(durationMs, ({ to, message }) => {
    const state = played.machine.member(to)?.state;
    if (message.type !== "probe" || state === "dead" || state === "left") return;
    played.ack(to, message.sequence, message.target);
  });
}

/** All records that were told, to whomever. */
function toldIn(effects: readonly MembershipEffect[]): MemberRecord[] {
  return effects.flatMap((effect) => effect.type === "send" ? effect.message.gossip : []);
}

Deno.test("what is heard of a member says why, as its teller knows it or as the kind of word it is", () => {
  const table: [told: Partial<MemberRecord>, cause: string][] = [
    [{ state: "suspect", by: [idOf(3)] }, "it does not answer, n2 said"],
    [
      { state: "suspect", by: [idOf(3)], refused: [idOf(3)] },
      "nothing answers at its address, n2 said",
    ],
    [{ state: "dead", by: [idOf(3)] }, "it does not answer, n2 said"],
    [{ state: "dead", cause: "it burned down" }, "it burned down"],
    [{ state: "left", incarnation: 2 }, "it left in order"],
    [{ incarnation: 2, services: ["echo"] }, "n2 said so"],
  ];
  for (const [told, cause] of table) {
    const [event] = eventsOf(new PlayedMachine(4, { seed: SEED }).hear(2, recordOf(4, told)));
    assertEquals(event?.cause, cause, JSON.stringify(told));
  }
});

Deno.test("a newer word that says the same of a member is no event, and one that says more is", () => {
  const played = new PlayedMachine(4, { seed: SEED });
  assertEquals(eventsOf(played.hear(2, recordOf(3, { incarnation: 2 }))), []);
  const changes: [changes: Partial<MemberRecord>, type: MemberEvent["type"]][] = [
    [{ tags: { zone: "a" } }, "updated"],
    [{ services: ["echo"] }, "updated"],
    [{ address: "10.0.0.9:3" }, "updated"],
    [{ undialable: true }, "updated"],
    [{ name: "renamed" }, "updated"],
    [{ state: "suspect" }, "suspect"],
    [{}, "alive"],
    [{ state: "dead" }, "dead"],
    [{}, "alive"],
    [{ state: "left" }, "left"],
    [{}, "joined"],
    [{ state: "left", forced: true }, "removed"],
  ];
  let incarnation = 3;
  for (const [change, type] of changes) {
    const events = eventsOf(played.hear(2, recordOf(3, { ...change, incarnation: incarnation++ })));
    assertEquals(events.map((event) => event.type), [type], JSON.stringify(change));
  }
});

Deno.test("of one name the live member is found, else the one that went last", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  const found = () => played.machine.memberByName("n3")?.id;
  assertEquals(found(), idOf(3));
  assertEquals(played.machine.memberByName("nobody"), undefined);
  played.hear(2, recordOf(3, { state: "left", incarnation: 2 }));
  assertEquals(found(), idOf(3));
  played.hear(2, recordOf(9, { name: "n3", state: "dead" }));
  played.hear(2, recordOf(8, { name: "n3", state: "dead" }));
  assertEquals(found(), idOf(8));
  played.hear(2, recordOf(7, { name: "n3" }));
  assertEquals(found(), idOf(7));
});

Deno.test("a confirmation that can change the verdict is passed on, and one too many is not", () => {
  const played = new PlayedMachine(12, { seed: SEED });
  waitAnswering(played, 20_000);
  const suspect = (by: number) => recordOf(3, { state: "suspect", by: [idOf(by)] });
  played.hear(2, suspect(2));
  waitAnswering(played, 20);
  const toldBy = (by: number) => {
    played.hear(2, suspect(by));
    const told = toldIn(waitAnswering(played, 450)).filter(({ id }) => id === idOf(3));
    return told.some(({ by: observers = [] }) => observers.includes(idOf(by)));
  };
  assertEquals([toldBy(4), toldBy(5), toldBy(6)], [true, true, false]);
  // A refusal may always be the second, which kills.
  played.hear(2, recordOf(3, { state: "suspect", by: [idOf(7)], refused: [idOf(7)] }));
  const told = toldIn(waitAnswering(played, 450));
  assert(told.some(({ refused = [] }) => refused.includes(idOf(7))), "the refusal is passed on");
});

Deno.test("views are compared again and again, and the dead are visited again and again", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  played.hear(2, recordOf(4, { state: "dead" }));
  // An hour later nobody looks after its address any more but the rounds themselves.
  waitAnswering(played, 3_700_000);
  const before = played.machine.counters();
  waitAnswering(played, 20 * PROFILES.lan.syncIntervalMs);
  const after = played.machine.counters();
  const syncs = after.syncs - before.syncs;
  assert(syncs >= 15 && syncs <= 27, `${syncs} exchanges`);
  const visits = (after.reconnects - before.reconnects) * PROFILES.lan.reconnectIntervalMs /
    (20 * PROFILES.lan.syncIntervalMs);
  assert(visits >= 1 && visits <= 2, `${visits} visits an interval`);
});

Deno.test("who hears in a question that it was removed answers nothing more", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  const gossip = [recordOf(1, { state: "left", forced: true, incarnation: 9 })];
  const message = { type: "probe", sequence: 1, target: idOf(1), gossip };
  const effects = played.input({ type: "message", from: idOf(2), message });
  assertEquals(effects.map(({ type }) => type), ["forced-out"]);
});

Deno.test("one word names all whom a node has replaced, and it is one word more", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  const { incarnation } = played.machine.self();
  played.hear(
    2,
    recordOf(8, { name: "n1", state: "dead" }),
    recordOf(9, { name: "n1", state: "left" }),
  );
  const own = played.machine.selfRecord();
  assertEquals([own.incarnation, own.replaces], [incarnation + 1, [idOf(8), idOf(9)]]);
  played.hear(2, recordOf(8, { name: "n1", state: "left" }));
  assertEquals(played.machine.selfRecord().incarnation, incarnation + 1, "it is named already");
});

Deno.test("digests are the same in every version: members of several compare them", () => {
  const digest = new ViewDigest();
  digest.toggle(recordOf(1));
  digest.toggle(recordOf(2, { state: "suspect", incarnation: 3 }));
  digest.toggle(recordOf(3, { state: "left", forced: true }));
  assertEquals(digest.value, 4_054_198_408_178_640);
  const records = Array.from({ length: 20 }, (_, at) => recordOf(at + 1));
  assertEquals(shareDigests(records).length, 8);
  assertEquals(shareDigests(records, 2), [1_202_219_804, 3_404_635_183]);
  assertEquals([1, 2, 3, 4, 5, 6, 7].map((n) => shareOf(idOf(n), 8)), [3, 2, 0, 2, 6, 2, 3]);
  for (const [length, shares] of [[0, 1], [4, 1], [5, 2], [8, 2], [9, 4]] as const) {
    assertEquals(shareDigests(records.slice(0, length)).length, shares);
  }
  assertNotEquals(shareDigests([recordOf(1)]), shareDigests([recordOf(1, { state: "dead" })]));
});

Deno.test("a member is shown with its round trip once it has answered, each answer an eighth of it", () => {
  const played = new PlayedMachine(1, { seed: SEED });
  const shown = () => played.machine.member(idOf(2))?.roundTripMs;
  const answerAfter = (ms: number) => {
    for (;;) {
      played.now = Math.max(played.now, played.machine.nextDeadline() ?? Infinity);
      for (const effect of played.input({ type: "tick" })) {
        if (effect.type !== "send" || effect.message.type !== "probe") continue;
        const { sequence, target } = effect.message;
        played.now += ms;
        const message = { type: "ack", sequence, target, gossip: [] };
        played.input({ type: "message", from: idOf(2), message });
        return;
      }
    }
  };
  assertEquals("roundTripMs" in (played.machine.member(idOf(2)) ?? {}), false);
  answerAfter(8);
  assertEquals([shown(), played.machine.roundTripMs(idOf(2))], [8, 8]);
  answerAfter(16);
  assertEquals(shown(), 9);
  answerAfter(1);
  assertEquals(shown(), 8);
});

Deno.test("of the dead those who died last are visited most, and all of them some time", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  for (let n = 10; n < 20; n++) played.hear(2, recordOf(n, { state: "dead" }));
  // An hour later nobody looks after their addresses any more but the rounds themselves.
  waitAnswering(played, 3_700_000);
  const visits = new Map<string, number>();
  for (const effect of waitAnswering(played, 3_600_000)) {
    if (effect.type !== "send" || effect.message.type !== "probe") continue;
    const { target } = effect.message;
    if (target >= idOf(10)) visits.set(target, (visits.get(target) ?? 0) + 1);
  }
  assertEquals(visits.size, 10);
  const of = (n: number) => visits.get(idOf(n)) ?? 0;
  const counts = Array.from({ length: 10 }, (_, at) => of(10 + at));
  assert(of(19) > 3 * of(10) && of(19) > of(17) && of(17) > of(12), `${counts}`);
});

Deno.test("of a dead member whose address another one has nobody asks any more", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  played.hear(2, recordOf(10, { state: "dead", address: "10.0.0.1:3" }));
  const probed = waitAnswering(played, 4_000_000).some((effect) =>
    effect.type === "send" && effect.message.type === "probe" && effect.to === idOf(10)
  );
  assertEquals(probed, false);
});

/** To whom probes went. */
function probedIn(effects: readonly MembershipEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "probe" ? [effect.to] : []
  );
}

Deno.test("who went lately is looked after by one member: the first behind it that is alive", () => {
  const members = [1, 3, 5, 7];
  const table: [gone: number, watcher: number, suspect?: number][] = [
    [2, 3],
    [4, 5],
    [6, 7],
    [8, 1],
    [4, 7, 5],
    [8, 3, 1],
  ];
  for (const [gone, watcher, suspect] of table) {
    const watching = members.filter((self) => {
      const played = new PlayedMachine(0, { self, seed: SEED });
      const teller = members.find((n) => n !== self) as number;
      for (const n of members) if (n !== self) played.hear(teller, recordOf(n));
      // Who is suspect itself knows nothing of it here, and is not asked.
      if (suspect === self) return false;
      played.hear(teller, recordOf(gone, { state: "dead" }));
      const isSuspect: Partial<MemberRecord> = { state: "suspect", by: [idOf(teller)] };
      if (suspect !== undefined) played.hear(teller, recordOf(suspect, isSuspect));
      const visits = probedIn(waitAnswering(played, 1_900)).filter((to) => to === idOf(gone));
      return visits.length >= 3;
    });
    assertEquals(watching, [watcher], `of ${gone}, ${suspect} suspect`);
  }
});

Deno.test("when nobody went lately nothing wakes a member but its rounds", () => {
  const played = new PlayedMachine(4, { seed: SEED });
  played.hear(2, recordOf(9, { state: "dead", address: "10.0.0.1:2" }));
  waitAnswering(played, 60_000);
  const before = played.ticks;
  waitAnswering(played, 60_000);
  const ticks = played.ticks - before;
  // Two probes a second, and a few exchanges and visits.
  assert(ticks < 250, `${ticks} in a minute`);
});

Deno.test("what was heard goes to a few at each interval, what is our own to all at once", () => {
  const played = new PlayedMachine(20, { seed: SEED });
  waitAnswering(played, 30_000);
  const told = (effects: readonly MembershipEffect[]) =>
    effects.flatMap((effect) => effect.type === "send" ? [effect.to] : []);
  const { gossipFanout, gossipIntervalMs } = PROFILES.lan;
  const news = recordOf(3, { incarnation: 2, services: ["echo"] });
  assertEquals(told(played.hear(2, news)).length, gossipFanout);
  const gossips = waitAnswering(played, gossipIntervalMs).filter((effect) =>
    effect.type === "send" && effect.message.type === "gossip"
  );
  assertEquals(gossips.length, gossipFanout);
  const own = played.input({ type: "describe", services: ["sum"] });
  assertEquals(new Set(told(own)).size, 20);
});

Deno.test("a member that is dead again while it is probed is visited as one of the dead", () => {
  const played = new PlayedMachine(3, { seed: SEED });
  const effects = played.input({ type: "link-broken", node: idOf(3), kind: "reset" });
  const [first] = effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "probe" ? [effect.message.sequence] : []
  );
  played.hear(2, recordOf(3, { state: "dead" }));
  // Its ack of before says nothing of now.
  const message = { type: "ack", sequence: first, target: idOf(3), gossip: [] };
  waitAnswering(played, 400);
  const late = played.input({ type: "message", from: idOf(3), message });
  const said = late.flatMap((effect) => effect.type === "send" ? [effect.message.type] : []);
  assertEquals(said.includes("sync"), false);
  const again = waitAnswering(played, 10_000);
  const visit = again.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "probe" && effect.to === idOf(3)
      ? [effect.message.sequence]
      : []
  ).at(-1);
  const back = { type: "ack", sequence: visit, target: idOf(3), gossip: [] };
  const met = played.input({ type: "message", from: idOf(3), message: back });
  const answers = met.flatMap((effect) => effect.type === "send" ? [effect.message.type] : []);
  assertEquals(answers.includes("sync"), true);
});

Deno.test("who leaves a large cluster tells eight, and when they leave too eight others, and so on", () => {
  const count = LINKS_TO_ALL + 20;
  const played = new PlayedMachine(count - 1, { seed: SEED });
  const leaveTo = (effects: readonly MembershipEffect[]) =>
    effects.flatMap((effect) =>
      effect.type === "send" && effect.message.type === "leave" ? [effect.to] : []
    );
  const asked = leaveTo(played.input({ type: "leave" }));
  assertEquals(asked.length, LEAVE_WITNESSES);
  const { incarnation } = played.machine.self();
  const told = new Set(asked);
  // Each says that it leaves itself, which makes it no witness.
  for (const next of told) {
    const message = { type: "leave-ack", incarnation, leaving: true, gossip: [] };
    const effects = played.input({ type: "message", from: next, message });
    for (const to of leaveTo(effects)) {
      assert(!told.has(to), `${to} is told twice`);
      told.add(to);
    }
    const left = effects.find((effect) => effect.type === "left");
    if (left === undefined) continue;
    assertEquals([left.confirmed, left.asked], [0, told.size]);
    // They are drawn by chance, for a while: the last may not be found.
    assert(told.size > count - 10, `${told.size} of ${count - 1}`);
    return;
  }
  assert(false, "it never left");
});
