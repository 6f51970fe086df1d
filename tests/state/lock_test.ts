import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import type { ClusterError, Node } from "../../lib/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf } from "../support/local_cluster.ts";
import { KillablePorts } from "../support/killable_ports.ts";

function found(name: string, ports = systemPorts()): Promise<Node> {
  return startNode(ports, { port: 0, join: [], makeMasterOnError: true, profile: "local", name });
}

function join(through: Node, name: string, ports = systemPorts()): Promise<Node> {
  const join = [parseAddress(through.address)];
  return startNode(ports, { port: 0, join, profile: "local", name });
}

/** Resolves when three members vote, as one of them sees it. */
function threeVoters(node: Node): Promise<number> {
  const isVoter = (role: string) => role === "voter" || role === "master";
  const voters = () => node.members.filter(({ role }) => isVoter(role)).length;
  return eventually("three voters", () => voters() === 3, [node], 10_000);
}

/** Resolves when so many hold or wait for the lock "door". */
async function queued(node: Node, count: number): Promise<void> {
  let fromRevision: number | undefined;
  while ((await node.kv.list("$lock/door/")).entries.length !== count) {
    const giveUp = AbortSignal.timeout(5_000);
    for await (
      const batch of node.kv.watch({ prefix: "$lock/door/" }, {
        ...(fromRevision === undefined ? { fromRevision: 2 } : { fromRevision }),
        signal: giveUp,
      })
    ) {
      fromRevision = batch.nextRevision;
      break;
    }
    giveUp.throwIfAborted();
  }
}

Deno.test("a lock has one holder, and hands itself on in the order of asking", async () => {
  await using first = await found("ada");
  await using second = await join(first, "grace");
  const held = await first.lock("door");
  assertEquals([held.name, held.isHeld, held.signal.aborted], ["door", true, false]);
  const waiting = second.lock("door");
  await queued(first, 2);
  const later = first.lock("door");
  await queued(first, 3);
  const order: string[] = [];
  const done = [
    waiting.then(async (lock) => {
      order.push("second");
      assert(lock.token > held.token);
      await lock.release();
      return lock.token;
    }),
    later.then((lock) => {
      order.push("third");
      return lock.release().then(() => lock.token);
    }),
  ];
  assertEquals(await held.release(), true);
  const [second_ = 0, third = 0] = await Promise.all(done);
  assertEquals(order, ["second", "third"]);
  assert(third > second_);
  await queued(first, 0);
  assertEquals([held.isHeld, held.signal.aborted], [false, false]);
});

Deno.test("a lock that is only tried is refused while another holds it", async () => {
  await using node = await found("ada");
  await using _held = await node.lock("door");
  assertEquals((await failureOf(node.lock("door", { wait: false }))).code, "LOCKED");
  await using other = await node.lock("window", { wait: false });
  assert(other.isHeld);
  // The refused one left nothing behind.
  assertEquals((await node.kv.list("$lock/door/")).entries.length, 1);
});

Deno.test("waiting for a lock is given up by a signal, and leaves the queue", async () => {
  await using node = await found("ada");
  await using held = await node.lock("door");
  const giveUp = new AbortController();
  const waiting = node.lock("door", { signal: giveUp.signal });
  await queued(node, 2);
  giveUp.abort(new Error("enough"));
  assertEquals((await failureOf(waiting)).code, "CANCELLED");
  assertEquals((await node.kv.list("$lock/door/")).entries.length, 1);
  assert(held.isHeld);
});

Deno.test("keys put with a lease live while it is kept alive, and go with it", async () => {
  await using node = await found("ada");
  const lease = await node.lease(600);
  await node.kv.put("here", true, { lease: lease.id });
  const grantedAt = performance.now();
  await eventually("twice its TTL passes", () => performance.now() - grantedAt > 1_300);
  assertEquals((await node.kv.get("here"))?.value, true);
  assert(lease.isHeld);
  assertEquals(await lease.revoke(), true);
  assertEquals(await node.kv.get("here"), undefined);
});

Deno.test("a lock is lost at once when the cluster has ended its lease", async () => {
  await using node = await found("ada");
  const lock = await node.lock("door", { ttlMs: 600 });
  await node.kv.apply({ type: "lease-revoke", lease: lock.lease.id });
  const error: ClusterError = await lock.lost;
  assertEquals(error.code, "LEASE_NOT_FOUND");
  assertEquals([lock.isHeld, lock.signal.aborted, lock.signal.reason], [false, true, error]);
  assertEquals(await lock.release(), false);
});

Deno.test("a lock survives a change of master", async () => {
  const killable = new KillablePorts();
  const first = await found("ada", killable);
  await using second = await join(first, "grace");
  await using third = await join(second, "alan");
  await threeVoters(third);
  await using lock = await third.lock("door", { ttlMs: 1_500 });
  await killable.die();
  const diedAt = performance.now();
  await eventually("its TTL passes", () => performance.now() - diedAt > 1_800);
  assert(third.master !== first.id);
  assert(lock.isHeld);
  assertEquals((await third.kv.list("$lock/door/")).entries.length, 1);
});

Deno.test("a lock is lost within its TTL without a majority, and writes name the missing voters", async () => {
  const killables = [new KillablePorts(), new KillablePorts()];
  const first = await found("ada", killables[0]);
  await join(first, "grace", killables[1]);
  const third = await join(first, "alan");
  await threeVoters(third);
  await third.kv.put("color", "blue");
  const lock = await third.lock("door", { ttlMs: 1_000 });
  const lostAt = lock.lost.then(() => performance.now());
  const cutAt = performance.now();
  await Promise.all(killables.map((ports) => ports.die()));
  const lostAfter = await lostAt - cutAt;
  assert(lostAfter < 1_200, `lost after ${lostAfter} ms`);
  assertEquals([lock.isHeld, lock.signal.aborted], [false, true]);

  const askedAt = performance.now();
  const error = await failureOf(third.kv.put("color", "red"));
  const failedAfter = performance.now() - askedAt;
  assertEquals(error.code, "NO_QUORUM");
  assertEquals((error.details?.["missing"] as string[]).toSorted(), ["ada", "grace"]);
  assert(failedAfter < 3_500, `failed after ${failedAfter} ms`);
  assertEquals((await third.kv.get("color", { stale: true }))?.value, "blue");
  assertEquals(third.members.length, 3);
  assertEquals(await third.call("echo", 1), 1);
  assertMatch(String(third.statusView()["notes"]), /^There is no master: no answer from /);
  await third.leave();
});

Deno.test("locks are lost, and handed on, when their node leaves", async () => {
  await using first = await found("ada");
  const second = await join(first, "grace");
  const lock = await second.lock("door", { ttlMs: 60_000 });
  const waiting = first.lock("door");
  await queued(first, 2);
  await second.leave();
  assertEquals((await lock.lost).code, "SHUTTING_DOWN");
  await using next = await waiting;
  assert(next.token > lock.token);
});

Deno.test("a TTL out of bounds is a mistake", async () => {
  await using node = await found("ada");
  await assertRejects(() => node.lock("door", { ttlMs: 10 }), RangeError);
  await assertRejects(() => node.lease(1.5), RangeError);
});
