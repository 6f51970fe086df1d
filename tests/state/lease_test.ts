import { assertEquals } from "@std/assert";
import { ClusterError, type Json, type JsonObject } from "../../lib/core/mod.ts";
import { HeldLease } from "../../lib/state/lease.ts";
import { Leases } from "../../lib/state/leases.ts";
import { acquireLock, type Lock } from "../../lib/state/lock.ts";
import type {
  Command,
  OutcomeOf,
  StateEngine,
  WatchOutcome,
  WatchQuestion,
} from "../../lib/state/mod.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A state that answers when, and what, the test says. */
class ScriptedState implements StateEngine {
  readonly clock = new ManualClock();
  readonly asked: {
    type: string;
    body: JsonObject;
    at: number;
    answer: (result: Json | ClusterError) => void;
  }[] = [];

  apply<C extends Command>(command: C): Promise<OutcomeOf<C>> {
    return this.#ask({ op: "apply", command: command as unknown as Json });
  }

  watch(question: WatchQuestion): Promise<WatchOutcome> {
    return this.#ask(question as unknown as JsonObject);
  }

  get(): never {
    throw new Error("nobody reads here");
  }

  list(): never {
    throw new Error("nobody reads here");
  }

  status(): JsonObject {
    return {};
  }

  #ask(body: JsonObject): Promise<never> {
    const { type } = (body["command"] ?? { type: body["op"] }) as { type: string };
    return new Promise((resolve, reject) => {
      const answer = (result: Json | ClusterError) => {
        if (result instanceof ClusterError) reject(result);
        else {resolve(
            { ok: true, revision: 1, ...result as JsonObject, result } as never,
          );}
      };
      this.asked.push({ type, body, at: this.clock.now(), answer });
    });
  }

  /** Answers what was asked last, and lets the asker go on. */
  async answer(result: Json | ClusterError): Promise<void> {
    this.asked.at(-1)?.answer(result);
    await turn();
  }
}

/** Of its 900 ms it is believed in for 700: the rest is for a master whose clock leaps. */
const GRANTED = { type: "lease", lease: 5, ttlMs: 900 };
const ALIVE = { type: "keep-alive", lost: { leases: [], sessions: [] } };

async function granted(state: ScriptedState): Promise<HeldLease> {
  const granting = HeldLease.grant(state, 900);
  state.clock.advance(100);
  await state.answer(GRANTED);
  return await granting;
}

Deno.test("a lease is reckoned from when it was asked for, not from when the answer came", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.time = 699;
  assertEquals(lease.isHeld, true);
  // The timer is late: nobody may believe in it all the same.
  state.clock.time = 700;
  assertEquals([lease.isHeld, lease.signal.aborted], [false, false]);
  state.clock.advance(700);
  assertEquals(lease.signal.aborted, true);
  assertEquals((await lease.lost).code, "LEASE_NOT_FOUND");
});

Deno.test("a keep-alive goes out at a third of the TTL, and counts from when it was sent", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.advance(300);
  assertEquals(state.asked.map(({ type, at }) => `${type} ${at}`), [
    "lease-grant 0",
    "keep-alive 300",
  ]);
  state.clock.advance(650);
  await state.answer(ALIVE);
  state.clock.advance(999);
  assertEquals(lease.isHeld, true);
  state.clock.advance(1_000);
  assertEquals([lease.isHeld, lease.signal.aborted], [false, true]);
});

Deno.test("a failed keep-alive is tried again, and its error is the reason in the end", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  for (let at = 300; at < 700; at += 100) {
    state.clock.advance(at);
    await state.answer(new ClusterError("NO_QUORUM", "nobody is there"));
  }
  assertEquals(state.asked.length, 5);
  state.clock.advance(700);
  assertEquals((await lease.lost).message.endsWith("900 ms: nobody is there"), true);
  state.clock.advance(5_000);
  assertEquals([state.asked.length, state.clock.due], [5, []]);
});

