import { assert, assertEquals } from "@std/assert";
import { Consensus, type Entry } from "../../../lib/consensus/raft/mod.ts";
import { type Message, SeededRandom } from "../../../lib/core/mod.ts";
import { READS_PENDING, UNCOMMITTED_BYTES } from "../../../lib/consensus/raft/limits.ts";
import { Cluster, type ClusterNode } from "./cluster.ts";
import { appendOf, machineOf, sent, tell, THREE } from "./single_machine.ts";

function elected(options: Partial<ConstructorParameters<typeof Cluster>[0]> = {}): Cluster {
  const cluster = new Cluster({ voters: THREE, ...options });
  assert(cluster.until(() => cluster.leader !== undefined, 5_000), "nobody was elected");
  cluster.run(500);
  return cluster;
}

function followers(cluster: Cluster): ClusterNode[] {
  return [...cluster.nodes.values()].filter((node) => node.isUp && node !== cluster.leader);
}

Deno.test("the only voter leads at once, in term 1, and commits alone", () => {
  const cluster = new Cluster({ voters: ["n1"] });
  cluster.run(0);
  assertEquals(cluster.leader?.machine.status().term, 1);
  cluster.propose("n1", "a", "b");
  assertEquals(cluster.node("n1").applied.map(({ data }) => data), [null, "a", "b"]);
});

Deno.test("a node without a configuration never campaigns", () => {
  const machine = new Consensus({
    id: "n1",
    random: new SeededRandom(1),
    timing: { electionTimeoutMs: 700, heartbeatMs: 150 },
  });
  assertEquals(machine.nextDeadline(), undefined);
  assertEquals(sent(machine.handle(100_000, { type: "tick" })), []);
});

Deno.test("an election waits for its timeout, asks first, and only then enters a term (§9.6)", () => {
  const machine = machineOf();
  assertEquals(sent(machine.handle(699, { type: "tick" })), []);
  const asked = sent(machine.handle(1_400, { type: "tick" }));
  assertEquals(asked.map((message) => message.type === "vote-request" && message.pre), [
    true,
    true,
  ]);
  assertEquals(machine.status().term, 0);
  const effects = tell(machine, 1_401, "n2", { type: "vote", term: 1, pre: true, granted: true });
  assertEquals(effects[0]?.type, "persist");
  assertEquals(machine.status().role, "candidate");
  assertEquals(machine.status().term, 1);
  tell(machine, 1_402, "n3", { type: "vote", term: 1, pre: false, granted: true });
  assertEquals(machine.status().role, "leader");
});

Deno.test("votes follow the up-to-date rule of §3.6.1", () => {
  const table = [
    [[1, 1], 1, 1, false],
    [[1, 1], 2, 1, true],
    [[1, 1], 3, 1, true],
    [[1, 2], 1, 2, false],
    [[1, 2], 2, 2, true],
    [[1, 2], 9, 1, false],
    [[1, 2], 1, 3, true],
    [[], 0, 0, true],
  ] as const;
  for (const [terms, lastIndex, lastTerm, granted] of table) {
    for (const pre of [true, false]) {
      const effects = tell(machineOf([...terms]), 2_000, "n2", {
        type: "vote-request",
        term: 5,
        pre,
        lastIndex,
        lastTerm,
        transfer: false,
      });
      const vote = sent(effects)[0];
      assertEquals(vote?.type === "vote" && vote.granted, granted, `${terms} ${lastIndex} ${pre}`);
    }
  }
});

Deno.test("a vote is persisted before it is sent, and given once a term", () => {
  const machine = machineOf();
  const request = { type: "vote-request", pre: false, lastIndex: 0, lastTerm: 0 } as const;
  const first = tell(machine, 0, "n2", { ...request, term: 1, transfer: false });
  const [persist, send] = first;
  assertEquals(persist?.type === "persist" && persist.vote, { term: 1, votedFor: "n2" });
  assertEquals(send?.type, "send");
  const granted = (from: string) => {
    const vote = sent(tell(machine, 1, from, { ...request, term: 1, transfer: false }))[0];
    return vote?.type === "vote" && vote.granted;
  };
  assertEquals(granted("n3"), false);
  assertEquals(granted("n2"), true);
});

