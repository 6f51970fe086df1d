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
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { PlayedMachine, sendsOf, type Sent } from "./played_machine.ts";
import { idOf, recordOf } from "./records.ts";

function rejections(effects: MembershipEffect[]): string[] {
  return effects.filter((effect) => effect.type === "rejected").map((effect) => effect.reason);
}

Deno.test("a word against itself is refuted beyond the accused incarnation, and all are told", () => {
  const table = [["suspect", 1, 2], ["dead", 1, 2], ["suspect", 7, 8], ["left", 3, 4]] as const;
  for (const [state, accused, refuted] of table) {
    const played = new PlayedMachine(3);
    const effects = played.hear(2, recordOf(1, { state, incarnation: accused }));
    assertEquals(played.machine.self().incarnation, refuted);
    for (const n of [2, 3, 4]) {
      const told = sendsOf(effects).find(({ to }) => to === idOf(n))?.message.gossip[0];
      assertEquals([told?.state, told?.incarnation], ["alive", refuted]);
    }
    assertEquals(played.machine.healthScore(), state === "left" ? 0 : 1);
  }
});

Deno.test("an old word against itself is answered to its teller alone, who missed the refutation", () => {
  const played = new PlayedMachine(2);
  played.hear(2, recordOf(1, { state: "suspect", incarnation: 4 }));
  const effects = played.hear(3, recordOf(1, { state: "dead", incarnation: 4 }));
  assertEquals(played.machine.self().incarnation, 5);
  const told = sendsOf(effects).map(({ to, message }) => [to, message.gossip[0]?.incarnation]);
  assertEquals(told, [[idOf(3), 5]]);
});

Deno.test("a suspicion ends with the refutation, and counts as a false alarm", () => {
  const played = new PlayedMachine(3);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  assertEquals(played.state(2), "suspect");
  const effects = played.hear(2, recordOf(2, { incarnation: 2 }));
  assertEquals(played.state(2), "alive");
  const event = effects.find((effect) => effect.type === "notify")?.event;
  assertEquals([event?.type, event?.previous], ["alive", "suspect"]);
  assertEquals(played.machine.counters().falseAlarms, 1);
  played.wait(13_000, played.answering());
  assertEquals(played.state(2), "alive");
});

Deno.test("whoever is accused hears it first in the very probe that it is sent", () => {
  const played = new PlayedMachine(3);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  const probe = sendsOf(played.wait(2_000, played.answering()), "probe").find(({ to }) =>
    to === idOf(2)
  );
  assertEquals(probe?.message.gossip[0]?.id, idOf(2));
  assertEquals(probe?.message.gossip[0]?.state, "suspect");
});

Deno.test("a silent member is asked for through helpers, then suspected, and dead only later", () => {
  const played = new PlayedMachine(4);
  const effects = played.wait(2_600, played.answering(3));
  assert(sendsOf(effects, "probe-request").length > 0);
  assertEquals(played.state(3), "suspect");
  const causes = played.machine.history(idOf(3)).map((event) => event.cause);
  assertStringIncludes(causes.at(-1) ?? "", "no answer to a probe, nor through 3 helpers");
});

Deno.test("a member that twice in a row only helpers reach has its links made anew", () => {
  const played = new PlayedMachine(4);
  const relayed: (sent: Sent) => void = (sent) => {
    played.answering(3)(sent);
    const { to, message } = sent;
    if (message.type !== "probe-request") return;
    const { sequence, target } = message;
    const ack = { type: "ack", sequence, target, gossip: [] };
    relinks.push(...played.receive(Number(to.slice(-12)), ack).filter(isRelink));
  };
  const isRelink = (effect: MembershipEffect) => effect.type === "relink";
  const relinks: MembershipEffect[] = [];
  played.wait(2_500, relayed);
  assertEquals(relinks, []);
  played.wait(4_000, relayed);
  assertEquals(relinks[0], { type: "relink", node: idOf(3) });
  assertEquals(played.state(3), "alive");
});

