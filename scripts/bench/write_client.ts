/**
 * The clients of the writes' benchmark, in a process of their own: the same loop for both
 * contenders.
 *
 *     write_client.ts muster|etcd ADDRESS…     reads measurements to make from stdin, one JSON a line
 *
 * @module
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { StateClient } from "../../tests/chaos/state_client.ts";
import { EtcdClient } from "./etcd_client.ts";
import { loadWrites, type Put, type WriteRequest } from "./write_load.ts";

/** Connections at the most: beyond that they cost more than they bring. */
const CONNECTIONS = 30;
const CONNECT_MS = 10_000;
/** Long enough for a write behind a thousand others on a slow disk. */
const WRITE_MS = 30_000;

const CONNECT: Readonly<Record<string, (address: string) => Promise<Put>>> = {
  muster: async (address) => {
    const client = await Client.connect(systemPorts(), [parseAddress(address)], CONNECT_MS);
    const state = new StateClient(client, WRITE_MS);
    return (key, value) => state.put(key, value);
  },
  etcd: async (address) => {
    const client = await EtcdClient.connect(address);
    return (key, value) => client.put(key, value);
  },
};

async function serve(connect: (address: string) => Promise<Put>, addresses: string[]) {
  // The first client goes to the first address, where a program would be: at any member.
  const puts = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      (_, index) => connect(addresses[index % addresses.length] as string),
    ),
  );
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line === "") continue;
    const request = JSON.parse(line) as WriteRequest;
    console.log(JSON.stringify(await loadWrites(puts, request)));
  }
}

if (import.meta.main) {
  const [contender = "", ...addresses] = Deno.args;
  const connect = CONNECT[contender];
  if (connect === undefined || addresses.length === 0) {
    console.error("Usage: write_client.ts muster|etcd ADDRESS…");
    Deno.exit(2);
  }
  await serve(connect, addresses);
}