Deno.test("a lease whose keep-alive nobody answered says so, and names no other cause", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.advance(300);
  assertEquals(state.asked.at(-1)?.type, "keep-alive");
  state.clock.advance(700);
  const { message, cause } = await lease.lost;
  assertEquals([message.endsWith("900 ms: no answer"), cause], [true, undefined]);
  // An answer that comes now changes nothing.
  await state.answer(ALIVE);
  assertEquals([lease.isHeld, state.clock.due], [false, []]);
});

Deno.test("a keep-alive that succeeds makes what failed before it no reason any more", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.advance(300);
  await state.answer(new ClusterError("NO_QUORUM", "nobody is there"));
  state.clock.advance(400);
  await state.answer(ALIVE);
  assertEquals(state.asked.map(({ at }) => at), [0, 300, 400]);
  // A third of its TTL later it is asked after again; from 400 on it lives for 700 ms.
  state.clock.advance(700);
  assertEquals(state.asked.map(({ at }) => at), [0, 300, 400, 700]);
  state.clock.advance(1_099);
  assertEquals(lease.isHeld, true);
  state.clock.advance(1_100);
  assertEquals((await lease.lost).message.endsWith("no answer"), true);
});

Deno.test("a lease that the cluster has ended is lost at the answer", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.advance(300);
  await state.answer({ type: "keep-alive", lost: { leases: [5], sessions: [] } });
  assertEquals([lease.isHeld, lease.signal.aborted], [false, true]);
});

Deno.test("a lease is lost at once when another cluster answers, and revokes nothing there", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  state.clock.advance(300);
  await state.answer(new ClusterError("OTHER_CLUSTER", "a stranger"));
  assertEquals([lease.isHeld, (await lease.lost).code], [false, "OTHER_CLUSTER"]);
  assertEquals([await lease.revoke(), state.asked.length, state.clock.due], [false, 2, []]);
});

Deno.test("a lease is asked after when the way to the cluster broke, not only when it is due", async () => {
  const callbacks = new Set<() => void>();
  const state = Object.assign(new ScriptedState(), {
    onLost(callback: () => void) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
  });
  const lease = await granted(state);
  state.clock.advance(150);
  for (const callback of callbacks) callback();
  state.clock.advance(150);
  assertEquals(state.asked.at(-1)?.type, "keep-alive");
  // One question at a time: the one that is under way finds out.
  for (const callback of callbacks) callback();
  state.clock.advance(160);
  assertEquals(state.asked.length, 2);
  await state.answer(ALIVE);
  assertEquals([lease.isHeld, state.clock.due.length], [true, 2]);
  await Promise.all([lease.revoke(), state.answer({ type: "done", changed: true })]);
  assertEquals(callbacks.size, 0);
});

Deno.test("a lease that is revoked is not held from the first moment on, and never lost", async () => {
  const state = new ScriptedState();
  const lease = await granted(state);
  const revoking = lease.revoke();
  assertEquals([lease.isHeld, state.asked.at(-1)?.type], [false, "lease-revoke"]);
  await state.answer({ type: "done", changed: true });
  assertEquals(await revoking, true);
  assertEquals([lease.signal.aborted, state.clock.due], [false, []]);
  assertEquals(await lease.revoke(), false);
});

Deno.test("a grant that took longer than it is believed in is none", async () => {
  const state = new ScriptedState();
  const granting = failureOf(HeldLease.grant(state, 900));
  state.clock.advance(700);
  await state.answer(GRANTED);
  assertEquals((await granting).code, "TIMEOUT");
});

