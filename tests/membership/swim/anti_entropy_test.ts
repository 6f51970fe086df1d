import { assert, assertEquals } from "@std/assert";
import { SeededRandom, shuffle, SYNC_BYTES } from "../../../lib/core/mod.ts";
import {
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipMessage,
  PROFILES,
} from "../../../lib/membership/swim/mod.ts";
import { shareDigests, shareOf, ViewDigest } from "../../../lib/membership/swim/digest.ts";
import { sendsOf } from "./played_machine.ts";
import { idOf, recordOf } from "./records.ts";

/** A member of a pair of machines that talk about nothing else. */
class Partner {
  readonly machine: Membership;

  constructor(readonly n: number) {
    this.machine = new Membership({
      self: { id: idOf(n), name: `n${n}`, address: `10.0.0.1:${n}` },
      profile: PROFILES.lan,
      random: new SeededRandom(n),
    });
    this.machine.handle(0, { type: "tick" });
  }

  receive(from: number, message: unknown): MembershipEffect[] {
    return this.machine.handle(0, { type: "message", from: idOf(from), message });
  }

  learn(...members: MemberRecord[]): void {
    for (let at = 0; at < members.length; at += 1_000) {
      this.receive(9_999, { type: "sync-records", members: members.slice(at, at + 1_000) });
    }
  }

  get view(): string[] {
    return this.machine.members().map(({ id, state }) => `${id} ${state}`).toSorted();
  }
}

/** Lets `a` begin an exchange with `b`, and carries every message of it to its end. */
function exchange(a: Partner, b: Partner): { types: string[]; bytes: number; largest: number } {
  const types: string[] = [];
  let bytes = 0;
  let largest = 0;
  const waiting: [to: Partner, from: Partner, message: MembershipMessage][] = [];
  const carry = (from: Partner, to: Partner, effects: MembershipEffect[]) => {
    for (const { message } of sendsOf(effects)) {
      if (message.type.startsWith("sync")) waiting.push([to, from, message]);
    }
  };
  // A stranger's word makes it ask who that is, with an exchange.
  carry(a, b, a.receive(b.n, { type: "probe", sequence: 1, target: idOf(a.n) }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [to, from, message] = next;
    const text = JSON.stringify(message);
    types.push(message.type);
    bytes += text.length;
    largest = Math.max(largest, JSON.stringify({ ...message, gossip: [] }).length);
    carry(to, from, to.receive(from.n, JSON.parse(text)));
  }
  return { types, bytes, largest };
}

function digestOf(known: readonly MemberRecord[]): number {
  const digest = new ViewDigest();
  for (const each of known) digest.toggle(each);
  return digest.value;
}

/** Members at many addresses: what a page holds is counted in bytes. */
function knownOf(n: number, changes: Partial<MemberRecord> = {}): MemberRecord {
  return recordOf(n, { address: `10.1.${n >> 8}.${n & 255}:8001`, ...changes });
}

function records(count: number, changes: Partial<MemberRecord> = {}): MemberRecord[] {
  return Array.from({ length: count }, (_, at) => knownOf(100 + at, changes));
}

Deno.test("two that differ in a few records tell each other little more than these", () => {
  const [a, b] = [new Partner(1), new Partner(2)];
  a.learn(...records(1_000));
  b.learn(...records(1_000));
  a.learn(knownOf(300, { state: "left", incarnation: 2 }), knownOf(3_000));
  b.learn(knownOf(400, { incarnation: 7, tags: { zone: "x" } }), knownOf(4_000));
  const { types, bytes } = exchange(a, b);
  assertEquals(types.slice(0, 3), ["sync", "sync-digests", "sync-pull"]);
  assertEquals(a.view, b.view);
  assertEquals(a.machine.member(idOf(400))?.tags, { zone: "x" });
  assert(bytes < 20_000, `${bytes} bytes`);
});

Deno.test("two that believe the same exchange one number", () => {
  const [a, b] = [new Partner(1), new Partner(2)];
  for (const partner of [a, b]) partner.learn(a.machine.selfRecord(), b.machine.selfRecord());
  for (const partner of [a, b]) partner.learn(...records(1_000));
  const digest = digestOf(a.machine.snapshot());
  assertEquals(sendsOf(b.receive(1, { type: "sync", digest })), []);
});

Deno.test("whoever knows nobody gets two thousand members of the largest size, page by page", () => {
  const [a, b] = [new Partner(1), new Partner(2)];
  // Escapes are what makes JSON larger than its characters: six bytes each.
  b.learn(...records(2_000, { tags: { big: "\u0001".repeat(670) } }));
  const { types, largest } = exchange(a, b);
  assertEquals(a.view, b.view);
  assert(largest < SYNC_BYTES + 10_000, `${largest} characters`);
  assert(types.filter((type) => type === "sync-records").length > 30);
});

Deno.test("a share that is larger than a page comes in pages too", () => {
  const partner = new Partner(2);
  const share = records(200_000).filter(({ id }) => shareOf(id, 1_024) === 7).slice(0, 150);
  partner.learn(...share.map((each) => ({ ...each, tags: { big: "x".repeat(4_000) } })));
  const got = new Set<string>();
  let next: object | undefined = { of: 1_024, shares: [7] };
  let pages = 0;
  for (; next !== undefined; pages++) {
    const effects = partner.receive(1, { type: "sync-pull", ...next, mutual: false });
    const page: MembershipMessage | undefined = sendsOf(effects)[0]?.message;
    assert(page?.type === "sync-records");
    for (const { id } of page.members) got.add(id);
    next = page.rest;
  }
  assertEquals(got.size, 150);
  assert(pages >= 3);
});

Deno.test("a digest is one of what is believed, in whatever order it was learned", () => {
  const known = records(100);
  const whole = digestOf(known);
  assertEquals(digestOf(shuffle(new SeededRandom(3), known.slice())), whole);
  const changes: Partial<MemberRecord>[] = [
    { incarnation: 2 },
    { state: "suspect" },
    { state: "left" },
    { state: "left", forced: true },
  ];
  const others = changes.map((change) => [{ ...known[0] as MemberRecord, ...change }]);
  const digests = others.map((other) => digestOf([...other, ...known.slice(1)]));
  assertEquals(new Set([whole, ...digests]).size, 5);
  const shares = others.map((other) => shareDigests([...other, ...known.slice(1)], 1).join());
  assertEquals(new Set([shareDigests(known, 1).join(), ...shares]).size, 5);
  const told = { ...known[0] as MemberRecord, ageMs: 5, cause: "x", by: [idOf(1)] };
  assertEquals(digestOf([told, ...known.slice(1)]), whole);
});

Deno.test("the digest of a view keeps up with all that comes, changes and is forgotten", () => {
  const partner = new Partner(1);
  partner.learn(...records(1_500));
  partner.learn(...records(700, { state: "suspect", incarnation: 3 }));
  partner.learn(...records(1_200, { state: "left", incarnation: 4 }));
  const effects = partner.receive(2, { type: "probe", sequence: 1, target: idOf(1) });
  const sync = sendsOf(effects).find(({ message }) => message.type === "sync")?.message;
  assertEquals(sync?.type === "sync" && sync.digest, digestOf(partner.machine.snapshot()));
});

Deno.test("members are spread over the shares evenly", () => {
  const counts = new Array<number>(256).fill(0);
  for (const { id } of records(4_096)) counts[shareOf(id, 256)]!++;
  assert(Math.max(...counts) <= 40, `${Math.max(...counts)} of 16`);
});
