import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SeededRandom } from "../../../lib/core/mod.ts";
import { BroadcastQueue, recordBytes } from "../../../lib/membership/swim/broadcast_queue.ts";
import { LiveList } from "../../../lib/membership/swim/live_list.ts";
import { HEALTH_SCORE_MAX, LocalHealth } from "../../../lib/membership/swim/local_health.ts";
import {
  type MemberRecord,
  PROFILES,
  reconnectIntervalMs,
  retransmitLimit,
} from "../../../lib/membership/swim/mod.ts";
import { Timers } from "../../../lib/membership/swim/timers.ts";
import { idOf, recordOf } from "./records.ts";

Deno.test("health stays between 0 and 8 and scales times by one more", () => {
  const health = new LocalHealth();
  // Delta, score, and what 100 ms become.
  const table = [[0, 0, 100], [-1, 0, 100], [1, 1, 200], [3, 4, 500], [10, 8, 900], [-1, 7, 800], [
    -99,
    0,
    100,
  ]] as const;
  for (const [delta, score, scaled] of table) {
    health.add(delta);
    assertEquals(health.score, score);
    assertEquals(health.scale(100), scaled);
  }
  assertEquals(HEALTH_SCORE_MAX, 8);
});

Deno.test("health without Lifeguard does not move", () => {
  const health = new LocalHealth(false);
  health.add(5);
  assertEquals([health.score, health.scale(100)], [0, 100]);
});

Deno.test("news is sent least sent first, then newest", () => {
  const queue = new BroadcastQueue();
  for (const n of [1, 2, 3]) queue.put(recordOf(n));
  const names = () => queue.take(2, 10_000, 10).map((record) => record.name);
  assertEquals(names(), ["n3", "n2"]);
  assertEquals(names(), ["n1", "n3"]);
  queue.put(recordOf(4));
  assertEquals(names(), ["n4", "n2"]);
  assertEquals(names(), ["n4", "n1"]);
});

Deno.test("news is sent as often as the limit says, and no more", () => {
  const queue = new BroadcastQueue();
  for (const n of [1, 2, 3, 4, 5]) queue.put(recordOf(n));
  const sent = new Map<string, number>();
  for (let i = 0; i < 100; i++) {
    for (const { name } of queue.take(2, 10_000, 4)) sent.set(name, (sent.get(name) ?? 0) + 1);
  }
  assertEquals([...sent.values()], [4, 4, 4, 4, 4]);
  assertEquals(queue.size, 0);
});

Deno.test("of one member only the last news is sent", () => {
  const queue = new BroadcastQueue();
  queue.put(recordOf(1, { incarnation: 1 }));
  queue.put(recordOf(1, { incarnation: 2 }));
  assertEquals(queue.size, 1);
  assertEquals(queue.take(5, 10_000, 1).map((record) => record.incarnation), [2]);
});

Deno.test("news that does not fit lets smaller news pass and keeps its place", () => {
  const queue = new BroadcastQueue();
  queue.put(recordOf(1));
  queue.put({ ...recordOf(2), tags: { big: "x".repeat(3_000) } });
  assertEquals(queue.take(5, 1_000, 2).map((record) => record.name), ["n1"]);
  assertEquals(queue.take(5, 10_000, 2).map((record) => record.name), ["n2", "n1"]);
});

Deno.test("a message takes as much news as has room in it, to the last character", () => {
  const all = [1, 2, 3, 4].map((n) => recordOf(n));
  const [each] = all.map(recordBytes) as [number];
  const taken = (bytes: number) => {
    const queue = new BroadcastQueue();
    for (const record of all) queue.put(record);
    return queue.take(5, bytes, 2).length;
  };
  const table = [[each - 1, 0], [each, 1], [2 * each - 1, 1], [2 * each, 2], [
    4 * each,
    4,
  ]] as const;
  for (const [bytes, count] of table) assertEquals(taken(bytes), count, `${bytes} of ${each}`);
});

Deno.test("a record is never larger as JSON than it is guessed", () => {
  const full: MemberRecord = {
    ...recordOf(9),
    state: "left",
    incarnation: Number.MAX_SAFE_INTEGER,
    tags: { zone: "a", rack: "b" },
    services: ["greet", "sum"],
    by: [idOf(1), idOf(2)],
    refused: [idOf(1)],
    forced: true,
    ageMs: 86_399_999,
    cause: "an operator removed it",
  };
  for (const record of [recordOf(1), full]) {
    assert(JSON.stringify(record).length <= recordBytes(record));
  }
});

Deno.test("limits and intervals follow their formulas", () => {
  const { lan } = PROFILES;
  for (const [n, limit] of [[1, 4], [9, 4], [10, 8], [99, 8], [100, 12], [999, 12]] as const) {
    assertEquals(retransmitLimit(lan, n), limit);
  }
  assertEquals([5, 8, 80].map((n) => reconnectIntervalMs(lan, n)), [2_000, 2_000, 20_000]);
});

Deno.test("every member is probed once in a round, also while members come and go", () => {
  fc.assert(fc.property(
    fc.integer(),
    fc.array(fc.tuple(fc.constantFrom("add", "remove", "next"), fc.nat(9)), { maxLength: 60 }),
    (seed, steps) => {
      const list = new LiveList(new SeededRandom(seed));
      const model = new Set<string>();
      for (const [step, n] of steps) {
        if (step === "next") {
          const id = list.next();
          assert(id === undefined ? model.size === 0 : model.has(id));
        } else if (step === "add") {
          list.add(idOf(n));
          model.add(idOf(n));
        } else {
          list.remove(idOf(n));
          model.delete(idOf(n));
        }
        assertEquals([...list.ids].toSorted(), [...model].toSorted());
      }
      // Whatever came before, two rounds' worth of calls meet everybody.
      const met = new Set<string | undefined>();
      for (let i = 0; i < 2 * model.size; i++) met.add(list.next());
      assertEquals(met.size, model.size);
    },
  ));
});

Deno.test("a new member is as likely to be probed next as last", () => {
  const places = [0, 0, 0, 0, 0];
  for (let seed = 0; seed < 1_000; seed++) {
    const list = new LiveList(new SeededRandom(seed));
    for (let n = 0; n < 5; n++) list.add(idOf(n));
    for (let place = 0; place < 5; place++) {
      if (list.next() === idOf(4)) places[place] = (places[place] ?? 0) + 1;
    }
  }
  for (const count of places) assert(count > 140 && count < 260, `uneven: ${places}`);
});

Deno.test("draws are different members that are wanted", () => {
  const list = new LiveList(new SeededRandom(7));
  for (let n = 0; n < 100; n++) list.add(idOf(n));
  const drawn = list.draw(3, (id) => id !== idOf(5));
  assertEquals(new Set(drawn).size, 3);
  assertEquals(list.draw(3, () => false), []);
});

Deno.test("timers run in order, and not when they were cancelled", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 40 }), (given) => {
      const timers = new Timers();
      const ran: number[] = [];
      for (const [at, isCancelled] of given) {
        timers.set(at, () => ran.push(at)).isCancelled = isCancelled;
      }
      const wanted = given.filter(([, isCancelled]) => !isCancelled).map(([at]) => at)
        .toSorted((a, b) => a - b);
      assertEquals(timers.next(), wanted[0]);
      timers.runDue(25);
      assertEquals(ran, wanted.filter((at) => at <= 25));
      timers.shift(100);
      timers.runDue(125);
      assertEquals(ran, wanted.filter((at) => at <= 25));
      timers.runDue(150);
      assertEquals(ran, wanted);
    }),
  );
});