Deno.test("who waits for a lock waits for a majority, and not for members that are all silent", async () => {
  const state = new ScriptedState();
  const locking = failureOf(acquireLock(state, "door", { ttlMs: 3_600_000 }));
  await state.answer({ ...GRANTED, ttlMs: 3_600_000 });
  await state.answer({
    type: "lock",
    name: "door",
    key: "$lock/door/5",
    state: "waiting",
    ahead: 1,
    holder: 4,
  });
  const fail = async (code: "NO_QUORUM" | "TIMEOUT" | "UNREACHABLE") => {
    assertEquals(state.asked.at(-1)?.type, "watch");
    await state.answer(new ClusterError(code, "of that"));
    state.clock.advance(state.clock.time + 100);
    await turn();
  };
  for (let minute = 0; minute < 10; minute++) {
    state.clock.time += 60_000;
    await fail("NO_QUORUM");
  }
  state.clock.time += 20_000;
  await fail("TIMEOUT");
  state.clock.time += 20_000;
  await state.answer(new ClusterError("UNREACHABLE", "silent"));
  const { code, message } = await locking;
  assertEquals([code, message], ["UNREACHABLE", "No member has answered for 30 s: silent"]);
});

Deno.test("a waiter asks for whole milliseconds, and no more of them than it has", async () => {
  const state = new ScriptedState();
  const locking = failureOf(acquireLock(state, "door", { ttlMs: 3_600_000, timeoutMs: 2_000 }));
  await state.answer({ ...GRANTED, ttlMs: 3_600_000 });
  state.clock.time = 0.5;
  const waiting = { type: "lock", name: "door", key: "$lock/door/5", state: "waiting", ahead: 1 };
  await state.answer({ ...waiting, holder: 4 });
  const { type, body } = state.asked.at(-1) as (typeof state.asked)[number];
  assertEquals([type, body["waitMs"], body["fromRevision"]], ["watch", 1_999, 2]);
  state.clock.time = 1_999.5;
  await state.answer({ events: [], nextRevision: 9 } as unknown as Json);
  // Less than one millisecond is no time to ask in: the place in the queue is given up.
  assertEquals(state.asked.at(-1)?.type, "lease-revoke");
  await state.answer({ type: "done", changed: true });
  assertEquals((await locking).code, "TIMEOUT");
});

Deno.test("a waiter whose lease is lost does not become the holder", async () => {
  const state = new ScriptedState();
  const locking = failureOf(acquireLock(state, "door", { ttlMs: 900 }));
  await state.answer(GRANTED);
  await state.answer({
    type: "lock",
    name: "door",
    key: "$lock/door/5",
    state: "waiting",
    ahead: 1,
    holder: 3,
  });
  assertEquals(state.asked.at(-1)?.type, "watch");
  state.clock.advance(300);
  await state.answer({ type: "keep-alive", lost: { leases: [5], sessions: [] } });
  // A watch is given up by its signal: the real ones reject then.
  state.asked.find(({ type }) => type === "watch")?.answer(
    new ClusterError("CANCELLED", "given up"),
  );
  assertEquals((await locking).code, "LEASE_NOT_FOUND");
});

Deno.test("a lease that is granted while the node leaves is lost before anybody believes in it", async () => {
  const state = new ScriptedState();
  const leases = new Leases(state);
  const granting = leases.lease(900);
  // The answer is on its way when the node begins to leave.
  state.asked.at(-1)?.answer(GRANTED);
  leases.stop();
  const lease = await granting.catch((error: unknown) => error);
  if (lease instanceof HeldLease) {
    assertEquals([lease.isHeld, lease.signal.aborted], [false, true]);
    assertEquals((await lease.lost).code, "SHUTTING_DOWN");
  } else assertEquals((lease as ClusterError).code, "SHUTTING_DOWN");
  assertEquals(state.clock.due, [], "nothing keeps it alive");
});

Deno.test("a lock that is granted while the node leaves is lost too", async () => {
  const state = new ScriptedState();
  const leases = new Leases(state);
  const locking = leases.lock("door", { ttlMs: 900 }).catch((error: unknown) => error);
  await state.answer(GRANTED);
  const held = {
    type: "lock",
    name: "door",
    key: "$lock/door/5",
    state: "held",
    ahead: 0,
    token: 7,
  };
  state.asked.at(-1)?.answer(held);
  leases.stop();
  const lock = await locking as Lock | ClusterError;
  if (lock instanceof ClusterError) assertEquals(lock.code, "SHUTTING_DOWN");
  else assertEquals([lock.isHeld, lock.signal.aborted], [false, true]);
});

/** Lets everything that was promised go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
