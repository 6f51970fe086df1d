import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { nameWinner, parseRecord } from "../../../lib/membership/swim/mod.ts";
import { Cluster } from "./cluster.ts";
import { idOf } from "./records.ts";

const NAME = "web";
/** The members who look on, and go between. */
const OTHERS = [10, 11, 12];

/** A cluster with a member of that name, whose id is smaller or greater than all others. */
function clusterWith(holder: number, seed = holder): Cluster {
  const cluster = new Cluster(seed);
  for (const n of OTHERS) cluster.join(n);
  cluster.join(holder, { name: NAME });
  cluster.run(2_000);
  return cluster;
}

function outcomeOf(cluster: Cluster, n: number): { code: string; reason: string } | undefined {
  const effect = cluster.process(n).effects.find(({ type }) => type === "forced-out");
  return effect?.type === "forced-out" ? effect : undefined;
}

/** The old holder ends with `NAME_TAKEN`, and the replacement is the holder everywhere. */
function expectReplaced(cluster: Cluster, old: number, replacement: number): void {
  const isOut = () => outcomeOf(cluster, old) !== undefined;
  assert(cluster.runUntil(isOut, 60_000) !== undefined, "the old holder goes on");
  assertEquals(outcomeOf(cluster, old)?.code, "NAME_TAKEN");
  const { address } = cluster.process(replacement).machine.self();
  assertStringIncludes(outcomeOf(cluster, old)?.reason ?? "", address);
  cluster.run(10_000);
  assertEquals(outcomeOf(cluster, replacement), undefined);
  assert(cluster.isSeenBy("alive", replacement), cluster.views(replacement).join());
  for (const { machine, isRunning } of cluster.processes) {
    if (!isRunning) continue;
    assertEquals(machine.memberByName(NAME)?.id, idOf(replacement));
  }
}

for (const [old, replacement] of [[1, 90], [90, 1]] as const) {
  const order = old < replacement ? "a greater id" : "a smaller id";

  Deno.test(`who was frozen while its name was given away yields, to ${order}`, () => {
    const cluster = clusterWith(old);
    cluster.stop(old);
    assert(cluster.runUntil(() => cluster.isSeenBy("dead", old), 60_000) !== undefined);
    cluster.join(replacement, { name: NAME });
    cluster.run(3_000);
    cluster.resume(old);
    expectReplaced(cluster, old, replacement);
  });

  for (const companion of [false, true]) {
    const whom = companion ? "with another" : "alone";
    Deno.test(`who was cut off ${whom} while its name was given away yields, to ${order}`, () => {
      const cluster = clusterWith(old);
      const away = [old, ...(companion ? [12] : [])];
      const others = cluster.processes.filter(({ number }) => !away.includes(number));
      cluster.cuts.partition([away, [replacement, ...others.map(({ number }) => number)]]);
      const isDead = () =>
        others.every(({ machine }) => machine.member(idOf(old))?.state === "dead");
      assert(cluster.runUntil(isDead, 60_000) !== undefined);
      const process = cluster.add(replacement, { name: NAME });
      const host = others[0];
      assert(host);
      cluster.input(host, { type: "admit", member: process.machine.selfRecord() });
      cluster.input(process, { type: "join", members: host.machine.snapshot() });
      cluster.run(10_000);
      cluster.cuts.heal();
      expectReplaced(cluster, old, replacement);
    });
  }

  Deno.test(`who comes back with its folder when its name was given away yields, to ${order}`, () => {
    const cluster = clusterWith(old);
    cluster.kill(old);
    assert(cluster.runUntil(() => cluster.isSeenBy("dead", old), 60_000) !== undefined);
    cluster.join(replacement, { name: NAME });
    cluster.run(3_000);
    const members = cluster.process(10).machine.snapshot();
    const process = cluster.add(old, { name: NAME, incarnation: 2 });
    cluster.input(process, { type: "join", members });
    expectReplaced(cluster, old, replacement);
  });

  Deno.test(`it yields also where nobody remembers that it died, to ${order}`, () => {
    const cluster = clusterWith(replacement);
    const process = cluster.add(old, { name: NAME, incarnation: 7 });
    cluster.input(process, { type: "join", members: cluster.process(10).machine.snapshot() });
    expectReplaced(cluster, old, replacement);
  });

  Deno.test(`who takes a name with a folder of its own keeps it, with ${order}`, () => {
    const cluster = clusterWith(old);
    cluster.stop(old);
    assert(cluster.runUntil(() => cluster.isSeenBy("dead", old), 60_000) !== undefined);
    cluster.join(replacement, { name: NAME, incarnation: 5 });
    cluster.run(3_000);
    cluster.resume(old);
    expectReplaced(cluster, old, replacement);
  });
}

Deno.test("who was frozen for long and whose name nobody took comes back under it", () => {
  const cluster = clusterWith(90);
  cluster.stop(90);
  assert(cluster.runUntil(() => cluster.isSeenBy("dead", 90), 60_000) !== undefined);
  cluster.resume(90);
  assert(cluster.runUntil(() => cluster.isSeenBy("alive", 90), 10_000) !== undefined);
  cluster.run(10_000);
  assertEquals(outcomeOf(cluster, 90), undefined);
});

Deno.test("of two claims of a name one wins, whichever is looked at first", () => {
  const ids = [1, 2, 3].map(idOf);
  const claim = fc.record({
    id: fc.constantFrom(...ids),
    replaces: fc.subarray(ids),
    returned: fc.constantFrom(true as const, undefined),
  }).map(({ returned, ...rest }) => returned ? { ...rest, returned } : rest);
  fc.assert(fc.property(claim, claim, (a, b) => {
    fc.pre(a.id !== b.id);
    assertEquals(nameWinner(a, b).id, nameWinner(b, a).id);
  }));
});

Deno.test("what a record says of its claim is read, and bounded", () => {
  const record = {
    id: idOf(1),
    name: NAME,
    address: "10.0.0.1:1",
    incarnation: 1,
    state: "alive",
    replaces: [idOf(2), idOf(2), idOf(3)],
    returned: true,
  };
  const parsed = parseRecord(record);
  assert(parsed.ok);
  assertEquals(parsed.value.replaces, [idOf(2), idOf(3)]);
  assertEquals(parsed.value.returned, true);
  const many = Array.from({ length: 9 }, (_, at) => idOf(at + 10));
  for (const replaces of ["x", ["x"], many, {}]) {
    assert(!parseRecord({ ...record, replaces }).ok);
  }
  assertEquals(parseRecord({ ...record, returned: 1 }).ok, true);
});
