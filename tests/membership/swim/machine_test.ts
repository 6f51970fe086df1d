import {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { INCARNATION_JUMP, SeededRandom } from "../../../lib/core/mod.ts";
import {
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipMessage,
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { idOf } from "./cluster.ts";

/** One machine, whose peers are played by the test. */
class Bench {
  now = 1_000;
  readonly machine: Membership;

  constructor(peers: number, self = 1) {
    this.machine = new Membership({
      self: { id: idOf(self), name: `n${self}`, address: `10.0.0.1:${self}` },
      profile: PROFILES.lan,
      random: new SeededRandom(42),
    });
    this.machine.handle(this.now, { type: "tick" });
    for (let n = 2; n <= peers + 1; n++) this.hear(2, record(n));
    this.wait(0);
  }

  hear(from: number, ...gossip: unknown[]): MembershipEffect[] {
    return this.receive(from, { type: "gossip", gossip });
  }

  receive(from: number, message: unknown): MembershipEffect[] {
    return this.machine.handle(this.now, { type: "message", from: idOf(from), message });
  }

  /** Ticks as the shell would, and answers no probe. */
  wait(duration: number, answer: (sent: Sent) => void = () => {}): MembershipEffect[] {
    const end = this.now + duration;
    const all: MembershipEffect[] = [];
    for (;;) {
      const next = this.machine.nextDeadline();
      if (next === undefined || next > end) break;
      this.now = Math.max(this.now, next);
      const effects = this.machine.handle(this.now, { type: "tick" });
      all.push(...effects);
      for (const sent of sends(effects)) answer(sent);
    }
    this.now = end;
    return all;
  }

  /** Acks probes of all but the silent. */
  answering(...silent: number[]): (sent: Sent) => void {
    return ({ to, message }) => {
      if (message.type !== "probe" || silent.some((n) => idOf(n) === to)) return;
      const { sequence } = message;
      this.machine.handle(this.now, {
        type: "message",
        from: to,
        message: { type: "ack", sequence, target: to, gossip: [] },
      });
    };
  }

  state(n: number): string | undefined {
    return this.machine.member(idOf(n))?.state;
  }
}

type Sent = { to: string; message: MembershipMessage };

function sends(effects: MembershipEffect[], type?: string): Sent[] {
  return effects.filter((effect) => effect.type === "send")
    .filter((effect) => type === undefined || effect.message.type === type);
}

function rejections(effects: MembershipEffect[]): string[] {
  return effects.filter((effect) => effect.type === "rejected").map((effect) => effect.reason);
}

function record(n: number, changes: Partial<MemberRecord> = {}): MemberRecord {
  return {
    id: idOf(n),
    name: `n${n}`,
    address: `10.0.0.1:${n}`,
    incarnation: 1,
    state: "alive",
    tags: {},
    services: [],
    ...changes,
  };
}

Deno.test("a word against itself is refuted beyond the accused incarnation, and all are told", () => {
  const table = [["suspect", 1, 2], ["dead", 1, 2], ["suspect", 7, 8], ["left", 3, 4]] as const;
  for (const [state, accused, refuted] of table) {
    const bench = new Bench(3);
    const effects = bench.hear(2, record(1, { state, incarnation: accused }));
    assertEquals(bench.machine.self().incarnation, refuted);
    for (const n of [2, 3, 4]) {
      const told = sends(effects).find(({ to }) => to === idOf(n))?.message.gossip[0];
      assertEquals([told?.state, told?.incarnation], ["alive", refuted]);
    }
    assertEquals(bench.machine.healthScore(), state === "left" ? 0 : 1);
  }
});

Deno.test("an old word against itself is answered to its teller alone, who missed the refutation", () => {
  const bench = new Bench(2);
  bench.hear(2, record(1, { state: "suspect", incarnation: 4 }));
  const effects = bench.hear(3, record(1, { state: "dead", incarnation: 4 }));
  assertEquals(bench.machine.self().incarnation, 5);
  const told = sends(effects).map(({ to, message }) => [to, message.gossip[0]?.incarnation]);
  assertEquals(told, [[idOf(3), 5]]);
});

Deno.test("a suspicion ends with the refutation, and counts as a false alarm", () => {
  const bench = new Bench(3);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  assertEquals(bench.state(2), "suspect");
  const effects = bench.hear(2, record(2, { incarnation: 2 }));
  assertEquals(bench.state(2), "alive");
  const event = effects.find((effect) => effect.type === "notify")?.event;
  assertEquals([event?.type, event?.previous], ["alive", "suspect"]);
  assertEquals(bench.machine.counters().falseAlarms, 1);
  bench.wait(13_000, bench.answering());
  assertEquals(bench.state(2), "alive");
});

Deno.test("whoever is accused hears it first in the very probe that it is sent", () => {
  const bench = new Bench(3);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  const probe = sends(bench.wait(2_000, bench.answering()), "probe").find(({ to }) =>
    to === idOf(2)
  );
  assertEquals(probe?.message.gossip[0]?.id, idOf(2));
  assertEquals(probe?.message.gossip[0]?.state, "suspect");
});

Deno.test("a silent member is asked for through helpers, then suspected, and dead only later", () => {
  const bench = new Bench(4);
  const effects = bench.wait(2_600, bench.answering(3));
  assert(sends(effects, "probe-request").length > 0);
  assertEquals(bench.state(3), "suspect");
  const causes = bench.machine.history(idOf(3)).map((event) => event.cause);
  assertStringIncludes(causes.at(-1) ?? "", "no answer to a probe, nor through 3 helpers");
});

Deno.test("a member that twice in a row only helpers reach has its links made anew", () => {
  const bench = new Bench(4);
  const relayed: (sent: Sent) => void = (sent) => {
    bench.answering(3)(sent);
    const { to, message } = sent;
    if (message.type !== "probe-request") return;
    const { sequence, target } = message;
    const ack = { type: "ack", sequence, target, gossip: [] };
    relinks.push(...bench.receive(Number(to.slice(-12)), ack).filter(isRelink));
  };
  const isRelink = (effect: MembershipEffect) => effect.type === "relink";
  const relinks: MembershipEffect[] = [];
  bench.wait(2_500, relayed);
  assertEquals(relinks, []);
  bench.wait(4_000, relayed);
  assertEquals(relinks[0], { type: "relink", node: idOf(3) });
  assertEquals(bench.state(3), "alive");
});

Deno.test("the cause of a suspicion counts the helpers that answered, if any did", () => {
  const bench = new Bench(4);
  const suspicion = bench.wait(5_000).find(({ type }) => type === "notify");
  assertExists(suspicion);
  assertMatch(JSON.stringify(suspicion), /"no answer to a probe, nor through \d helpers"/);
});

Deno.test("one observer alone waits for the longest time before it says dead", () => {
  const bench = new Bench(4);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  // It answers our probes, so nobody confirms.
  bench.wait(11_900, bench.answering());
  assertEquals(bench.state(2), "suspect");
  bench.wait(200, bench.answering());
  assertEquals(bench.state(2), "dead");
});

Deno.test("the cause of a death that nobody confirmed names the time that it really took", () => {
  for (const [peers, cause] of [[4, "12.0 s, and all were told"], [1, "2.0 s, and nobody else"]]) {
    const bench = new Bench(Number(peers));
    const suspects = bench.hear(2, record(2, { state: "suspect", by: [idOf(1)] }));
    assertEquals(suspects.some(({ type }) => type === "rejected"), false);
    const answers = peers === 4 ? bench.answering() : undefined;
    const dead = bench.wait(13_000, answers).filter(({ type }) => type === "notify").at(-1);
    assertExists(dead);
    assertStringIncludes(JSON.stringify(dead), String(cause));
  }
});

Deno.test("two confirmations bring death at the shortest time, and not before", () => {
  const bench = new Bench(4);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  bench.hear(4, record(2, { state: "suspect", by: [idOf(4)] }));
  bench.hear(5, record(2, { state: "suspect", by: [idOf(5)] }));
  bench.wait(1_990, bench.answering());
  assertEquals(bench.state(2), "suspect");
  bench.wait(20, bench.answering());
  assertEquals(bench.state(2), "dead");
});

Deno.test("a broken link is no verdict: it starts a probe and the helpers' probes at once", () => {
  const bench = new Bench(4);
  const effects = bench.machine.handle(bench.now, {
    type: "link-broken",
    node: idOf(2),
    kind: "reset",
  });
  assertEquals(sends(effects, "probe").map(({ to }) => to), [idOf(2)]);
  assertEquals(sends(effects, "probe-request").length, 3);
  assertEquals(bench.state(2), "alive");
});

Deno.test("a refusal makes suspect, and a second observer's refusal dead at once", () => {
  const bench = new Bench(4);
  const first = bench.machine.handle(bench.now, {
    type: "link-broken",
    node: idOf(2),
    kind: "reset",
  });
  bench.machine.handle(bench.now, { type: "unreachable", node: idOf(2), kind: "refused" });
  assertEquals(bench.state(2), "suspect");
  const request = sends(first, "probe-request")[0];
  assert(request?.message.type === "probe-request");
  const { sequence, target } = request.message;
  bench.machine.handle(bench.now, {
    type: "message",
    from: request.to,
    message: { type: "nack", sequence, target, refused: true, gossip: [] },
  });
  assertEquals(bench.state(2), "dead");
});

Deno.test("silence of the helpers does not turn one refusal into death", () => {
  const bench = new Bench(4);
  for (let attempt = 0; attempt < 4; attempt++) {
    bench.machine.handle(bench.now, { type: "unreachable", node: idOf(2), kind: "refused" });
    bench.wait(250, bench.answering(2));
  }
  assertEquals(bench.state(2), "suspect");
});

Deno.test("in a cluster of two a second refusal a little later means dead, and no sooner", () => {
  const bench = new Bench(1);
  const refuse = () =>
    bench.machine.handle(bench.now, { type: "unreachable", node: idOf(2), kind: "refused" });
  refuse();
  refuse();
  assertEquals(bench.state(2), "suspect");
  const probes = sends(bench.wait(210), "probe");
  assert(probes.length > 0, "it did not try again by itself");
  refuse();
  assertEquals(bench.state(2), "dead");
});

Deno.test("a dial without an answer is no hard evidence", () => {
  for (const kind of ["timeout", "unreachable"] as const) {
    const bench = new Bench(1);
    for (let attempt = 0; attempt < 3; attempt++) {
      bench.machine.handle(bench.now, { type: "unreachable", node: idOf(2), kind });
      bench.wait(100);
    }
    assert(bench.state(2) !== "dead");
  }
});

Deno.test("a helper that was refused says so to the asker", () => {
  const bench = new Bench(3);
  bench.receive(2, { type: "probe-request", sequence: 77, target: idOf(3), gossip: [] });
  const effects = bench.machine.handle(bench.now, {
    type: "unreachable",
    node: idOf(3),
    kind: "refused",
  });
  const nack = sends(effects, "nack")[0];
  assert(nack?.message.type === "nack");
  assertEquals([nack.to, nack.message.sequence, nack.message.refused], [idOf(2), 77, true]);
});

Deno.test("a helper carries the ack back under the asker's number, and says nack while it waits", () => {
  const bench = new Bench(3);
  const asked = bench.receive(2, { type: "probe-request", sequence: 77, target: idOf(3) });
  const probe = sends(asked, "probe")[0]?.message;
  assert(probe?.type === "probe");
  const nack = sends(bench.wait(170), "nack")[0]?.message;
  assert(nack?.type === "nack" && !nack.refused);
  const carried = bench.receive(3, { type: "ack", sequence: probe.sequence, target: idOf(3) });
  const ack = sends(carried, "ack")[0];
  assert(ack?.message.type === "ack");
  assertEquals([ack.to, ack.message.sequence, ack.message.target], [idOf(2), 77, idOf(3)]);
});

Deno.test("an ack counts only from whom we asked", () => {
  const bench = new Bench(4);
  let sent: Sent | undefined;
  while (sent === undefined) sent = sends(bench.wait(10), "probe")[0];
  assert(sent?.message.type === "probe");
  const liar = [2, 3, 4, 5].find((n) => idOf(n) !== sent.to) as number;
  const { sequence } = sent.message;
  const effects = bench.receive(liar, { type: "ack", sequence, target: sent.to });
  assertEquals(rejections(effects).length, 1);
  assertEquals(bench.machine.roundTripMs(sent.to), undefined);
  bench.now += 3;
  bench.machine.handle(bench.now, {
    type: "message",
    from: sent.to,
    message: { type: "ack", sequence, target: sent.to },
  });
  assertExists(bench.machine.roundTripMs(sent.to));
});

Deno.test("after a stop of its own a node suspects nobody, and moves its suspicions", () => {
  const bench = new Bench(4);
  for (const from of [3, 4, 5]) {
    bench.hear(from, record(2, { state: "suspect", by: [idOf(from)] }));
  }
  bench.wait(700, bench.answering());
  bench.now += 60_000;
  bench.machine.handle(bench.now, { type: "tick" });
  assertEquals(bench.state(2), "suspect");
  assertEquals(bench.machine.counters().lateTicks, 1);
  assertEquals(bench.machine.healthScore(), 1);
  for (const n of [3, 4, 5]) assertEquals(bench.state(n), "alive");
  // What was left of the suspicion still runs.
  bench.wait(1_400, bench.answering());
  assertEquals(bench.state(2), "dead");
});

Deno.test("a late message, before any tick, does not make others suspect either", () => {
  const bench = new Bench(4);
  bench.wait(300);
  bench.now += 10_000;
  bench.hear(2, record(2));
  bench.machine.handle(bench.now, { type: "tick" });
  for (const n of [2, 3, 4, 5]) assertEquals(bench.state(n), "alive");
});

Deno.test("a refusal that was refuted is no evidence any more, for a helper's asker either", () => {
  const bench = new Bench(5);
  bench.machine.handle(bench.now, { type: "unreachable", node: idOf(3), kind: "refused" });
  bench.hear(4, record(3, { incarnation: 2 }));
  assertEquals(bench.state(3), "alive");
  const effects = bench.receive(2, { type: "probe-request", sequence: 77, target: idOf(3) });
  assertEquals(sends(effects).map(({ message }) => message.type), ["probe"]);
});

Deno.test("a word against this node that is as new as can be is refuted with one that others take", () => {
  const bench = new Bench(2);
  bench.hear(2, record(1, { state: "dead", incarnation: 1 + INCARNATION_JUMP }));
  assertEquals(bench.machine.self().incarnation, 1);
  bench.hear(2, record(1, { state: "dead", incarnation: INCARNATION_JUMP }));
  const other = new Bench(2, 5);
  other.hear(2, record(1));
  other.hear(2, bench.machine.selfRecord());
  assertEquals(other.machine.member(idOf(1))?.incarnation, INCARNATION_JUMP + 1);
});

Deno.test("whoever accuses a member that left is told, and so is whoever asks to probe it", () => {
  const bench = new Bench(4);
  bench.hear(3, record(2, { state: "left", incarnation: 5 }));
  const told = (effects: MembershipEffect[]) =>
    sends(effects, "gossip").filter(({ to }) => to === idOf(4)).map((
      { message },
    ) => [message.gossip[0]?.id, message.gossip[0]?.state]);
  assertEquals(told(bench.hear(4, record(2, { state: "suspect", incarnation: 4 }))), [
    [idOf(2), "left"],
  ]);
  const request = { type: "probe-request", sequence: 7, target: idOf(2) };
  assertEquals(told(bench.receive(4, request)), [[idOf(2), "left"]]);
});

Deno.test("an incarnation in the far future is refused and not passed on", () => {
  const bench = new Bench(3);
  bench.wait(5_000, bench.answering());
  const future = { incarnation: 1_000_002 };
  for (
    const lie of [record(2, future), record(1, { ...future, state: "dead" }), record(9, future)]
  ) {
    assertEquals(rejections(bench.hear(3, lie)).length, 1);
  }
  assertEquals(bench.machine.member(idOf(2))?.incarnation, 1);
  assertEquals(bench.machine.self().incarnation, 1);
  assertEquals(bench.state(9), undefined);
  for (const { message } of sends(bench.wait(5_000, bench.answering()))) {
    for (const told of message.gossip) assert(told.incarnation < 10);
  }
});

Deno.test("gossip about itself under another name is named, refuted and not believed", () => {
  const bench = new Bench(2);
  const effects = bench.hear(2, record(1, { name: "impostor", incarnation: 5 }));
  assertEquals(rejections(effects).length, 1);
  assertEquals([bench.machine.self().name, bench.machine.self().incarnation], ["n1", 6]);
});

Deno.test("a flood of lies is counted whole and named a few times a second", () => {
  const bench = new Bench(1);
  let named = 0;
  for (let i = 0; i < 1_000; i++) named += rejections(bench.receive(2, { type: "probe" })).length;
  assertEquals(named, 5);
  assertEquals(bench.machine.counters().rejected, 1_000);
  bench.now += 1_000;
  assertEquals(rejections(bench.receive(2, { type: "probe" })).length, 1);
});

Deno.test("invented members end at the bound", () => {
  const bench = new Bench(1);
  let n = 100;
  for (let message = 0; message < 700; message++) {
    const gossip = Array.from(
      { length: 32 },
      () => record(++n, { address: `10.9.0.1:${n % 60_000 + 1}`, name: `x${n}` }),
    );
    bench.hear(2, ...gossip);
  }
  assertEquals(bench.machine.members().length, 20_000);
  assert(bench.machine.counters().rejected > 2_000);
});

Deno.test("the dead and the left that are remembered are bounded", () => {
  const bench = new Bench(1);
  for (let n = 10; n < 1_510; n++) {
    bench.hear(2, record(n));
    bench.hear(2, record(n, { state: n % 2 === 0 ? "dead" : "left", incarnation: 2 }));
  }
  assertEquals(bench.machine.members().length, 1_024 + 2);
  assertEquals(bench.state(10), undefined);
  assertEquals(bench.state(1_509), "left");
});

Deno.test("the dead and the left are forgotten after 24 hours", () => {
  const bench = new Bench(3);
  const ageMs = 24 * 3_600_000 - 100_000;
  bench.hear(2, record(3, { state: "dead", ageMs }), record(4, { state: "left", ageMs }));
  bench.wait(90_000, bench.answering(3));
  assertEquals([bench.state(3), bench.state(4)], ["dead", "left"]);
  const effects = bench.wait(90_000, bench.answering(3));
  assertEquals([bench.state(3), bench.state(4)], [undefined, undefined]);
  const forgotten = effects.filter((effect) => effect.type === "notify")
    .filter(({ event }) => event.type === "forgotten");
  assertEquals(forgotten.length, 2);
});

Deno.test("a dead record brings its age along, so that no exchange makes it young again", () => {
  const bench = new Bench(2);
  const hour = 3_600_000;
  bench.receive(2, {
    type: "sync-records",
    members: [
      record(7, { state: "dead", ageMs: 23 * hour }),
      record(8, { state: "dead", ageMs: 25 * hour }),
    ],
  });
  assertEquals(bench.machine.member(idOf(7))?.since, bench.now - 23 * hour);
  assertEquals(bench.state(8), undefined);
  const wire = bench.machine.snapshot().find(({ id }) => id === idOf(7));
  assertEquals(wire?.ageMs, 23 * hour);
});

Deno.test("members that only this one did not know are no news, and the one that tells of itself is", () => {
  const bench = new Bench(2);
  bench.wait(5_000, bench.answering());
  bench.receive(2, { type: "sync-records", members: [record(7), record(8)] });
  bench.receive(9, { type: "sync-records", members: [record(9), record(10)] });
  const told = sends(bench.wait(1_000, bench.answering())).flatMap(({ message }) =>
    message.gossip.map(({ id }) => id)
  );
  assertEquals([...new Set(told)], [idOf(9)]);
});

Deno.test("a full exchange that says dead makes suspect only, and the accused is told", () => {
  const bench = new Bench(3);
  const members = [record(3, { state: "dead", cause: "a partition" })];
  const effects = bench.receive(2, { type: "sync-records", members });
  assertEquals(bench.state(3), "suspect");
  const told = sends(effects, "gossip").find(({ to }) => to === idOf(3))?.message.gossip[0];
  assertEquals([told?.id, told?.state], [idOf(3), "suspect"]);
});

Deno.test("of one name the older id keeps it, wherever the newer is heard of", () => {
  const bench = new Bench(2, 5);
  const older = bench.hear(2, record(4, { name: "n5", address: "10.0.0.9:4" }));
  const out = older.find((effect) => effect.type === "forced-out");
  assertEquals([out?.code, out?.holder], ["NAME_TAKEN", idOf(4)]);
  assert(sends(older).some(({ message }) => message.gossip[0]?.state === "left"));
  assertEquals(bench.machine.handle(bench.now + 1, { type: "tick" }), []);

  const keeper = new Bench(2, 5);
  const newer = keeper.hear(2, record(9, { name: "n5", address: "10.0.0.9:9" }));
  assert(!newer.some((effect) => effect.type === "forced-out"));
  const told = sends(newer).find(({ to }) => to === idOf(9))?.message.gossip[0];
  assertEquals(told?.id, idOf(5));
});

Deno.test("a witness of two members with one name tells the newer who has it", () => {
  const bench = new Bench(3);
  const effects = bench.hear(2, record(9, { name: "n3", address: "10.0.0.9:9" }));
  assertEquals(sends(effects).find(({ to }) => to === idOf(9))?.message.gossip[0]?.id, idOf(3));
  assertEquals(bench.machine.memberByName("n3")?.id, idOf(3));
});

Deno.test("of one address the newer id has it, and the older is dead", () => {
  for (const order of [[3, 9], [9, 3]]) {
    const bench = new Bench(1);
    for (const n of order) bench.hear(2, record(n, { address: "10.0.0.7:7", name: `a${n}` }));
    assertEquals([bench.state(3), bench.state(9)], ["dead", "alive"]);
    assertStringIncludes(bench.machine.history(idOf(3)).at(-1)?.cause ?? "", "replaced it");
  }
  const bench = new Bench(1);
  const effects = bench.hear(2, record(9, { address: "10.0.0.1:1" }));
  assertEquals(effects.find((effect) => effect.type === "forced-out")?.code, "ADDRESS_TAKEN");
});

Deno.test("admission refuses a name or an address that somebody has", () => {
  const bench = new Bench(3);
  const ask = (changes: Partial<MemberRecord>, isVerified = false) => {
    const answer = bench.machine.admission(record(9, changes), isVerified);
    return answer.ok ? "ok" : `${answer.code} ${answer.holder?.name}`;
  };
  assertEquals(ask({}), "ok");
  assertEquals(ask({ name: "n2" }), "NAME_TAKEN n2");
  assertEquals(ask({ address: "10.0.0.1:2" }), "ADDRESS_TAKEN n2");
  assertEquals(ask({ name: "n2", address: "10.0.0.1:2" }), "ADDRESS_TAKEN n2");
  assertEquals(ask({ name: "n2", address: "10.0.0.1:2" }, true), "ok");
  assertEquals(ask({ name: "n1" }), "NAME_TAKEN n1");
  assertEquals(ask({ address: "10.0.0.1:1" }, true), "ADDRESS_TAKEN n1");
  bench.hear(3, record(2, { state: "suspect" }));
  assertEquals(ask({ name: "n2" }), "NAME_TAKEN n2");
  assertEquals(ask({ address: "10.0.0.1:2" }), "ok");
  bench.hear(3, record(2, { state: "dead" }));
  assertEquals(ask({ name: "n2" }), "ok");
  assertEquals(bench.machine.admission({ id: 1 }).ok, false);
});

Deno.test("a removed member stops when it hears of it, and may not come back under its id", () => {
  const bench = new Bench(2);
  const removal = record(1, { state: "left", forced: true, cause: "an operator removed it" });
  const effects = bench.hear(2, removal);
  assertEquals(effects.find((effect) => effect.type === "forced-out")?.code, "REMOVED");

  const other = new Bench(3);
  const told = other.machine.handle(other.now, { type: "remove", node: idOf(2) });
  const notice = sends(told).find(({ to }) => to === idOf(2))?.message.gossip[0];
  assertEquals([notice?.state, notice?.forced], ["left", true]);
  other.hear(3, record(2, { incarnation: 50 }));
  assertEquals(other.machine.member(idOf(2))?.removed, true);
  const admission = other.machine.admission(record(2, { incarnation: 50 }));
  assertEquals(admission.ok ? "" : admission.code, "REMOVED");
  const reply = other.receive(2, { type: "probe", sequence: 1, target: idOf(1) });
  assertEquals(sends(reply).map(({ message }) => message.gossip[0]?.forced), [true]);
});

Deno.test("a leave is told until it was seen by all, or its time is over", () => {
  const bench = new Bench(3);
  const told = sends(bench.machine.handle(bench.now, { type: "leave" }), "leave");
  assertEquals(told.length, 3);
  const ack = (n: number) => bench.receive(n, { type: "leave-ack", incarnation: 2 });
  ack(2);
  assertEquals(sends(bench.wait(210), "leave").map(({ to }) => to).toSorted(), [idOf(3), idOf(4)]);
  ack(3);
  const done = ack(4).find((effect) => effect.type === "left");
  assertEquals([done?.confirmed, done?.asked], [3, 3]);

  const unheard = new Bench(3);
  unheard.machine.handle(unheard.now, { type: "leave" });
  const effects = unheard.wait(2_100);
  assertEquals(effects.find((effect) => effect.type === "left")?.confirmed, 0);
});

Deno.test("whoever leaves does not wait for one that turns out to be silent meanwhile", () => {
  const bench = new Bench(1);
  bench.machine.handle(bench.now, { type: "leave" });
  // Nobody else is there whose message would make it look again.
  const effects = bench.wait(PROFILES.lan.leaveTimeoutMs - 1);
  assertEquals(bench.state(2), "suspect");
  const left = effects.find((effect) => effect.type === "left");
  assertEquals([left?.confirmed, left?.asked], [0, 1]);
});

Deno.test("a node alone leaves at once", () => {
  const bench = new Bench(0);
  const effects = bench.machine.handle(bench.now, { type: "leave" });
  assertEquals(effects.some((effect) => effect.type === "left"), true);
});

Deno.test("a leave of somebody else is refused", () => {
  const bench = new Bench(3);
  const effects = bench.receive(2, { type: "leave", member: record(3, { state: "left" }) });
  assertEquals(rejections(effects).length, 1);
  assertEquals(bench.state(3), "alive");
});

Deno.test("a link that breaks after a leave means nothing", () => {
  const bench = new Bench(3);
  bench.hear(2, record(2, { state: "left", incarnation: 2 }));
  const broken = { type: "link-broken", node: idOf(2), kind: "closed" } as const;
  assertEquals(sends(bench.machine.handle(bench.now, broken), "probe"), []);
  bench.machine.handle(bench.now, { type: "unreachable", node: idOf(2), kind: "refused" });
  assertEquals(bench.state(2), "left");
});

Deno.test("new metadata raises the incarnation and is told to all", () => {
  const bench = new Bench(2);
  const effects = bench.machine.handle(bench.now, {
    type: "describe",
    tags: { zone: "b" },
    services: ["sum"],
  });
  const { incarnation, tags, services } = bench.machine.self();
  assertEquals([incarnation, tags, services], [2, { zone: "b" }, ["sum"]]);
  assertEquals(new Set(sends(effects).map(({ to }) => to)).size, 2);
  assertThrows(
    () => bench.machine.handle(bench.now, { type: "describe", tags: { a: "x".repeat(5_000) } }),
    RangeError,
  );
});

Deno.test("another address of its own is one word more of the same member, told to all", () => {
  const bench = new Bench(2);
  const readdress = { name: "here", address: "10.0.0.9:8001", cause: "a link showed it" };
  const effects = bench.machine.handle(bench.now, { type: "readdress", ...readdress });
  const { id, incarnation, name, address, state } = bench.machine.self();
  assertEquals([id, incarnation, state], [idOf(1), 2, "alive"]);
  assertEquals([name, address], ["here", "10.0.0.9:8001"]);
  assertEquals(bench.machine.memberByName("here")?.id, id);
  assertEquals(new Set(sends(effects).map(({ to }) => to)).size, 2);
  const notified = effects.filter((effect) => effect.type === "notify");
  assertEquals(notified.map(({ event }) => [event.type, event.cause]), [[
    "updated",
    "a link showed it",
  ]]);
  const again = bench.machine.handle(bench.now, { type: "readdress", ...readdress });
  assertEquals([again, bench.machine.self().incarnation], [[], 2]);
  const wrong = { ...readdress, address: "nowhere" };
  assertThrows(
    () => bench.machine.handle(bench.now, { type: "readdress", ...wrong }),
    TypeError,
    "address",
  );
});

Deno.test("who is said to be elsewhere, as of late as it speaks itself, is told to look there", () => {
  const bench = new Bench(2);
  const places = (incarnation: number, fields: Partial<MemberRecord> = {}) =>
    bench.hear(2, record(1, { incarnation, address: "10.0.0.9:8001", ...fields }))
      .flatMap((effect) => effect.type === "elsewhere" ? [effect.address] : []);
  assertEquals(places(1), ["10.0.0.9:8001"]);
  const { incarnation, address } = bench.machine.self();
  assertEquals(places(incarnation - 1), []);
  assertEquals(places(incarnation, { state: "dead" }), []);
  assertEquals(places(incarnation + 2, { address }), []);
});

Deno.test("others' new metadata is an update, once", () => {
  const bench = new Bench(2);
  const told = record(2, { incarnation: 2, tags: { zone: "c" } });
  const event = bench.hear(3, told).find((effect) => effect.type === "notify")?.event;
  assertEquals([event?.type, event?.member.tags], ["updated", { zone: "c" }]);
  assertEquals(bench.hear(2, told).filter((effect) => effect.type === "notify"), []);
});

Deno.test("a node that returns with the id of an earlier life outdoes what is said of that", () => {
  const bench = new Bench(0);
  bench.machine.handle(bench.now, {
    type: "join",
    members: [record(2), record(1, { state: "dead", incarnation: 6 })],
  });
  assertEquals(bench.machine.self().incarnation, 7);
});

Deno.test("a stranger who probes us is answered, and asked who it is", () => {
  const bench = new Bench(1);
  const effects = bench.receive(9, { type: "probe", sequence: 4, target: idOf(1) });
  assertEquals(sends(effects).map(({ message }) => message.type), ["ack", "sync"]);
  bench.receive(9, { type: "sync-records", members: [record(9)] });
  assertEquals(bench.state(9), "alive");
});

Deno.test("history tells who suspected, who confirmed and what refuted, and is bounded", () => {
  const bench = new Bench(3);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  bench.hear(4, record(2, { state: "suspect", by: [idOf(4)] }));
  bench.hear(2, record(2, { incarnation: 2 }));
  const steps = bench.machine.history(idOf(2)).map(({ state, by }) => [state, by[0]]);
  assertEquals(steps.slice(1), [["suspect", idOf(3)], ["suspect", idOf(4)], ["alive", idOf(2)]]);
  for (let i = 3; i < 100; i++) {
    bench.hear(3, record(2, { state: "suspect", incarnation: i, by: [idOf(3)] }));
    bench.hear(2, record(2, { incarnation: i + 1 }));
  }
  assertEquals(bench.machine.history(idOf(2)).length, 32);
});

Deno.test("a node whose own description is wrong does not start", () => {
  const make = (self: object) => () =>
    new Membership({
      self: { id: idOf(1), name: "a", address: "10.0.0.1:1", ...self },
      profile: PROFILES.lan,
      random: new SeededRandom(1),
    });
  for (
    const self of [{ id: "x" }, { name: "" }, { address: "x" }, { tags: { a: "x".repeat(5_000) } }]
  ) {
    assertThrows(make(self), TypeError);
  }
});

Deno.test("a confirmation after a stop of our own does not count the time of the stop", () => {
  const bench = new Bench(4);
  bench.hear(3, record(2, { state: "suspect", by: [idOf(3)] }));
  bench.wait(700, bench.answering());
  bench.now += 60_000;
  bench.machine.handle(bench.now, { type: "tick" });
  for (const from of [4, 5]) {
    bench.hear(from, record(2, { state: "suspect", by: [idOf(from)] }));
  }
  bench.wait(500, bench.answering());
  assertEquals(bench.state(2), "suspect");
  bench.wait(1_500, bench.answering());
  assertEquals(bench.state(2), "dead");
});

Deno.test("helpers that answer with a nack spare our own health, silent ones do not", () => {
  for (const [isAnswering, score] of [[true, 0], [false, 3]] as const) {
    const bench = new Bench(4);
    const broken = { type: "link-broken", node: idOf(2), kind: "reset" } as const;
    for (const { to, message } of sends(bench.machine.handle(bench.now, broken))) {
      if (message.type !== "probe-request" || !isAnswering) continue;
      const { sequence, target } = message;
      const nack = { type: "nack", sequence, target, refused: false };
      bench.machine.handle(bench.now, { type: "message", from: to, message: nack });
    }
    // The round of the broken link ends with the period; others may not move the score meanwhile.
    const acks = bench.machine.counters().received.ack;
    while (bench.state(2) === "alive") bench.wait(10);
    assertEquals(bench.machine.counters().received.ack, acks);
    assertEquals(bench.machine.healthScore(), score);
  }
});
