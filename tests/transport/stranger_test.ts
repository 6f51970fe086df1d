import { assertEquals } from "@std/assert";
import { systemPorts } from "../../lib/io/mod.ts";
import { dial } from "../../lib/transport/dial.ts";
import { helloMessage } from "../../lib/transport/handshake.ts";
import { type Link, parseAddress } from "../../lib/core/mod.ts";
import { LocalCluster } from "../support/local_cluster.ts";

Deno.test("what a stranger says of who leads counts for nothing", async () => {
  await using cluster = new LocalCluster();
  const founder = await cluster.found({ name: "a" });
  // A newcomer has no vote yet: it goes by what others tell.
  const member = await cluster.join(founder, { name: "b" });
  const ports = systemPorts();
  const id = ports.ids.next();
  const stranger = { id, name: "stranger", address: "127.0.0.1:9" };
  const hello = helloMessage({
    role: "member",
    channel: "control",
    cluster: founder.cluster,
    node: stranger,
  });
  await new Promise<void>((resolve, reject) => {
    dial(ports, parseAddress(member.address), hello, 2_000, {
      failed: ({ message }) => reject(new Error(message)),
      opened: (link) => {
        link.attach({
          closed: () => resolve(),
          // The answer to what was sent last: everything before it has been taken.
          message: ({ type }) => type === "pong" && link.close(),
        });
        link.send({ type: "master", master: id, term: 99, voters: [id], learners: [] });
        link.send({ type: "ping" });
      },
    });
  });
  assertEquals([member.master, member.membersView().term], [founder.id, 1]);
});

Deno.test("who says hello under a living member's name gets none of its calls, and ends nothing by going", async () => {
  await using cluster = new LocalCluster();
  const [founder, member] = await cluster.start("a", "b");
  if (founder === undefined || member === undefined) throw new Error("two nodes");
  const ports = systemPorts();
  const node = { id: member.id, name: "b", address: "127.0.0.1:9" };
  const came: string[] = [];
  const links: Link[] = [];
  for (const channel of ["control", "data"] as const) {
    const hello = helloMessage({ role: "member", channel, cluster: founder.cluster, node });
    await new Promise<void>((resolve, reject) => {
      dial(ports, parseAddress(founder.address), hello, 2_000, {
        failed: ({ message }) => reject(new Error(message)),
        opened: (link) => {
          link.attach({ closed: () => {}, message: ({ type }) => void came.push(type) });
          links.push(link);
          resolve();
        },
      });
    });
  }
  assertEquals(await founder.call("info", null, { node: "b" }), await member.call("info"));
  for (const link of links) link.close();
  assertEquals(await founder.call("echo", 1, { node: "b" }), 1);
  assertEquals(came.filter((type) => type === "call"), []);
  assertEquals(founder.members.map(({ state }) => state), ["alive", "alive"]);
});