Deno.test("a voter that hears its leader refuses whatever the term, unless the leader asked (§4.2.3)", () => {
  const request = { type: "vote-request", term: 9, pre: false, lastIndex: 9, lastTerm: 8 } as const;
  const answers = (now: number, transfer: boolean) => {
    const machine = machineOf();
    tell(machine, 100, "n2", appendOf());
    const vote = sent(tell(machine, now, "n3", { ...request, transfer }))[0];
    return [vote?.type === "vote" && vote.granted, machine.status().term];
  };
  assertEquals(answers(799, false), [false, 1]);
  assertEquals(answers(800, false), [true, 9]);
  assertEquals(answers(200, true), [true, 9]);
});

Deno.test("a follower's log is repaired as in figure 3.3", () => {
  // The leader of term 8 has 1 1 1 4 4 5 5 6 6 6.
  const leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  const logs = [
    [1, 1, 1, 4, 4, 5, 5, 6, 6],
    [1, 1, 1, 4],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    [1, 1, 1, 4, 4, 4, 4],
    [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  ];
  for (const terms of logs) {
    const machine = machineOf(leader, { term: 7 });
    const follower = machineOf(terms, { term: 7 });
    machine.handle(2_000, { type: "tick" });
    tell(machine, 2_000, "n3", { type: "vote", term: 8, pre: true, granted: true });
    let queue = sent(
      tell(machine, 2_000, "n3", { type: "vote", term: 8, pre: false, granted: true }),
    )
      .slice(0, 1);
    let rounds = 0;
    while (queue.length > 0 && rounds++ < 10) {
      const answers = queue.flatMap((message) => sent(tell(follower, 2_000, "n2", message)));
      queue = answers.flatMap((answer) =>
        machine.handle(2_000, {
          type: "message",
          from: "n2",
          message: answer as unknown as Message,
        })
      ).flatMap((effect) => effect.type === "send" && effect.to === "n2" ? [effect.message] : []);
    }
    assertEquals(follower.status().lastIndex, 11, `${terms}`);
    for (let index = 1; index <= 11; index++) {
      assertEquals(follower.termAt(index), machine.termAt(index), `${terms}`);
    }
    assert(rounds <= 5, `${terms}: ${rounds} rounds, though hints skip whole terms`);
  }
});

Deno.test("a stale append takes nothing away", () => {
  const machine = machineOf([1, 1, 1]);
  const entry: Entry = { index: 1, term: 1, type: "command", data: "e1" };
  const effects = tell(machine, 1, "n2", appendOf({ entries: [entry] }));
  assertEquals(machine.status().lastIndex, 3);
  assertEquals(effects.some((effect) => effect.type === "persist"), false);
});

Deno.test("a turn's proposals are one persist and one append per follower, the appends first", () => {
  const cluster = elected();
  const { id } = cluster.leader!;
  const proposals = [1, 2, 3].map((request) => ({ request: 100 + request, data: "x" }));
  const inputs = [
    { type: "propose" as const, proposals },
    { type: "propose" as const, proposals: [{ request: 104, data: "y" }] },
  ];
  const types = cluster.give(id, { type: "batch", inputs }).map(({ type }) => type);
  assertEquals(types.slice(0, 3), ["send", "send", "persist"]);
  assertEquals(types.slice(3), ["accepted", "accepted", "accepted", "accepted"]);
  cluster.run(10);
  for (const node of cluster.nodes.values()) assertEquals(node.applied.at(-1)?.data, "y");
});

Deno.test("a leader that no majority answers takes a bounded amount, and more once that is agreed on", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  const refusals = () =>
    leader.effects.flatMap((effect) => effect.type === "refused" ? [effect.code] : []);
  const mebibyte = "x".repeat(2 ** 20);
  // All that it is given at once is taken before anybody could have answered.
  const proposals = Array.from({ length: UNCOMMITTED_BYTES / 2 ** 20 + 3 }, (_, at) => ({
    request: 1_000 + at,
    data: mebibyte,
  }));
  cluster.give(leader.id, { type: "propose", proposals });
  assertEquals(refusals(), ["OVERLOADED", "OVERLOADED", "OVERLOADED"]);
  cluster.run(5_000);
  cluster.propose(leader.id, "more");
  cluster.run(500);
  assertEquals([refusals().length, leader.applied.at(-1)?.data], [3, "more"]);
});

