import { assert, assertEquals } from "@std/assert";
import type { Link, Message } from "../../lib/core/mod.ts";
import { type TcpConnection, type TcpLimits, TcpLink, TcpNetwork } from "../../lib/io/mod.ts";
import { FrameDecoder } from "../../lib/wire/mod.ts";
import { feed, frame, join } from "../wire/feed.ts";
import { Recorder } from "./recorder.ts";
import { until } from "./until.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

/** A link with a bare connection at its other end. */
async function openBare(
  limits: Partial<TcpLimits> = {},
): Promise<{ link: Link; recorder: Recorder; bare: Deno.TcpConn }> {
  const links: Link[] = [];
  const listener = new TcpNetwork(limits).listen(LOOPBACK, (link) => links.push(link));
  const bare = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
  await until(() => links.length > 0, "the connection is accepted");
  listener.close();
  const link = links[0] as Link;
  return { link, recorder: new Recorder(link), bare };
}

/** All that comes until the other side ends its half, as texts of frames. */
async function readToEnd(bare: Deno.TcpConn): Promise<string[]> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (let bytes = await bare.read(buffer); bytes !== null; bytes = await bare.read(buffer)) {
    pieces.push(buffer.slice(0, bytes));
  }
  return feed(new FrameDecoder(), join(pieces));
}

async function writeAll(bare: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await bare.write(bytes.subarray(at));
}

/** A link over a connection whose writes are watched, and a recorder at the other end. */
async function openWatched(watch: (conn: Deno.TcpConn) => TcpConnection["write"]) {
  const links: Link[] = [];
  const listener = new TcpNetwork().listen(LOOPBACK, (link) => links.push(link));
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
  const write = watch(conn);
  const watched: TcpConnection = {
    read: (buffer) => conn.read(buffer),
    write,
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
    setNoDelay: (on) => conn.setNoDelay(on),
    setKeepAlive: (on) => conn.setKeepAlive(on),
    remoteAddr: conn.remoteAddr,
    localAddr: conn.localAddr,
  };
  const link = new TcpLink(watched, () => {});
  const near = new Recorder(link);
  await until(() => links.length > 0, "the connection is accepted");
  listener.close();
  const farLink = links[0] as Link;
  const far = new Recorder(farLink);
  const end = async () => {
    link.close();
    await until(() => near.isOver && far.isOver, "the links are over");
  };
  return { link, far, farLink, end };
}

Deno.test("all that one turn sends goes out in one write, with and without batches", async () => {
  for (const batch of [false, true]) {
    let writes = 0;
    const { link, far, farLink, end } = await openWatched((conn) => (bytes) => {
      writes++;
      return conn.write(bytes);
    });
    for (const turn of [1, 2, 3]) {
      link.batch = farLink.batch = batch;
      for (let count = 0; count < 200; count++) link.send({ type: "a", turn, count });
      await until(() => far.messages.length === turn * 200, "the turn's messages");
      assertEquals(writes, turn);
    }
    await end();
  }
});

Deno.test("what is flushed is written before the turn is over, and only once", async () => {
  let writes = 0;
  const { link, far, end } = await openWatched((conn) => (bytes) => {
    writes++;
    return conn.write(bytes);
  });
  link.send({ type: "a" });
  assertEquals(writes, 0);
  link.flush();
  assertEquals(writes, 1);
  link.flush();
  // It waits for the end of the write before it, as ever.
  link.send({ type: "b" });
  link.flush();
  assertEquals(writes, 1);
  await until(() => far.messages.length === 2, "both messages");
  assertEquals(far.messages, [{ type: "a" }, { type: "b" }]);
  assertEquals(writes, 2);
  await end();
});

Deno.test("a write that the system takes only in part is finished, in order", async () => {
  let turn = 0;
  const { link, far, end } = await openWatched((conn) => (bytes) =>
    conn.write(bytes.subarray(0, 1 + (turn++ * 7919) % 5_000))
  );
  const sent: Message[] = [];
  for (let count = 0; count < 300; count++) {
    sent.push({ type: "a", count, body: "é".repeat(count) });
  }
  for (const message of sent) link.send(message);
  await until(() => far.messages.length === sent.length, "all messages");
  assertEquals(far.messages, sent);
  await end();
});

