import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import http2 from "node:http2";
import { EtcdClient, putMessage } from "../../scripts/bench/etcd_client.ts";

Deno.test("a put is a message of gRPC with the key and the value as fields", () => {
  assertEquals([...putMessage("ab", "c")], [0, 0, 0, 0, 7, 0x0a, 2, 97, 98, 0x12, 1, 99]);
  const long = putMessage("k", "x".repeat(200));
  // Lengths past 127 take two bytes: 200 is 0x48 + 0x80, 1.
  assertEquals([...long.subarray(0, 11)], [0, 0, 0, 0, 206, 0x0a, 1, 107, 0x12, 0xc8, 1]);
});

/** An HTTP/2 server that takes the puts for some keys and refuses the others, as etcd would. */
async function serve(isTaken: (body: Buffer) => boolean) {
  const paths = new Set<string>();
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    paths.add(`${headers[":method"]} ${headers[":path"]} ${headers["content-type"]}`);
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => {
      if (isTaken(Buffer.concat(pieces))) {
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, {
          waitForTrailers: true,
        });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(Buffer.from([0, 0, 0, 0, 0]));
      } else stream.respond({ ":status": 200, "grpc-status": "8" }, { endStream: true });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { server, paths, address: `127.0.0.1:${port}` };
}

Deno.test({
  name: "an HTTP/2 server understands the client: many puts at once, taken or refused",
  // The server's own connections end in a later turn than its `close`.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const taken = putMessage("taken", "x".repeat(300));
  const { server, paths, address } = await serve((body) => Buffer.from(taken).equals(body));
  const client = await EtcdClient.connect(address);
  await Promise.all(Array.from({ length: 50 }, () => client.put("taken", "x".repeat(300))));
  await assertRejects(() => client.put("refused", "x"), Error, "refused the call");
  assertEquals([...paths], ["POST /etcdserverpb.KV/Put application/grpc"]);
  client.close();
  await assertRejects(() => client.put("taken", "x"), Error, "closed here");
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