Deno.test("a proposal that another entry replaced is reported", () => {
  const cluster = elected();
  const old = cluster.leader!;
  cluster.isolate(old.id);
  const request = cluster.propose(old.id, "lost");
  cluster.run(3_000);
  cluster.propose(cluster.leader!.id, "kept");
  cluster.heal();
  cluster.run(1_000);
  const failed = old.effects.filter((effect) => effect.type === "failed");
  assertEquals(failed.map((effect) => effect.request), [request]);
  assertEquals(old.applied.at(-1)?.data, "kept");
});

Deno.test("a crash that breaks links costs tens of milliseconds", () => {
  for (const voters of [THREE, [...THREE, "n4", "n5"]]) {
    let worst = 0;
    let total = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const cluster = elected({ voters, seed, delay: (random) => 0.2 + random.next() });
      const crashedAt = cluster.now;
      cluster.crash(cluster.leader!.id);
      assert(cluster.until(() => cluster.leader !== undefined, 5_000));
      worst = Math.max(worst, cluster.now - crashedAt);
      total += cluster.now - crashedAt;
    }
    assert(total / 100 < 40, `${voters.length} voters: ${total / 100} ms on average`);
    assert(worst < 300, `${voters.length} voters: ${worst} ms at worst`);
  }
});

Deno.test("a silent cut: the old leader refuses before the new one is elected, within two seconds", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const cluster = elected({ seed, delay: (random) => 0.2 + 20 * random.next() });
    const old = cluster.leader!;
    const cutAt = cluster.now;
    cluster.isolate(old.id);
    assert(cluster.until(() => !old.machine.isLeader, 2_000));
    const refusedAt = cluster.now;
    assertEquals(followers(cluster).filter((node) => node.machine.isLeader), []);
    const effects = cluster.give(old.id, {
      type: "propose",
      proposals: [{ request: 1_000, data: "x" }],
    });
    const refused = effects.find((effect) => effect.type === "refused");
    assert(refused?.type === "refused");
    assertEquals([refused.code, refused.missing.length], ["NO_QUORUM", 2]);
    assert(cluster.until(() => cluster.leader !== undefined, 2_000));
    assert(cluster.now - cutAt < 2_000, `${cluster.now - cutAt} ms`);
    assert(cluster.now > refusedAt);
  }
});

Deno.test("a refusal for want of a majority names the missing voters", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  const others = followers(cluster).map(({ id }) => id);
  for (const id of others) cluster.crash(id);
  cluster.run(3_000);
  const effects = cluster.give(leader.id, {
    type: "propose",
    proposals: [{ request: 1_000, data: "x" }],
  });
  const refused = effects.find((effect) => effect.type === "refused");
  assert(refused?.type === "refused");
  assertEquals([refused.code, refused.missing], ["NO_QUORUM", others]);
  assertEquals(leader.machine.status().hasQuorum, false);
});

Deno.test("reads of one turn share one round, also those that a follower forwards", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  const follower = followers(cluster)[0]!;
  cluster.propose(leader.id, "seen");
  cluster.run(5);
  let sends = 0;
  cluster.watch = (node, _input, effects) => {
    if (node === leader) sends += sent(effects).filter(({ type }) => type === "append").length;
  };
  const reads = [1, 2, 3].map((request) => ({ type: "read" as const, request }));
  cluster.give(leader.id, { type: "batch", inputs: reads });
  cluster.run(3);
  const ready = (node: ClusterNode) =>
    node.effects.flatMap((effect) => effect.type === "read-ready" ? [effect.index] : []);
  const { commitIndex } = leader.machine.status();
  assertEquals(ready(leader), [commitIndex, commitIndex, commitIndex]);
  assertEquals(sends, 2);
  cluster.give(follower.id, { type: "batch", inputs: reads });
  cluster.run(10);
  assertEquals(ready(follower), [commitIndex, commitIndex, commitIndex]);
});

Deno.test("so many reads wait for the next round and no more, and all that wait succeed", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  const read = (request: number) => ({ type: "read" as const, request });
  const failed = () =>
    leader.effects.filter((effect) => effect.type === "read-failed").map(({ code }) => code);
  const ready = () => leader.effects.filter(({ type }) => type === "read-ready").length;
  const before = ready();
  // The first begins a round; all that come while it is under way wait for the next.
  cluster.give(leader.id, read(1));
  const inputs = Array.from({ length: READS_PENDING + 1 }, (_, at) => read(at + 2));
  cluster.give(leader.id, { type: "batch", inputs });
  assertEquals(failed(), ["OVERLOADED"]);
  cluster.run(500);
  assertEquals([ready() - before, failed().length], [READS_PENDING + 1, 1]);
});

