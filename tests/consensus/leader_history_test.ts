import { assertEquals } from "@std/assert";
import { MASTER_CHANGES } from "../../lib/consensus/limits.ts";
import { LeaderHistory } from "../../lib/consensus/leader_history.ts";
import { eventually } from "../support/eventually.ts";
import { LocalCluster } from "../support/local_cluster.ts";
import { SimCluster } from "../sim/sim_cluster.ts";

Deno.test("that there is still no master is no news, and a later term of the same master is", () => {
  const mastership = new LeaderHistory();
  const news = [
    { master: "a", term: 1 },
    { master: "a", term: 1 },
    { master: undefined, term: 1 },
    { master: undefined, term: 2 },
    { master: "a", term: 3 },
    { master: "a", term: 4 },
  ].map((change, at) => mastership.record({ ...change, at, reason: "" }));
  assertEquals(news, [true, false, true, false, true, true]);
  assertEquals(mastership.predecessorOf("a"), undefined);
});

Deno.test("the newest changes of master are kept, and who led before is found among them", () => {
  const mastership = new LeaderHistory();
  for (let term = 1; term <= MASTER_CHANGES + 5; term++) {
    mastership.record({ at: term, master: `m${term}`, term, reason: "" });
  }
  assertEquals(mastership.changes.length, MASTER_CHANGES);
  assertEquals(mastership.changes[0]?.term, 6);
  assertEquals(mastership.predecessorOf(`m${MASTER_CHANGES + 5}`), `m${MASTER_CHANGES + 4}`);
  assertEquals(mastership.predecessorOf(undefined), `m${MASTER_CHANGES + 5}`);
});

Deno.test("why master: any member has it from the master itself, with what became of the one before", async () => {
  await using cluster = new LocalCluster();
  const a = await cluster.found({ name: "a", profile: "local" });
  const b = await cluster.join(a, { name: "b", profile: "local" });
  const c = await cluster.join(a, { name: "c", profile: "local" });
  await cluster.settled();
  await a.leave();
  await eventually("another leads", () => b.master !== undefined && b.master === c.master, [b, c]);
  const master = b.master === b.id ? b : c;
  const client = await cluster.client(master === b ? c : b);
  const why = await client.request({ type: "why", node: "master" }, 1_000);
  const { recordedBy, member, predecessor, events } = why as unknown as {
    recordedBy: string;
    member: { id: string };
    predecessor: { member: { name: string; state: string } };
    events: { master: string | null; reason: string }[];
  };
  assertEquals([recordedBy, member.id], [master.name, master.id]);
  assertEquals([predecessor.member.name, predecessor.member.state], ["a", "left"]);
  assertEquals(events.at(-1)?.master, master.id);
  assertEquals(/^elected by \d of \d voters: /.test(events.at(-1)?.reason ?? ""), true);
});

Deno.test("a stalled master that nobody replaced is told of again when it comes back", async () => {
  const cluster = await SimCluster.of(2, 1);
  const [founder, other] = [cluster.member(1), cluster.member(2).node];
  const told: (string | null)[] = [];
  const stop = other.on((event) => {
    if (event.event === "master") told.push(event.name);
  });
  founder.process.pause();
  await cluster.world.run(12_000);
  assertEquals([told, other.master], [[null], undefined]);
  founder.process.resume();
  await cluster.world.run(5_000);
  stop();
  assertEquals([told, other.master], [[null, founder.node.name], founder.node.id]);
});