Deno.test("the cause of a suspicion counts the helpers that answered, if any did", () => {
  const played = new PlayedMachine(4);
  const suspicion = played.wait(5_000).find(({ type }) => type === "notify");
  assertExists(suspicion);
  assertMatch(JSON.stringify(suspicion), /"no answer to a probe, nor through \d helpers"/);
});

Deno.test("one observer alone waits for the longest time before it says dead", () => {
  const played = new PlayedMachine(4);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  // It answers our probes, so nobody confirms.
  played.wait(11_900, played.answering());
  assertEquals(played.state(2), "suspect");
  played.wait(200, played.answering());
  assertEquals(played.state(2), "dead");
});

Deno.test("the cause of a death that nobody confirmed names the time that it really took", () => {
  for (const [peers, cause] of [[4, "12.0 s, and all were told"], [1, "2.0 s, and nobody else"]]) {
    const played = new PlayedMachine(Number(peers));
    const suspects = played.hear(2, recordOf(2, { state: "suspect", by: [idOf(1)] }));
    assertEquals(suspects.some(({ type }) => type === "rejected"), false);
    const answers = peers === 4 ? played.answering() : undefined;
    const dead = played.wait(13_000, answers).filter(({ type }) => type === "notify").at(-1);
    assertExists(dead);
    assertStringIncludes(JSON.stringify(dead), String(cause));
  }
});

Deno.test("two confirmations bring death at the shortest time, and not before", () => {
  const played = new PlayedMachine(4);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  played.hear(4, recordOf(2, { state: "suspect", by: [idOf(4)] }));
  played.hear(5, recordOf(2, { state: "suspect", by: [idOf(5)] }));
  played.wait(1_990, played.answering());
  assertEquals(played.state(2), "suspect");
  played.wait(20, played.answering());
  assertEquals(played.state(2), "dead");
});

Deno.test("a broken link is no verdict: it starts a probe and the helpers' probes at once", () => {
  const played = new PlayedMachine(4);
  const effects = played.input({
    type: "link-broken",
    node: idOf(2),
    kind: "reset",
  });
  assertEquals(sendsOf(effects, "probe").map(({ to }) => to), [idOf(2)]);
  assertEquals(sendsOf(effects, "probe-request").length, 3);
  assertEquals(played.state(2), "alive");
});

Deno.test("a refusal makes suspect, and a second observer's refusal dead at once", () => {
  const played = new PlayedMachine(4);
  const first = played.input({
    type: "link-broken",
    node: idOf(2),
    kind: "reset",
  });
  played.input({ type: "unreachable", node: idOf(2), kind: "refused" });
  assertEquals(played.state(2), "suspect");
  const request = sendsOf(first, "probe-request")[0];
  assert(request?.message.type === "probe-request");
  const { sequence, target } = request.message;
  played.input({
    type: "message",
    from: request.to,
    message: { type: "nack", sequence, target, refused: true, gossip: [] },
  });
  assertEquals(played.state(2), "dead");
});

Deno.test("silence of the helpers does not turn one refusal into death", () => {
  const played = new PlayedMachine(4);
  for (let attempt = 0; attempt < 4; attempt++) {
    played.input({ type: "unreachable", node: idOf(2), kind: "refused" });
    played.wait(250, played.answering(2));
  }
  assertEquals(played.state(2), "suspect");
});

Deno.test("in a cluster of two a second refusal a little later means dead, and no sooner", () => {
  const played = new PlayedMachine(1);
  const refuse = () => played.input({ type: "unreachable", node: idOf(2), kind: "refused" });
  refuse();
  refuse();
  assertEquals(played.state(2), "suspect");
  const probes = sendsOf(played.wait(210), "probe");
  assert(probes.length > 0, "it did not try again by itself");
  refuse();
  assertEquals(played.state(2), "dead");
});