Deno.test("a read at a leader without a majority fails and does not lie", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  cluster.isolate(leader.id);
  cluster.give(leader.id, { type: "read", request: 1_000 });
  cluster.run(2_000);
  const outcome = leader.effects.findLast((effect) => effect.type.startsWith("read-"));
  assertEquals(outcome?.type === "read-failed" && outcome.code, "NO_QUORUM");
});

Deno.test("leadership is handed over without a timeout, also to a voter that lags", () => {
  const cluster = elected();
  const old = cluster.leader!;
  const heir = followers(cluster)[1]!;
  cluster.propose(old.id, "a", "b");
  cluster.give(old.id, { type: "transfer", request: 1_000, to: heir.id });
  assert(cluster.until(() => heir.machine.isLeader, 20), "the heir does not lead after 20 ms");
  cluster.run(50);
  const done = old.effects.find((effect) => effect.type === "transferred");
  assertEquals(done?.type === "transferred" && [done.to, done.ok], [heir.id, true]);
});

Deno.test("a transfer to a silent voter ends after an election timeout, and writes go on", () => {
  const cluster = elected();
  const leader = cluster.leader!;
  const silent = followers(cluster)[0]!;
  cluster.isolate(silent.id);
  cluster.propose(leader.id, "x");
  cluster.give(leader.id, { type: "transfer", request: 1_000, to: silent.id });
  cluster.run(750);
  const done = leader.effects.find((effect) => effect.type === "transferred");
  assertEquals(done?.type === "transferred" && done.ok, false);
  cluster.propose(leader.id, "y");
  cluster.run(10);
  assertEquals(leader.applied.at(-1)?.data, "y");
});

Deno.test("a node far behind gets a snapshot with its configuration, then the rest of the log", () => {
  const cluster = elected({ others: ["n4"], trailingEntries: 2 });
  const leader = cluster.leader!;
  for (let i = 0; i < 20; i++) cluster.propose(leader.id, `v${i}`);
  cluster.run(50);
  const { commitIndex } = leader.machine.status();
  cluster.give(leader.id, { type: "snapshot-taken", index: commitIndex });
  assertEquals(leader.machine.status().firstIndex, commitIndex - 1);
  const change = { type: "add-learner" as const, node: "n4" };
  cluster.give(leader.id, { type: "change", request: 1_000, change });
  cluster.propose(leader.id, "after");
  cluster.run(500);
  const joined = cluster.node("n4");
  assertEquals(joined.effects.some((effect) => effect.type === "install"), true);
  assertEquals(joined.applied.at(-1)?.data, "after");
  const { role, config } = joined.machine.status();
  assertEquals([role, config], ["learner", { voters: THREE, learners: ["n4"] }]);
});

Deno.test("a leader that is removed hands over when that is committed", () => {
  const cluster = elected();
  const old = cluster.leader!;
  const change = { type: "remove" as const, node: old.id };
  cluster.give(old.id, { type: "change", request: 1_000, change });
  assert(cluster.until(() => cluster.leader !== undefined && cluster.leader !== old, 50));
  cluster.run(3_000);
  assertEquals(old.machine.status().role, "learner");
  assertEquals(cluster.leader!.machine.status().committedConfig.voters.includes(old.id), false);
});

Deno.test("a learner that has not caught up is not promoted, nor are two changes under way", () => {
  const cluster = elected({ others: ["n4"] });
  const { id } = cluster.leader!;
  const refusal = (type: "add-learner" | "promote", node: string) => {
    const request = cluster.nextRequest();
    const effects = cluster.give(id, { type: "change", request, change: { type, node } });
    const refused = effects.find((effect) => effect.type === "refused");
    return refused?.type === "refused" ? refused.code : undefined;
  };
  assertEquals(refusal("add-learner", "n4"), undefined);
  assertEquals(refusal("add-learner", "n5"), "OVERLOADED");
  cluster.isolate("n4");
  cluster.run(10);
  assertEquals(refusal("promote", "n4"), "OVERLOADED");
  cluster.heal();
  cluster.run(500);
  assertEquals(refusal("promote", "n4"), undefined);
});

Deno.test("what a node says of itself survives a restart with what it persisted", () => {
  const machine = machineOf([1, 2, 2], { term: 4 });
  const { term, lastIndex, config, commitIndex } = machine.status();
  assertEquals([term, lastIndex, commitIndex, config.voters], [4, 3, 0, THREE]);
});
