import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run } from "../cli/harness.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

const TEXT = new TextEncoder();
const TLS_HELLO = Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0);
const HTTP2_SETTINGS = Uint8Array.of(0, 0, 0x12, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0x80, 0, 4, 0);

/** Sends bytes, all at once or one by one, and reads until the other side has said all. */
async function answerTo(port: number, bytes: Uint8Array, isSlow: boolean): Promise<Uint8Array> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  const answer = new Response(readable(conn)).bytes();
  const step = isSlow ? 1 : bytes.length;
  // What comes after the refusal is read and ignored, or finds the connection closed.
  for (let at = 0; at < bytes.length; at += step) {
    const isSent = await conn.write(bytes.subarray(at, at + step)).then(() => true, () => false);
    if (!isSent) break;
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return await answer;
}

function readable(conn: Deno.Conn): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(4_096);
      const read = await conn.read(buffer);
      if (read === null) controller.close();
      else controller.enqueue(buffer.subarray(0, read));
    },
  });
}

const REQUESTS: readonly string[] = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET /metrics HTTP/1.0\r\n\r\n",
  `POST /kv HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n${"x".repeat(9_000)}`,
  "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1",
  "DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "PATCH /a HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "GET ",
  "LINK / HTTP/1.1\r\nHost: a\r\n\r\n",
  "M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n",
  "REPORT http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
  "UPDATEREDIRECTREF /a HTTP/1.1\r\nHost: a\r\n\r\n",
  "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
];

Deno.test("a request of HTTP gets an answer of HTTP, in words", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  for (const request of REQUESTS) {
    for (const isSlow of [false, true]) {
      if (isSlow && request.length > 100) continue;
      const [line = ""] = request.trimStart().split("\r\n");
      await t.step(`${line}${isSlow ? ", byte by byte" : ""}`, async () => {
        const bytes = await answerTo(attacked.port, TEXT.encode(request), isSlow);
        const [head = "", body = ""] = new TextDecoder().decode(bytes).split("\r\n\r\n");
        assertMatch(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
        assertStringIncludes(head, "\r\nConnection: close");
        const length = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
        assert(length > 0);
        assertEquals(body.length, line.startsWith("HEAD") ? 0 : length);
        if (!line.startsWith("HEAD")) assertStringIncludes(body, "and not HTTP");
      });
    }
  }
  const response = await fetch(`http://127.0.0.1:${attacked.port}/`);
  assertEquals(response.status, 400);
  assertStringIncludes(await response.text(), "Muster's own protocol");
  await attacked.checkUnharmed();
});

Deno.test("text that is no request of HTTP is answered by an error, once that is plain", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  for (
    const typed of ["hello", "HELP\r\n", "HELLO you\r\n", "PING\r\n", "X".repeat(80), "\r\nhi"]
  ) {
    for (const isSlow of [false, true]) {
      await t.step(`${typed.trim()}${isSlow ? ", byte by byte" : ""}`, async () => {
        const begunAt = performance.now();
        const bytes = await answerTo(attacked.port, TEXT.encode(typed), isSlow);
        assertStringIncludes(new TextDecoder().decode(bytes), '"code":"TOO_LARGE"');
        // Nobody waits until the hello would be late.
        assert(performance.now() - begunAt < 3_000);
      });
    }
  }
  await attacked.checkUnharmed();
});

Deno.test("a TLS hello gets an alert of TLS", async () => {
  await using attacked = await NodeUnderAttack.start();
  for (const isSlow of [false, true]) {
    const answer = await answerTo(attacked.port, TLS_HELLO, isSlow);
    assertEquals([...answer], [0x15, 3, 1, 0, 2, 2, 40]);
  }
  await attacked.checkUnharmed();
});

/** What other servers say, before or after our hello; `undefined`: they close at once. */
const SERVERS: readonly [what: string, says: Uint8Array | undefined, isFirst: boolean][] = [
  ["HTTP", TEXT.encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), false],
  ["HTTP", TEXT.encode("<!DOCTYPE HTML>\n<html>400</html>"), false],
  ["SSH", TEXT.encode("SSH-2.0-OpenSSH_9.6\r\n"), true],
  ["SMTP", TEXT.encode("220 mail.example.org ESMTP\r\n"), true],
  ["IMAP", TEXT.encode("* OK IMAP4rev1 ready\r\n"), true],
  ["Redis", TEXT.encode("-ERR Protocol error\r\n"), false],
  ["Redis", TEXT.encode("-DENIED Redis is running in protected mode\r\n"), true],
  ["NATS", TEXT.encode('INFO {"server_id":"a"}\r\n'), true],
  ["MySQL", Uint8Array.of(0x4a, 0, 0, 0, 0x0a, 0x38, 0x2e, 0x30), true],
  ["PostgreSQL", Uint8Array.of(0x45, 0, 0, 0, 0x85, 0x53), false],
  ["TLS", Uint8Array.of(0x15, 3, 1, 0, 2, 2, 10), false],
  ["HTTP/2", HTTP2_SETTINGS, true],
  ["another protocol", Uint8Array.of(0xff, 0xfd, 0x18, 0xff), true],
  ["it ended, or is not Muster", undefined, true],
];

for (const [what, says, isFirst] of SERVERS) {
  const name = says === undefined ? "a server that closes at once" : `a server of ${what}`;
  Deno.test(`${name}${isFirst ? "" : " that answers"} is no member, and the error says so`, async () => {
    await using server = serve(says, isFirst);
    const at = ["--clusterip", server.address, "--timeout", "5s"];
    for (const command of [["kv", "get", "a"], ["call", "echo", "1"], ["members"]]) {
      const { code, err } = await run([...command, ...at]);
      assertEquals(code, 3, err);
      assertStringIncludes(err, "not Muster");
      assertStringIncludes(err, what);
    }
  });
}

Deno.test("a server that reads lines is told by its answer to one", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const conn of listener) {
      let read = "";
      while (!read.includes("\r\n\r\n")) {
        const buffer = new Uint8Array(1_024);
        read += new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
      }
      await conn.write(TEXT.encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
      conn.close();
    }
  })();
  const { code, err } = await run(["kv", "get", "a", "-e", `127.0.0.1:${listener.addr.port}`]);
  assertEquals(code, 3);
  assertStringIncludes(err, "what listens there is not Muster: it speaks HTTP");
  listener.close();
  await serving;
});

Deno.test("a server that says nothing is given up in time, and the error says so", async () => {
  await using server = serve(new Uint8Array(), true);
  const { code, err } = await run(
    ["kv", "get", "a", "--clusterip", server.address, "--timeout", "300ms"],
  );
  assertEquals(code, 3);
  assertStringIncludes(err, "it hangs, or is not Muster");
});

/** Accepts connections, and says always the same; nothing keeps them open. */
function serve(
  says: Uint8Array | undefined,
  isFirst: boolean,
): AsyncDisposable & { address: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns = new Set<Deno.Conn>();
  const done = (async () => {
    for await (const conn of listener) {
      conns.add(conn);
      if (says === undefined) conn.close();
      else {
        if (!isFirst) await conn.read(new Uint8Array(4_096));
        await conn.write(says).catch(() => 0);
      }
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
      for (const conn of conns) {
        try {
          conn.close();
        } catch {
          // It was closed at once.
        }
      }
    },
  };
}