Deno.test("a dial without an answer is no hard evidence", () => {
  for (const kind of ["timeout", "unreachable"] as const) {
    const played = new PlayedMachine(1);
    for (let attempt = 0; attempt < 3; attempt++) {
      played.input({ type: "unreachable", node: idOf(2), kind });
      played.wait(100);
    }
    assert(played.state(2) !== "dead");
  }
});

Deno.test("a helper that was refused says so to the asker", () => {
  const played = new PlayedMachine(3);
  played.receive(2, { type: "probe-request", sequence: 77, target: idOf(3), gossip: [] });
  const effects = played.input({
    type: "unreachable",
    node: idOf(3),
    kind: "refused",
  });
  const nack = sendsOf(effects, "nack")[0];
  assert(nack?.message.type === "nack");
  assertEquals([nack.to, nack.message.sequence, nack.message.refused], [idOf(2), 77, true]);
});

Deno.test("a helper carries the ack back under the asker's number, and says nack while it waits", () => {
  const played = new PlayedMachine(3);
  const asked = played.receive(2, { type: "probe-request", sequence: 77, target: idOf(3) });
  const probe = sendsOf(asked, "probe")[0]?.message;
  assert(probe?.type === "probe");
  const nack = sendsOf(played.wait(170), "nack")[0]?.message;
  assert(nack?.type === "nack" && !nack.refused);
  const carried = played.receive(3, { type: "ack", sequence: probe.sequence, target: idOf(3) });
  const ack = sendsOf(carried, "ack")[0];
  assert(ack?.message.type === "ack");
  assertEquals([ack.to, ack.message.sequence, ack.message.target], [idOf(2), 77, idOf(3)]);
});

Deno.test("an ack counts only from whom we asked", () => {
  const played = new PlayedMachine(4);
  let sent: Sent | undefined;
  while (sent === undefined) sent = sendsOf(played.wait(10), "probe")[0];
  assert(sent?.message.type === "probe");
  const liar = [2, 3, 4, 5].find((n) => idOf(n) !== sent.to) as number;
  const { sequence } = sent.message;
  const effects = played.receive(liar, { type: "ack", sequence, target: sent.to });
  assertEquals(rejections(effects).length, 1);
  assertEquals(played.machine.roundTripMs(sent.to), undefined);
  played.now += 3;
  played.input({
    type: "message",
    from: sent.to,
    message: { type: "ack", sequence, target: sent.to },
  });
  assertExists(played.machine.roundTripMs(sent.to));
});

Deno.test("after a stop of its own a node suspects nobody, and moves its suspicions", () => {
  const played = new PlayedMachine(4);
  for (const from of [3, 4, 5]) {
    played.hear(from, recordOf(2, { state: "suspect", by: [idOf(from)] }));
  }
  played.wait(700, played.answering());
  played.now += 60_000;
  played.input({ type: "tick" });
  assertEquals(played.state(2), "suspect");
  assertEquals(played.machine.counters().lateTicks, 1);
  assertEquals(played.machine.healthScore(), 1);
  for (const n of [3, 4, 5]) assertEquals(played.state(n), "alive");
  // What was left of the suspicion still runs.
  played.wait(1_400, played.answering());
  assertEquals(played.state(2), "dead");
});

Deno.test("a late message, before any tick, does not make others suspect either", () => {
  const played = new PlayedMachine(4);
  played.wait(300);
  played.now += 10_000;
  played.hear(2, recordOf(2));
  played.input({ type: "tick" });
  for (const n of [2, 3, 4, 5]) assertEquals(played.state(n), "alive");
});

Deno.test("a refusal that was refuted is no evidence any more, for a helper's asker either", () => {
  const played = new PlayedMachine(5);
  played.input({ type: "unreachable", node: idOf(3), kind: "refused" });
  played.hear(4, recordOf(3, { incarnation: 2 }));
  assertEquals(played.state(3), "alive");
  const effects = played.receive(2, { type: "probe-request", sequence: 77, target: idOf(3) });
  assertEquals(sendsOf(effects).map(({ message }) => message.type), ["probe"]);
});

