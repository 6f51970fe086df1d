import { assert, assertEquals } from "@std/assert";
import { GOSSIP_RECORDS, RELAYED_ACKS, SeededRandom } from "../../../lib/core/mod.ts";
import {
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { parseMessage } from "../../../lib/membership/swim/parse.ts";
import { idOf } from "./cluster.ts";

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

/** A machine that knows some peers, which the test plays. */
class Played {
  now = 1_000;
  readonly machine = new Membership({
    self: { id: idOf(1), name: "n1", address: "10.0.0.1:1" },
    profile: PROFILES.lan,
    random: new SeededRandom(42),
  });

  constructor(peers: number) {
    this.give({ type: "tick" });
    this.hear(Array.from({ length: peers }, (_, at) => record(at + 2)));
  }

  give(input: MembershipInput): MembershipEffect[] {
    return this.machine.handle(this.now, input);
  }

  hear(gossip: MemberRecord[]): MembershipEffect[] {
    const { length } = gossip;
    // No more than one message takes at once.
    for (let at = 0; at < length; at += GOSSIP_RECORDS) {
      const message = { type: "gossip", gossip: gossip.slice(at, at + GOSSIP_RECORDS) };
      this.give({ type: "message", from: idOf(2), message });
    }
    return this.wait(0);
  }

  /** Lets time pass; each message that goes out may be answered. */
  wait(durationMs: number, answer: (to: string, message: Wire) => void = () => {}) {
    const end = this.now + durationMs;
    const all: MembershipEffect[] = [];
    for (let next = this.machine.nextDeadline(); next !== undefined && next <= end;) {
      this.now = Math.max(this.now, next);
      const effects = this.give({ type: "tick" });
      all.push(...effects);
      for (const effect of effects) {
        if (effect.type === "send") answer(effect.to, effect.message as unknown as Wire);
      }
      next = this.machine.nextDeadline();
    }
    this.now = end;
    return all;
  }
}

type Wire = { type: string; sequence: number; target: string; gossip: MemberRecord[] };

Deno.test("a message is full at its number of records, the word for whom it is sent counted in", () => {
  const played = new Played(3 * GOSSIP_RECORDS);
  // Somebody is accused: its next probe begins with that word, and news fills up the rest.
  played.give({
    type: "message",
    from: idOf(2),
    message: { type: "gossip", gossip: [record(3, { state: "suspect", by: [idOf(2)] })] },
  });
  const counts = new Set<number>();
  let isAccusedTold = false;
  let incarnation = 1;
  played.wait(10_000, (to, message) => {
    const { type, gossip, sequence } = message;
    counts.add(gossip.length);
    const taken = parseMessage(JSON.parse(JSON.stringify(message)));
    assert(taken.ok && taken.value.refusals.length === 0, JSON.stringify(taken));
    isAccusedTold ||= to === idOf(3) && gossip[0]?.id === idOf(3);
    if (type === "probe" && to !== idOf(3)) {
      const ack = { type: "ack", sequence, target: to, gossip: [] };
      played.give({ type: "message", from: to, message: ack });
    }
    // There is always more news than one message takes.
    incarnation++;
    const news = Array.from({ length: GOSSIP_RECORDS }, (_, at) => record(at + 4, { incarnation }));
    const told = { type: "gossip", gossip: news };
    played.give({ type: "message", from: idOf(2), message: told });
  });
  assert(isAccusedTold, "the accused was not told");
  assertEquals(Math.max(...counts), GOSSIP_RECORDS);
});

Deno.test("a member's links are made anew at the very ack that is the last to be borne", () => {
  const played = new Played(4);
  let relayed = 0;
  const relinkedAt: number[] = [];
  played.wait(30_000, (to, { type, sequence, target }) => {
    if (type === "probe" && to !== idOf(3)) {
      const ack = { type: "ack", sequence, target: to, gossip: [] };
      played.give({ type: "message", from: to, message: ack });
    }
    if (type !== "probe-request") return;
    // The helper reaches whom we do not.
    relayed++;
    const ack = { type: "ack", sequence, target, gossip: [] };
    const effects = played.give({ type: "message", from: to, message: ack });
    // Three helpers answer for each probe: the first ack ends it.
    if (effects.some((effect) => effect.type === "relink")) relinkedAt.push(relayed);
  });
  const probesOf = (acks: number) => Math.ceil(acks / 3);
  assertEquals(relinkedAt.slice(0, 3).map(probesOf), [1, 2, 3].map((n) => n * RELAYED_ACKS));
});

Deno.test("whoever has left does nothing more, whatever it is told", () => {
  const inputs: MembershipInput[] = [
    { type: "tick" },
    { type: "leave" },
    { type: "admit", member: record(9) },
    { type: "remove", node: idOf(2) },
    { type: "describe", services: ["echo"] },
    { type: "link-broken", node: idOf(2), kind: "closed" },
    { type: "unreachable", node: idOf(2), kind: "refused" },
    { type: "join", members: [record(9)] },
    {
      type: "message",
      from: idOf(2),
      message: { type: "probe", sequence: 1, target: idOf(1), gossip: [] },
    },
    {
      type: "message",
      from: idOf(2),
      message: { type: "gossip", gossip: [record(1, { state: "suspect", incarnation: 9 })] },
    },
  ];
  const played = new Played(3);
  const effects = [...played.give({ type: "leave" }), ...played.wait(20_000)];
  assertEquals(effects.filter(({ type }) => type === "left").length, 1);
  const before = JSON.stringify(played.machine.members());
  for (const input of inputs) {
    played.now += 1_000;
    assertEquals(played.give(input), [], JSON.stringify(input));
  }
  assertEquals(JSON.stringify(played.machine.members()), before);
});
