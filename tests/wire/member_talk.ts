/**
 * What members and clients say to each other in a cluster of three, while it forms, serves, agrees,
 * changes its master and shrinks. Run as a program it prints what it heard, a message of each
 * shape: so `older_members.txt` was recorded, with an older version.
 *
 *     deno run --allow-all tests/wire/member_talk.ts > tests/wire/older_members.txt
 *
 * @module
 */
import type { Json, Link, Message, Network } from "../../lib/core/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client, type Node, type NodeOptions, startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";

/** A message that was sent, and by whom. */
export interface Heard {
  by: "member" | "client";
  message: Message;
}

/** A network on which every message that is sent is heard. */
function tapped(network: Network, by: Heard["by"], heard: Heard[]): Network {
  const tap = (link: Link): Link => {
    const send = link.send.bind(link);
    link.send = (message) => {
      heard.push({ by, message: structuredClone(message) });
      return send(message);
    };
    return link;
  };
  return {
    listen: (address, accept, outOfFiles) =>
      network.listen(address, (link) => accept(tap(link)), outOfFiles),
    dial: (address, timeoutMs, handler) =>
      network.dial(address, timeoutMs, {
        connected: (link) => handler.connected(tap(link)),
        failed: (failure) => handler.failed(failure),
      }),
  };
}

/** Lets a cluster live, and tells all that was said on its links. */
export async function memberTalk(): Promise<Heard[]> {
  const heard: Heard[] = [];
  const ports = (by: Heard["by"]) => {
    const system = systemPorts();
    const { clock, random, ids } = system;
    return { clock, random, ids, network: tapped(system.network, by, heard) };
  };
  const start = (name: string, through?: Node) => {
    const where: NodeOptions = through === undefined
      ? { join: [], makeMasterOnError: true }
      : { join: [parseAddress(through.address)] };
    return startNode(ports("member"), { port: 0, name, profile: "local", ...where });
  };
  const said = (type: string) => heard.some(({ message }) => message.type === type);
  const ada = await start("ada");
  const bea = await start("bea", ada);
  const cid = await start("cid", bea);
  const nodes = [ada, bea, cid];
  const voters = (node: Node) => node.members.filter((each) => isVoter(each.role)).length;
  await eventually("three vote", () => nodes.every((node) => voters(node) === 3), nodes, 20_000);

  bea.handle("greet", (body: Json) => ({ hello: body }));
  await eventually("it is known", () => serves(ada, "bea", "greet"), nodes);
  await ada.call("greet", "you");
  await ada.call("none", null, { node: "bea" }).catch(() => {});
  await bea.kv.put("color", "blue");
  await cid.kv.get("color");
  await cid.kv.list("");
  const client = await Client.connect(ports("client"), [parseAddress(cid.address)]);
  for (const type of ["members", "status", "why", "rtt"]) {
    await client.request({ type, member: "ada" }, 5_000).catch(() => {});
  }
  await client.call({ service: "greet", body: { from: "a client" } });
  await client.call({ service: "echo", body: null, node: "bea" });
  await client.close();
  await eventually("members gossip", () => said("gossip") && said("sync"), nodes, 20_000)
    .catch(() => {});
  // The master leaves: its vote goes, another takes over, and those who stay go on.
  await ada.leave();
  const rest = [bea, cid];
  const isLed = (node: Node) => node.master !== undefined && node.master !== ada.id;
  await eventually("another is the master", () => rest.every(isLed), rest, 20_000);
  await cid.kv.put("color", "red");
  await cid.leave();
  await bea.leave();
  return heard;
}

function isVoter(role: unknown): boolean {
  return role === "voter" || role === "master";
}

function serves(node: Node, name: string, service: string): boolean {
  return node.members.some((each) => each.name === name && each.services.includes(service));
}

/** The fields of a message with the types of their values: `{id: number, type: "ack"}`. */
export function shapeOf({ message }: Heard): Record<string, string> {
  const fields = Object.entries(message).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    fields.map(([name, value]): [string, string] => [name, kindOf(value)]).toSorted(),
  );
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** The first message of each shape, by type: what is worth keeping of a long talk. */
export function firstOfEachShape(heard: readonly Heard[]): Heard[] {
  const shapes = new Map<string, Heard>();
  for (const each of heard) {
    const key = JSON.stringify([each.message.type, each.by, shapeOf(each)]);
    if (!shapes.has(key)) shapes.set(key, each);
  }
  return [...shapes.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

if (import.meta.main) {
  for (const each of firstOfEachShape(await memberTalk())) console.log(JSON.stringify(each));
}
