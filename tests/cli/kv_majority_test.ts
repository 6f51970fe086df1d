import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { KillablePorts } from "../support/killable_ports.ts";
import { run, startProgram } from "./harness.ts";

/** Three voters, each of which can die. */
async function threeVoters(): Promise<{ nodes: Node[]; ports: KillablePorts[] }> {
  const ports = [new KillablePorts(), new KillablePorts(), new KillablePorts()];
  const nodes: Node[] = [];
  for (const [i, each] of ports.entries()) {
    const [founder] = nodes;
    nodes.push(
      await startNode(each, {
        port: 0,
        join: founder === undefined ? [] : [parseAddress(founder.address)],
        makeMasterOnError: founder === undefined,
        profile: "local",
        name: `n${i + 1}`,
      }),
    );
  }
  const last = nodes[2] as Node;
  const isVoter = (role: string) => role === "voter" || role === "master";
  const voters = () => last.members.filter(({ role }) => isVoter(role)).length;
  await eventually("three voters", () => voters() === 3, nodes, 10_000);
  return { nodes, ports };
}

Deno.test("without a majority writes name who is missing; members, calls and stale reads work", async () => {
  const { nodes, ports } = await threeVoters();
  const [, , last] = nodes as [Node, Node, Node];
  const at = ["--clusterip", last.address];
  const said: string[] = [];
  last.on((event) => event.event === "voters" && said.push(...event.notes));
  assertEquals((await run(["kv", "put", "color", "blue", ...at])).code, 0);
  await eventually("the survivor has it", () => {
    const { state } = last.statusView()["consensus"] as { state: { keys: number } };
    return state.keys === 1;
  });
  await Promise.all([ports[0]?.die(), ports[1]?.die()]);
  const askedAt = performance.now();
  const [put, read] = await Promise.all([
    run(["kv", "put", "color", "red", "--json", ...at]),
    run(["kv", "get", "color", ...at]),
  ]);
  const tookMs = performance.now() - askedAt;
  assertEquals([put.code, read.code], [1, 1]);
  const { code, message, retryable } = JSON.parse(put.err);
  assertEquals([code, retryable], ["NO_QUORUM", true]);
  for (const word of ["n1", "n2", "--force-new-cluster"]) assertStringIncludes(message, word);
  assert(tookMs < 2_500, `failed after ${tookMs} ms`);

  assertEquals((await run(["kv", "get", "color", "--stale", ...at])).out, "blue");
  assertStringIncludes((await run(["kv", "list", "--stale", ...at])).out, "blue");
  const [first = "", ...table] = (await run(["members", ...at])).out.split("\n");
  assertMatch(first, /^There is no master: no answer from n[12]/);
  assertEquals(table.length, 4);
  assertEquals(JSON.parse((await run(["members", "--json", ...at])).out).master, null);
  assertEquals((await run(["call", "echo", "1", ...at])).out, "1");
  assertEquals((await run(["transfer", ...at])).code, 1);
  const hasty = ["--timeout", "300ms", "--json", ...at];
  for (
    const command of [
      ["kv", "put", "color", "red", ...hasty],
      ["kv", "get", "color", ...hasty],
      ["kv", "del", "color", ...hasty],
      ["lock", "nightly", ...hasty, "--", "true"],
    ]
  ) {
    const { code, err } = await run(command);
    assertEquals([code, JSON.parse(err).code], [1, "NO_QUORUM"], command.join(" "));
  }
  const patient = await run(["lock", "nightly", "--timeout", "1500ms", ...at, "--", "true"]);
  const [notice = "", end = ""] = patient.err.split("\n");
  assertMatch(notice, /^muster: waiting for the lock "nightly": No majority of the voters/);
  assertMatch(end, /^muster: No majority of the voters/);
  assertStringIncludes((await run(["status", ...at])).out, "There is no master: no answer from n");
  const health = await run(["health", ...at]);
  assertEquals(health.code, 1);
  assertMatch(health.out, /^not healthy: n3 \(.*\): There is no master: no answer from n[12]/);
  const waited = await run(["health", "--wait", "--timeout", "500ms", "--json", ...at]);
  const { healthy, member, master, quorum } = JSON.parse(waited.out);
  assertEquals([waited.code, healthy, member, master, quorum], [1, false, true, null, false]);
  const [note] = said;
  assertMatch(String(note), /^There is no master: no answer from n[12].*--force-new-cluster/);
  await last.leave();
});

Deno.test("kv watch goes on when the member that it asks, and the master, dies", async () => {
  const { nodes, ports } = await threeVoters();
  const [first, second, third] = nodes as [Node, Node, Node];
  const watching = startProgram(["kv", "watch", "--prefix", "k", "--clusterip", first.address]);
  // Only from now on: what was before it began is none of its business, so write until it says
  // something.
  for (let i = 0; !await hasSaid(watching.line(/^\d+ put k0 = /)); i++) {
    await second.kv.put("k0", i);
  }
  await ports[0]?.die();
  await second.kv.put("k1", "after");
  await third.kv.delete("k1");
  await watching.line(/delete k1$/);
  watching.signal();
  const { code, out } = await watching.done;
  assertEquals(code, 0);
  const revisions = out.split("\n").map((line) => Number(line.split(" ")[0]));
  assertEquals(revisions, revisions.map((_, i) => (revisions[0] as number) + i));
  await third.leave();
  await second.leave();
});

/** Whether a line comes within a turn of some milliseconds. */
function hasSaid(line: Promise<string>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 20);
    line.then(() => {
      clearTimeout(timer);
      resolve(true);
    }, () => {});
  });
}