Deno.test("a word against this node that is as new as can be is refuted with one that others take", () => {
  const played = new PlayedMachine(2);
  played.hear(2, recordOf(1, { state: "dead", incarnation: 1 + INCARNATION_JUMP }));
  assertEquals(played.machine.self().incarnation, 1);
  played.hear(2, recordOf(1, { state: "dead", incarnation: INCARNATION_JUMP }));
  const other = new PlayedMachine(2, { self: 5 });
  other.hear(2, recordOf(1));
  other.hear(2, played.machine.selfRecord());
  assertEquals(other.machine.member(idOf(1))?.incarnation, INCARNATION_JUMP + 1);
});

Deno.test("whoever accuses a member that left is told, and so is whoever asks to probe it", () => {
  const played = new PlayedMachine(4);
  played.hear(3, recordOf(2, { state: "left", incarnation: 5 }));
  const told = (effects: MembershipEffect[]) =>
    sendsOf(effects, "gossip").filter(({ to }) => to === idOf(4)).map((
      { message },
    ) => [message.gossip[0]?.id, message.gossip[0]?.state]);
  assertEquals(told(played.hear(4, recordOf(2, { state: "suspect", incarnation: 4 }))), [
    [idOf(2), "left"],
  ]);
  const request = { type: "probe-request", sequence: 7, target: idOf(2) };
  assertEquals(told(played.receive(4, request)), [[idOf(2), "left"]]);
});

Deno.test("an incarnation in the far future is refused and not passed on", () => {
  const played = new PlayedMachine(3);
  played.wait(5_000, played.answering());
  const future = { incarnation: 1_000_002 };
  for (
    const lie of [
      recordOf(2, future),
      recordOf(1, { ...future, state: "dead" }),
      recordOf(9, future),
    ]
  ) {
    assertEquals(rejections(played.hear(3, lie)).length, 1);
  }
  assertEquals(played.machine.member(idOf(2))?.incarnation, 1);
  assertEquals(played.machine.self().incarnation, 1);
  assertEquals(played.state(9), undefined);
  for (const { message } of sendsOf(played.wait(5_000, played.answering()))) {
    for (const told of message.gossip) assert(told.incarnation < 10);
  }
});

Deno.test("gossip about itself under another name is named, refuted and not believed", () => {
  const played = new PlayedMachine(2);
  const effects = played.hear(2, recordOf(1, { name: "impostor", incarnation: 5 }));
  assertEquals(rejections(effects).length, 1);
  assertEquals([played.machine.self().name, played.machine.self().incarnation], ["n1", 6]);
});

Deno.test("a flood of lies is counted whole and named a few times a second", () => {
  const played = new PlayedMachine(1);
  let named = 0;
  for (let i = 0; i < 1_000; i++) named += rejections(played.receive(2, { type: "probe" })).length;
  assertEquals(named, 5);
  assertEquals(played.machine.counters().rejected, 1_000);
  played.now += 1_000;
  assertEquals(rejections(played.receive(2, { type: "probe" })).length, 1);
});

Deno.test("invented members end at the bound", () => {
  const played = new PlayedMachine(1);
  let n = 100;
  for (let message = 0; message < 700; message++) {
    const gossip = Array.from(
      { length: 32 },
      () => recordOf(++n, { address: `10.9.0.1:${n % 60_000 + 1}`, name: `x${n}` }),
    );
    played.hear(2, ...gossip);
  }
  assertEquals(played.machine.members().length, 20_000);
  assert(played.machine.counters().rejected > 2_000);
});

Deno.test("the dead and the left that are remembered are bounded", () => {
  const played = new PlayedMachine(1);
  for (let n = 10; n < 1_510; n++) {
    played.hear(2, recordOf(n));
    played.hear(2, recordOf(n, { state: n % 2 === 0 ? "dead" : "left", incarnation: 2 }));
  }
  assertEquals(played.machine.members().length, 1_024 + 2);
  assertEquals(played.state(10), undefined);
  assertEquals(played.state(1_509), "left");
});