Deno.test("chunks that wait behind the one being written count as queued", async () => {
  const held: Array<() => void> = [];
  let isHolding = true;
  const { link, far, end } = await openWatched((conn) => async (bytes) => {
    if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
    return await conn.write(bytes);
  });
  link.send({ type: "first" });
  await until(() => held.length === 1, "the first write");
  for (let count = 0; count < 30; count++) link.send({ type: "a", body: "x".repeat(60_000) });
  assertEquals(link.isWritable, false);
  // The first write ends, and the thirty messages are taken at once: all but one wait behind it.
  held[0]?.();
  await until(() => held.length === 2, "the second write");
  assertEquals(link.isWritable, false);
  isHolding = false;
  held[1]?.();
  await until(() => far.messages.length === 31, "all messages");
  assertEquals(link.isWritable, true);
  await end();
});

Deno.test("a queue at its hard limit breaks the link, with the reason", async () => {
  const { link, recorder, bare } = await openBare({ highWaterBytes: 10_000, queueBytes: 100_000 });
  let sent = 0;
  // Within one turn nothing can be written: the limit is reached whatever the system buffers.
  while (!recorder.isOver && sent < 1_000) {
    sent++;
    link.send({ type: "a", body: "x".repeat(1_000) });
  }
  assert(sent >= 95 && sent <= 100, `${sent} messages of 1 kB are the limit of 100 kB`);
  assertEquals(recorder.failures, [
    { kind: "local", message: "The other side does not read: 100000 bytes wait for it" },
  ]);
  bare.close();
});

Deno.test("a peer that never reads is given up when a write makes no way", async () => {
  const { link, recorder, bare } = await openBare({ writeStallMs: 50 });
  await until(() => !link.send({ type: "a", body: "x".repeat(100_000) }), "the high-water mark");
  await until(() => recorder.isOver, "the stall is seen");
  assertEquals(recorder.failures, [
    { kind: "timeout", message: "The other side did not read for 50 ms" },
  ]);
  bare.close();
});

Deno.test("a peer that never reads is given up too after all links before it were closed", async () => {
  const network = new TcpNetwork({ writeStallMs: 50 });
  const links: Link[] = [];
  const listener = network.listen(LOOPBACK, (link) => links.push(link));
  for (let round = 0; round < 2; round++) {
    const bare = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
    await until(() => links.length > round, "the connection is accepted");
    const link = links[round] as Link;
    const recorder = new Recorder(link);
    await until(() => !link.send({ type: "a", body: "x".repeat(100_000) }), "the high-water mark");
    await until(() => recorder.isOver, `the stall of link ${round + 1} is seen`);
    assertEquals(recorder.failures.map(({ kind }) => kind), ["timeout"]);
    bare.close();
  }
  listener.close();
});

Deno.test("only who does not read is given up: its neighbours on the same network stay", async () => {
  const network = new TcpNetwork({ writeStallMs: 50 });
  const links: Link[] = [];
  const listener = network.listen(LOOPBACK, (link) => links.push(link));
  const connect = async () => {
    const at = links.length;
    const bare = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
    await until(() => links.length > at, "the connection is accepted");
    const link = links[at] as Link;
    return { bare, link, recorder: new Recorder(link) };
  };
  const idle = await connect();
  const stuck = await connect();
  await until(
    () => !stuck.link.send({ type: "a", body: "x".repeat(100_000) }),
    "the high-water mark",
  );
  await until(() => stuck.recorder.isOver, "the stall is seen");
  assertEquals(idle.recorder.failures, []);
  idle.link.send({ type: "still here" });
  idle.link.close();
  assertEquals(await readToEnd(idle.bare), ['{"type":"still here"}']);
  idle.bare.close();
  await until(() => idle.recorder.isOver, "the link is over");
  stuck.bare.close();
  listener.close();
});

Deno.test("a peer that has ended its half and does not read is left after a while", async () => {
  const { link, recorder, bare } = await openBare({ lingerMs: 20 });
  await until(() => !link.send({ type: "a", body: "x".repeat(100_000) }), "the high-water mark");
  await bare.closeWrite();
  await until(() => recorder.isOver, "the link is over");
  assertEquals(recorder.failures, [
    { kind: "closed", message: "The other side closed the connection" },
  ]);
  bare.close();
});

