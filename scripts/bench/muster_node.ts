/**
 * The two ends of Muster's own calls in the benchmark: a founder that echoes, and a member that
 * calls it.
 *
 *     muster_node.ts server             prints `ready ADDRESS`
 *     muster_node.ts client ADDRESS     reads measurements to make from stdin, one JSON a line
 *
 * @module
 */
import { join } from "../../lib/mod.ts";
import { measureRequests } from "./measure.ts";

async function serve(): Promise<void> {
  const node = await join({ port: 0, clusterip: [], makeMasterOnError: true });
  node.handle("reflect", (body) => body);
  console.log(`ready ${node.address}`);
}

async function call(address: string): Promise<void> {
  await using node = await join({ port: 0, clusterip: [address] });
  const server = node.members.find((member) => member.address === address);
  if (server === undefined) throw new Error(`${address} is not among the members`);
  await measureRequests((body) => node.call("reflect", body as never, { node: server.id }));
}

if (import.meta.main) {
  const [role, address] = Deno.args;
  if (role === "server") await serve();
  else if (role === "client" && address !== undefined) await call(address);
  else {
    console.error("Usage: muster_node.ts server | client ADDRESS");
    Deno.exit(2);
  }
}