Deno.test("the dead and the left are forgotten after 24 hours", () => {
  const played = new PlayedMachine(3);
  const ageMs = 24 * 3_600_000 - 100_000;
  played.hear(2, recordOf(3, { state: "dead", ageMs }), recordOf(4, { state: "left", ageMs }));
  played.wait(90_000, played.answering(3));
  assertEquals([played.state(3), played.state(4)], ["dead", "left"]);
  const effects = played.wait(90_000, played.answering(3));
  assertEquals([played.state(3), played.state(4)], [undefined, undefined]);
  const forgotten = effects.filter((effect) => effect.type === "notify")
    .filter(({ event }) => event.type === "forgotten");
  assertEquals(forgotten.length, 2);
});

Deno.test("a dead record brings its age along, so that no exchange makes it young again", () => {
  const played = new PlayedMachine(2);
  const hour = 3_600_000;
  played.receive(2, {
    type: "sync-records",
    members: [
      recordOf(7, { state: "dead", ageMs: 23 * hour }),
      recordOf(8, { state: "dead", ageMs: 25 * hour }),
    ],
  });
  assertEquals(played.machine.member(idOf(7))?.since, played.now - 23 * hour);
  assertEquals(played.state(8), undefined);
  const wire = played.machine.snapshot().find(({ id }) => id === idOf(7));
  assertEquals(wire?.ageMs, 23 * hour);
});

Deno.test("members that only this one did not know are no news, and the one that tells of itself is", () => {
  const played = new PlayedMachine(2);
  played.wait(5_000, played.answering());
  played.receive(2, { type: "sync-records", members: [recordOf(7), recordOf(8)] });
  played.receive(9, { type: "sync-records", members: [recordOf(9), recordOf(10)] });
  const told = sendsOf(played.wait(1_000, played.answering())).flatMap(({ message }) =>
    message.gossip.map(({ id }) => id)
  );
  assertEquals([...new Set(told)], [idOf(9)]);
});

Deno.test("a full exchange that says dead makes suspect only, and the accused is told", () => {
  const played = new PlayedMachine(3);
  const members = [recordOf(3, { state: "dead", cause: "a partition" })];
  const effects = played.receive(2, { type: "sync-records", members });
  assertEquals(played.state(3), "suspect");
  const told = sendsOf(effects, "gossip").find(({ to }) => to === idOf(3))?.message.gossip[0];
  assertEquals([told?.id, told?.state], [idOf(3), "suspect"]);
});

Deno.test("of one name the older id keeps it, wherever the newer is heard of", () => {
  const played = new PlayedMachine(2, { self: 5 });
  const older = played.hear(2, recordOf(4, { name: "n5", address: "10.0.0.9:4" }));
  const out = older.find((effect) => effect.type === "forced-out");
  assertEquals([out?.code, out?.holder], ["NAME_TAKEN", idOf(4)]);
  assert(sendsOf(older).some(({ message }) => message.gossip[0]?.state === "left"));
  assertEquals(played.machine.handle(played.now + 1, { type: "tick" }), []);

  const keeper = new PlayedMachine(2, { self: 5 });
  const newer = keeper.hear(2, recordOf(9, { name: "n5", address: "10.0.0.9:9" }));
  assert(!newer.some((effect) => effect.type === "forced-out"));
  const told = sendsOf(newer).find(({ to }) => to === idOf(9))?.message.gossip[0];
  assertEquals(told?.id, idOf(5));
});

Deno.test("a witness of two members with one name tells the newer who has it", () => {
  const played = new PlayedMachine(3);
  const effects = played.hear(2, recordOf(9, { name: "n3", address: "10.0.0.9:9" }));
  assertEquals(sendsOf(effects).find(({ to }) => to === idOf(9))?.message.gossip[0]?.id, idOf(3));
  assertEquals(played.machine.memberByName("n3")?.id, idOf(3));
});