Deno.test("a peer that does not close is left after a while", async () => {
  const { link, recorder, bare } = await openBare({ lingerMs: 20 });
  link.send({ type: "last words" });
  link.close("enough");
  await until(() => recorder.isOver, "the link is over");
  assertEquals(recorder.failures, [{ kind: "local", message: "enough" }]);
  assertEquals(await readToEnd(bare), ['{"type":"last words"}']);
  bare.close();
});

Deno.test("a link that closes with a full queue calls nobody back before it is over", async () => {
  const { link, recorder, bare } = await openBare({ lingerMs: 20 });
  await until(() => !link.send({ type: "a", body: "x".repeat(100_000) }), "the high-water mark");
  link.close("enough");
  let calls = 0;
  // Whoever finds no room asks again: at once, and nothing else would ever have a turn.
  link.drained(() => calls++);
  await Promise.resolve();
  assertEquals([calls, link.isWritable], [0, false]);
  await until(() => recorder.isOver, "the link is over");
  assertEquals(calls, 1);
  bare.close();
});

Deno.test("the reason of a refusal arrives although the peer goes on sending", async () => {
  const { recorder, bare } = await openBare();
  const texts = readToEnd(bare);
  await bare.write(new Uint8Array(4));
  let isOver = false;
  const sending = (async () => {
    const bulk = new Uint8Array(65_536);
    while (!isOver) {
      try {
        await bare.write(bulk);
      } catch {
        return;
      }
    }
  })();
  assertEquals(await texts, [JSON.stringify({
    type: "error",
    code: "BAD_MESSAGE",
    message: "A frame of length 0; a frame is 1 to 1048576 bytes of JSON",
    retryable: false,
  })]);
  isOver = true;
  await sending;
  bare.close();
  await until(() => recorder.isOver, "the link is over");
  assertEquals(recorder.end, "rejected");
});

Deno.test("answers and last words arrive although the peer has ended its half", async () => {
  const body = "x".repeat(500_000);
  const ends: Array<[after: (link: Link) => void, kind: string]> = [
    [() => {}, "closed"],
    [(link) => link.close(), "local"],
  ];
  for (const [after, kind] of ends) {
    // Nobody waits for a peer that has said all: the linger time is not what ends this.
    const { link, recorder, bare } = await openBare({ lingerMs: 60_000 });
    recorder.onMessage = () => {
      for (let count = 0; count < 16; count++) link.send({ type: "a", body });
      after(link);
    };
    await bare.write(frame('{"type":"ask"}'));
    await bare.closeWrite();
    const texts = await readToEnd(bare);
    assertEquals(texts.length, 16);
    await until(() => recorder.isOver, "the link is over");
    assertEquals(recorder.end, kind);
    bare.close();
  }
});

Deno.test("a hundred links that sent one large message each keep little of it", async () => {
  const links: Link[] = [];
  const bare: Deno.TcpConn[] = [];
  const listener = new TcpNetwork().listen(LOOPBACK, (link) => {
    new Recorder(link);
    links.push(link);
  });
  const buffer = new Uint8Array(1_000_000);
  const before = Deno.memoryUsage().external;
  for (let count = 1; count <= 100; count++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
    bare.push(conn);
    await until(() => links.length === count, "the connection is accepted");
    links.at(-1)?.send({ type: "a", body: "x".repeat(1_000_000) });
    for (let bytes = 0; bytes < 1_000_000;) bytes += await conn.read(buffer) ?? 0;
  }
  // Three bytes a character would be 300 MB; what is not collected yet is part of what is left.
  const growth = Deno.memoryUsage().external - before;
  assert(growth < 200_000_000, `grown by ${growth} bytes`);
  for (const conn of bare) conn.close();
  listener.close();
});

