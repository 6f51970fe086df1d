import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Address, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import {
  completeOptions,
  type Node,
  type NodeEvent,
  type NodeOptions,
  startNode,
} from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free_ports.ts";
import { failureOf } from "../support/local_cluster.ts";
import { KillablePorts } from "../support/killable_ports.ts";

/** Addresses that nobody listens at, for now. */
function freeAddresses(count: number): Address[] {
  return freePorts(count).map((port) => parseAddress(`127.0.0.1:${port}`));
}

function start(
  at: Address,
  all: readonly Address[],
  options: NodeOptions = {},
  listen?: (event: NodeEvent) => void,
  ports = systemPorts(),
): Promise<Node> {
  return startNode(
    ports,
    { port: at.port, join: all, expect: all.length, profile: "local", ...options },
    listen,
  );
}

async function leaveAll(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.leave()));
}

function assertOneCluster(nodes: readonly Node[]): void {
  assertEquals(new Set(nodes.map((node) => node.cluster)).size, 1);
}

for (const count of [1, 2, 3, 7]) {
  Deno.test(`${count} nodes started at once with the same flags are one cluster`, async () => {
    const all = freeAddresses(count);
    const nodes = await Promise.all(all.map((at) => start(at, all)));
    assertOneCluster(nodes);
    await eventually(
      "all see all",
      () => nodes.every(({ members }) => members.length === count),
      nodes,
    );
    await leaveAll(nodes);
  });
}

Deno.test("nobody founds before the last is there, and the progress says who is", async () => {
  const all = freeAddresses(3) as [Address, Address, Address];
  const said: string[] = [];
  const listen = (event: NodeEvent) => event.event === "gathering" && said.push(event.message);
  const early = [start(all[0], all, { name: "a" }, listen), start(all[1], all, { name: "b" })];
  await eventually("two are there", () => said.some((each) => each.startsWith("2 of 3 nodes")));
  assert(said.at(-1)?.includes("a, b"), said.at(-1));
  const last = await start(all[2], all, { name: "c" });
  const nodes = [...await Promise.all(early), last];
  assertOneCluster(nodes);
  await leaveAll(nodes);
});

Deno.test("each may name only the others", async () => {
  const all = freeAddresses(2) as [Address, Address];
  const nodes = await Promise.all([
    start(all[0], [all[1]], { expect: 2 }),
    start(all[1], [all[0]], { expect: 2 }),
  ]);
  assertOneCluster(nodes);
  await leaveAll(nodes);
});

Deno.test("where a cluster answers already, a node that expects others joins it", async () => {
  const all = freeAddresses(3) as [Address, Address, Address];
  const there = await startNode(systemPorts(), {
    port: all[0].port,
    join: [],
    makeMasterOnError: true,
    profile: "local",
  });
  const late = await start(all[2], all);
  assertOneCluster([there, late]);
  await leaveAll([late, there]);
});

Deno.test("a node that dies while it waits is replaced by its next life, and there is one cluster", async () => {
  const all = freeAddresses(3) as [Address, Address, Address];
  const killable = new KillablePorts();
  let present = 0;
  const listen = (event: NodeEvent) => {
    if (event.event === "gathering") present = event.present.length;
  };
  const dying = start(all[0], all, {}, undefined, killable);
  dying.catch(() => {});
  const second = start(all[1], all, {}, listen);
  await eventually("two are there", () => present === 2);
  await killable.die();
  await eventually("one is gone", () => present === 1);
  const nodes = await Promise.all([start(all[0], all), second, start(all[2], all)]);
  assertOneCluster(nodes);
  await leaveAll(nodes);
});

Deno.test("the progress names who waits for another number, and does not count it", async () => {
  const all = freeAddresses(3) as [Address, Address, Address];
  const ports = [new KillablePorts(), new KillablePorts()] as const;
  const said: string[][] = [[], []];
  const listen = (at: number) => (event: NodeEvent) => {
    if (event.event === "gathering") said[at]?.push(event.message);
  };
  const two = start(all[0], all.slice(0, 2), { name: "two" }, listen(0), ports[0]);
  const three = start(
    all[1],
    all,
    { name: "three", expect: 3 },
    listen(1),
    ports[1],
  );
  for (const each of [two, three]) each.catch(() => {});
  const told = (at: number) => said[at]?.at(-1);
  await eventually(
    "each says what the other expects",
    () =>
      told(0) === "1 of 2 nodes are here: two; three expects 3" &&
      told(1) === "1 of 3 nodes are here: three; two expects 2",
  );
  for (const each of ports) await each.die();
});

Deno.test("a list that cannot be the expected nodes is refused, and says what it lacks", async () => {
  const all = freeAddresses(2) as [Address, Address];
  const refused = await failureOf(start(all[0], all, { expect: 3 }));
  assertEquals(refused.code, "BAD_REQUEST");
  assert(refused.message.includes("--clusterip names 1 beside this one"), refused.message);
  assertThrows(() => completeOptions({ expect: 0 }), TypeError, "Cannot expect 0");
  assertThrows(
    () => completeOptions({ expect: 3, makeMasterOnError: true }),
    TypeError,
    "two ways",
  );
});

Deno.test("many gatherings with starts apart by chance found one cluster each", async () => {
  for (let round = 0; round < 5; round++) {
    const all = freeAddresses(3);
    const nodes = await Promise.all(all.map(async (at) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      return await start(at, all);
    }));
    assertOneCluster(nodes);
    await leaveAll(nodes);
  }
});