Deno.test("of one address the newer id has it, and the older is dead", () => {
  for (const order of [[3, 9], [9, 3]]) {
    const played = new PlayedMachine(1);
    for (const n of order) played.hear(2, recordOf(n, { address: "10.0.0.7:7", name: `a${n}` }));
    assertEquals([played.state(3), played.state(9)], ["dead", "alive"]);
    assertStringIncludes(played.machine.history(idOf(3)).at(-1)?.cause ?? "", "replaced it");
  }
  const played = new PlayedMachine(1);
  const effects = played.hear(2, recordOf(9, { address: "10.0.0.1:1" }));
  assertEquals(effects.find((effect) => effect.type === "forced-out")?.code, "ADDRESS_TAKEN");
});

Deno.test("admission refuses a name or an address that somebody has", () => {
  const played = new PlayedMachine(3);
  const ask = (changes: Partial<MemberRecord>, isVerified = false) => {
    const answer = played.machine.admission(recordOf(9, changes), isVerified);
    return answer.ok ? "ok" : `${answer.code} ${answer.holder?.name}`;
  };
  assertEquals(ask({}), "ok");
  assertEquals(ask({ name: "n2" }), "NAME_TAKEN n2");
  assertEquals(ask({ address: "10.0.0.1:2" }), "ADDRESS_TAKEN n2");
  assertEquals(ask({ name: "n2", address: "10.0.0.1:2" }), "ADDRESS_TAKEN n2");
  assertEquals(ask({ name: "n2", address: "10.0.0.1:2" }, true), "ok");
  assertEquals(ask({ name: "n1" }), "NAME_TAKEN n1");
  assertEquals(ask({ address: "10.0.0.1:1" }, true), "ADDRESS_TAKEN n1");
  played.hear(3, recordOf(2, { state: "suspect" }));
  assertEquals(ask({ name: "n2" }), "NAME_TAKEN n2");
  assertEquals(ask({ address: "10.0.0.1:2" }), "ok");
  played.hear(3, recordOf(2, { state: "dead" }));
  assertEquals(ask({ name: "n2" }), "ok");
  assertEquals(played.machine.admission({ id: 1 }).ok, false);
});

Deno.test("a removed member stops when it hears of it, and may not come back under its id", () => {
  const played = new PlayedMachine(2);
  const removal = recordOf(1, { state: "left", forced: true, cause: "an operator removed it" });
  const effects = played.hear(2, removal);
  assertEquals(effects.find((effect) => effect.type === "forced-out")?.code, "REMOVED");

  const other = new PlayedMachine(3);
  const told = other.machine.handle(other.now, { type: "remove", node: idOf(2) });
  const notice = sendsOf(told).find(({ to }) => to === idOf(2))?.message.gossip[0];
  assertEquals([notice?.state, notice?.forced], ["left", true]);
  other.hear(3, recordOf(2, { incarnation: 50 }));
  assertEquals(other.machine.member(idOf(2))?.removed, true);
  const admission = other.machine.admission(recordOf(2, { incarnation: 50 }));
  assertEquals(admission.ok ? "" : admission.code, "REMOVED");
  const reply = other.receive(2, { type: "probe", sequence: 1, target: idOf(1) });
  assertEquals(sendsOf(reply).map(({ message }) => message.gossip[0]?.forced), [true]);
});