Deno.test("an end in the middle of a frame is told from an end in order", async () => {
  const table: [bytes: Uint8Array, message: string][] = [
    [new Uint8Array([0, 0]), "The other side closed in the middle of a frame"],
    [frame('{"type":"a"}').subarray(0, 9), "The other side closed in the middle of a frame"],
    [frame('{"type":"a"}'), "The other side closed the connection"],
    [new TextEncoder().encode('{"type":"a"}\n'), "The other side closed the connection"],
  ];
  for (const [bytes, message] of table) {
    const { recorder, bare } = await openBare();
    await writeAll(bare, bytes);
    bare.close();
    await until(() => recorder.isOver, "the link is over");
    assertEquals(recorder.failures, [{ kind: "closed", message }]);
  }
});

Deno.test("a connection that was reset before it was ours says so, and throws nothing", async () => {
  const reset = () => {
    throw new Deno.errors.ConnectionReset("reset by peer");
  };
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  let isEnded = false;
  const conn: TcpConnection = {
    read: () => Promise.resolve().then(reset),
    write: () => Promise.resolve().then(reset),
    closeWrite: () => Promise.resolve().then(reset),
    close: () => {},
    setNoDelay: reset,
    setKeepAlive: reset,
    remoteAddr: addr,
    localAddr: addr,
  };
  const recorder = new Recorder(new TcpLink(conn, () => isEnded = true));
  await until(() => recorder.isOver, "the link is over");
  assertEquals(recorder.failures, [
    { kind: "reset", message: "The connection broke: reset by peer" },
  ]);
  assertEquals(isEnded, true);
});

Deno.test("a link that always has something to read leaves others their turn", async () => {
  const bytes = frame('{"type":"a"}');
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  let reads = 0;
  let readsAtTimer: number | undefined;
  const conn: TcpConnection = {
    // As the system's reads: one that finds bytes ends before any timer.
    read: (buffer) => {
      if (++reads > 1_000_000 || readsAtTimer !== undefined) return Promise.resolve(null);
      buffer.set(bytes);
      return Promise.resolve(bytes.length);
    },
    write: (chunk) => Promise.resolve(chunk.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
    setNoDelay: () => {},
    setKeepAlive: () => {},
    remoteAddr: addr,
    localAddr: addr,
  };
  const recorder = new Recorder(new TcpLink(conn, () => {}));
  setTimeout(() => readsAtTimer = reads, 0);
  await until(() => recorder.isOver, "the link is over");
  assert((readsAtTimer ?? Infinity) < 500_000, `${readsAtTimer} reads before a timer`);
});

Deno.test("lines are answered with lines", async () => {
  const { link, recorder, bare } = await openBare();
  await writeAll(bare, new TextEncoder().encode('{"type":"a"}'));
  await until(() => recorder.messages.length === 1, "the message");
  assertEquals(link.mode, "lines");
  link.send({ type: "b" });
  link.send({ type: "c" });
  await writeAll(bare, new TextEncoder().encode("nonsense\n"));
  const buffer = new Uint8Array(1_000);
  let text = "";
  for (let bytes = await bare.read(buffer); bytes !== null; bytes = await bare.read(buffer)) {
    text += new TextDecoder().decode(buffer.subarray(0, bytes));
  }
  assertEquals(text.split("\n"), [
    '{"type":"b"}',
    '{"type":"c"}',
    '{"type":"error","code":"BAD_MESSAGE","message":"A frame that is not JSON: nonsense","retryable":false}',
    "",
  ]);
  bare.close();
  await until(() => recorder.isOver, "the link is over");
});

Deno.test("a connection over the limit is told so and closed, the others stay", async () => {
  const links: Recorder[] = [];
  const network = new TcpNetwork({ connections: 2 });
  const listener = network.listen(LOOPBACK, (link) => links.push(new Recorder(link)));
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: listener.address.port });
  const bare = [await open(), await open(), await open()] as const;
  const [text] = await readToEnd(bare[2]);
  assertEquals(JSON.parse(text ?? ""), {
    type: "error",
    code: "OVERLOADED",
    message: "This node has 2 connections already; try another member",
    retryable: true,
  });
  await bare[0].write(frame('{"type":"a"}'));
  await until(() => links[0]?.messages.length === 1, "the first is still served");
  assertEquals(links.length, 2);
  for (const conn of bare) conn.close();
  await until(() => links.every((each) => each.isOver), "the links are over");
  listener.close();
});