Deno.test("a leave is told until it was seen by all, or its time is over", () => {
  const played = new PlayedMachine(3);
  const told = sendsOf(played.input({ type: "leave" }), "leave");
  assertEquals(told.length, 3);
  const ack = (n: number) => played.receive(n, { type: "leave-ack", incarnation: 2 });
  ack(2);
  assertEquals(sendsOf(played.wait(210), "leave").map(({ to }) => to).toSorted(), [
    idOf(3),
    idOf(4),
  ]);
  ack(3);
  const done = ack(4).find((effect) => effect.type === "left");
  assertEquals([done?.confirmed, done?.asked], [3, 3]);

  const unheard = new PlayedMachine(3);
  unheard.machine.handle(unheard.now, { type: "leave" });
  const effects = unheard.wait(2_100);
  assertEquals(effects.find((effect) => effect.type === "left")?.confirmed, 0);
});

Deno.test("whoever leaves does not wait for one that turns out to be silent meanwhile", () => {
  const played = new PlayedMachine(1);
  played.input({ type: "leave" });
  // Nobody else is there whose message would make it look again.
  const effects = played.wait(PROFILES.lan.leaveTimeoutMs - 1);
  assertEquals(played.state(2), "suspect");
  const left = effects.find((effect) => effect.type === "left");
  assertEquals([left?.confirmed, left?.asked], [0, 1]);
});

Deno.test("a node alone leaves at once", () => {
  const played = new PlayedMachine(0);
  const effects = played.input({ type: "leave" });
  assertEquals(effects.some((effect) => effect.type === "left"), true);
});

Deno.test("a leave of somebody else is refused", () => {
  const played = new PlayedMachine(3);
  const effects = played.receive(2, { type: "leave", member: recordOf(3, { state: "left" }) });
  assertEquals(rejections(effects).length, 1);
  assertEquals(played.state(3), "alive");
});

Deno.test("a link that breaks after a leave means nothing", () => {
  const played = new PlayedMachine(3);
  played.hear(2, recordOf(2, { state: "left", incarnation: 2 }));
  const broken = { type: "link-broken", node: idOf(2), kind: "closed" } as const;
  assertEquals(sendsOf(played.input(broken), "probe"), []);
  played.input({ type: "unreachable", node: idOf(2), kind: "refused" });
  assertEquals(played.state(2), "left");
});

Deno.test("new metadata raises the incarnation and is told to all", () => {
  const played = new PlayedMachine(2);
  const effects = played.input({
    type: "describe",
    tags: { zone: "b" },
    services: ["sum"],
  });
  const { incarnation, tags, services } = played.machine.self();
  assertEquals([incarnation, tags, services], [2, { zone: "b" }, ["sum"]]);
  assertEquals(new Set(sendsOf(effects).map(({ to }) => to)).size, 2);
  assertThrows(
    () => played.input({ type: "describe", tags: { a: "x".repeat(5_000) } }),
    RangeError,
  );
});

Deno.test("another address of its own is one word more of the same member, told to all", () => {
  const played = new PlayedMachine(2);
  const readdress = { name: "here", address: "10.0.0.9:8001", cause: "a link showed it" };
  const effects = played.input({ type: "readdress", ...readdress });
  const { id, incarnation, name, address, state } = played.machine.self();
  assertEquals([id, incarnation, state], [idOf(1), 2, "alive"]);
  assertEquals([name, address], ["here", "10.0.0.9:8001"]);
  assertEquals(played.machine.memberByName("here")?.id, id);
  assertEquals(new Set(sendsOf(effects).map(({ to }) => to)).size, 2);
  const notified = effects.filter((effect) => effect.type === "notify");
  assertEquals(notified.map(({ event }) => [event.type, event.cause]), [[
    "updated",
    "a link showed it",
  ]]);
  const again = played.input({ type: "readdress", ...readdress });
  assertEquals([again, played.machine.self().incarnation], [[], 2]);
  const wrong = { ...readdress, address: "nowhere" };
  assertThrows(
    () => played.input({ type: "readdress", ...wrong }),
    TypeError,
    "address",
  );
});

Deno.test("who is said to be elsewhere, as of late as it speaks itself, is told to look there", () => {
  const played = new PlayedMachine(2);
  const places = (incarnation: number, fields: Partial<MemberRecord> = {}) =>
    played.hear(2, recordOf(1, { incarnation, address: "10.0.0.9:8001", ...fields }))
      .flatMap((effect) => effect.type === "elsewhere" ? [effect.address] : []);
  assertEquals(places(1), ["10.0.0.9:8001"]);
  const { incarnation, address } = played.machine.self();
  assertEquals(places(incarnation - 1), []);
  assertEquals(places(incarnation, { state: "dead" }), []);
  assertEquals(places(incarnation + 2, { address }), []);
});

Deno.test("others' new metadata is an update, once", () => {
  const played = new PlayedMachine(2);
  const told = recordOf(2, { incarnation: 2, tags: { zone: "c" } });
  const event = played.hear(3, told).find((effect) => effect.type === "notify")?.event;
  assertEquals([event?.type, event?.member.tags], ["updated", { zone: "c" }]);
  assertEquals(played.hear(2, told).filter((effect) => effect.type === "notify"), []);
});

Deno.test("a node that returns with the id of an earlier life outdoes what is said of that", () => {
  const played = new PlayedMachine(0);
  played.input({
    type: "join",
    members: [recordOf(2), recordOf(1, { state: "dead", incarnation: 6 })],
  });
  assertEquals(played.machine.self().incarnation, 7);
});

Deno.test("a stranger who probes us is answered, and asked who it is", () => {
  const played = new PlayedMachine(1);
  const effects = played.receive(9, { type: "probe", sequence: 4, target: idOf(1) });
  assertEquals(sendsOf(effects).map(({ message }) => message.type), ["ack", "sync"]);
  played.receive(9, { type: "sync-records", members: [recordOf(9)] });
  assertEquals(played.state(9), "alive");
});

Deno.test("history tells who suspected, who confirmed and what refuted, and is bounded", () => {
  const played = new PlayedMachine(3);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  played.hear(4, recordOf(2, { state: "suspect", by: [idOf(4)] }));
  played.hear(2, recordOf(2, { incarnation: 2 }));
  const steps = played.machine.history(idOf(2)).map(({ state, by }) => [state, by[0]]);
  assertEquals(steps.slice(1), [["suspect", idOf(3)], ["suspect", idOf(4)], ["alive", idOf(2)]]);
  for (let i = 3; i < 100; i++) {
    played.hear(3, recordOf(2, { state: "suspect", incarnation: i, by: [idOf(3)] }));
    played.hear(2, recordOf(2, { incarnation: i + 1 }));
  }
  assertEquals(played.machine.history(idOf(2)).length, 32);
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
  const played = new PlayedMachine(4);
  played.hear(3, recordOf(2, { state: "suspect", by: [idOf(3)] }));
  played.wait(700, played.answering());
  played.now += 60_000;
  played.input({ type: "tick" });
  for (const from of [4, 5]) {
    played.hear(from, recordOf(2, { state: "suspect", by: [idOf(from)] }));
  }
  played.wait(500, played.answering());
  assertEquals(played.state(2), "suspect");
  played.wait(1_500, played.answering());
  assertEquals(played.state(2), "dead");
});

Deno.test("helpers that answer with a nack spare our own health, silent ones do not", () => {
  for (const [isAnswering, score] of [[true, 0], [false, 3]] as const) {
    const played = new PlayedMachine(4);
    const broken = { type: "link-broken", node: idOf(2), kind: "reset" } as const;
    for (const { to, message } of sendsOf(played.input(broken))) {
      if (message.type !== "probe-request" || !isAnswering) continue;
      const { sequence, target } = message;
      const nack = { type: "nack", sequence, target, refused: false };
      played.input({ type: "message", from: to, message: nack });
    }
    // The round of the broken link ends with the period; others may not move the score meanwhile.
    const acks = played.machine.counters().received.ack;
    while (played.state(2) === "alive") played.wait(10);
    assertEquals(played.machine.counters().received.ack, acks);
    assertEquals(played.machine.healthScore(), score);
  }
});
