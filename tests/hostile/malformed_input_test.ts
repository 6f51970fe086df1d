import { assertEquals, assertStringIncludes } from "@std/assert";
import type { JsonObject } from "../../lib/core/mod.ts";
import { frame, join } from "../wire/feed.ts";
import { WireClient } from "../wire/wire_client.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

const TEXT = new TextEncoder();
const STRANGE_ID = "01939fd0-0000-7000-8000-00000000000b";

interface Attack {
  what: string;
  bytes: Uint8Array;
  code: string;
  reason: string;
  /**
   * Whether its own programs would understand another answer, when it comes first: see
   * foreign_speech.
   */
  isForeign?: boolean;
}

/** What is not the protocol, whenever it comes. */
const BROKEN: Attack[] = [
  attack("a length of zero", new Uint8Array(4), "BAD_MESSAGE", "A frame of length 0"),
  attack("one byte too many", bytesOf(0, 0x10, 0, 1), "TOO_LARGE", "1048577 bytes is over the"),
  attack("the largest length", bytesOf(255, 255, 255, 255), "TOO_LARGE", "4294967295 bytes"),
  attack("bytes that are not UTF-8", frame(bytesOf(0x7b, 0xff)), "BAD_MESSAGE", "not UTF-8"),
  attack("text that is not JSON", frame("hello?"), "BAD_MESSAGE", "not JSON: hello?"),
  attack("JSON that is no object", frame("[1"), "BAD_MESSAGE", "not JSON"),
  attack("a number", frame("42"), "BAD_MESSAGE", "A message is a JSON object"),
  attack("no type", frame('{"id":1}'), "BAD_MESSAGE", 'needs a "type"'),
  attack("a type that is no text", frame('{"type":{}}'), "BAD_MESSAGE", 'needs a "type"'),
  attack(
    "100,000 levels",
    frame(`{"type":"call","body":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    "BAD_MESSAGE",
    "deeper than 64 levels",
  ),
  attack(
    "100,000 levels that are never closed",
    frame(`{"type":"call","body":${"[".repeat(100_000)}`),
    "BAD_MESSAGE",
    "not JSON",
  ),
  attack(
    "__proto__",
    frame('{"type":"call","id":1,"service":"echo","body":{"__proto__":{"isAdmin":true}}}'),
    "BAD_MESSAGE",
    'A key named "__proto__"',
  ),
  attack(
    "__proto__ in escapes",
    frame('{"type":"call","id":1,"service":"echo","body":{"__pr\\u006fto__":{"isAdmin":true}}}'),
    "BAD_MESSAGE",
    'A key named "__proto__"',
  ),
  attack("a batch not agreed on", frame('[{"type":"ping"}]'), "BAD_MESSAGE", "before both sides"),
  {
    what: "HTTP",
    bytes: TEXT.encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    code: "TOO_LARGE",
    reason: "This is HTTP",
    isForeign: true,
  },
  {
    what: "a TLS hello",
    bytes: join([bytesOf(0x16, 0x03, 0x01, 0x02, 0x00, 1, 0, 1, 0xfc), new Uint8Array(508)]),
    code: "TOO_LARGE",
    reason: "This is a TLS hello",
    isForeign: true,
  },
];

/** Messages that are well formed, and no way to begin. */
const WRONG_BEGINNINGS: [what: string, hello: JsonObject, code: string, reason: string][] = [
  [
    "a call",
    { type: "call", id: 1, service: "echo" },
    "BAD_MESSAGE",
    'The first message is "hello"',
  ],
  ["a welcome", { type: "welcome" }, "BAD_MESSAGE", 'The first message is "hello"'],
  ["no role", { role: undefined }, "BAD_MESSAGE", '"role" is'],
  ["a made-up role", { role: "king" }, "BAD_MESSAGE", '"role" is'],
  ["no version", { protocol: undefined }, "BAD_MESSAGE", '"protocol" is'],
  ["version 0", { protocol: 0 }, "BAD_MESSAGE", '"protocol" is'],
  ["version 1.5", { protocol: 1.5 }, "BAD_MESSAGE", '"protocol" is'],
  ["a version as a text", { protocol: "1" }, "BAD_MESSAGE", '"protocol" is'],
  ["an oldest above the newest", { oldestProtocol: 2 }, "BAD_MESSAGE", '"protocol" is'],
  ["only later versions", { protocol: 9, oldestProtocol: 2 }, "PROTOCOL_MISMATCH", "1 to 1"],
  ["a cluster that is no id", { cluster: "mine" }, "BAD_MESSAGE", '"cluster" is'],
  ["another cluster", { cluster: STRANGE_ID }, "OTHER_CLUSTER", "two clusters never merge"],
  ["a made-up channel", { channel: "back" }, "BAD_MESSAGE", '"channel" is'],
  ["a member without a name", { role: "member" }, "BAD_MESSAGE", 'in "node"'],
  ["a node that is no object", { node: 7 }, "BAD_MESSAGE", '"node" is an object'],
  ["a node with another id", { node: node({ id: "x" }) }, "BAD_MESSAGE", '"node.id"'],
  [
    "a node with a long name",
    { node: node({ name: "x".repeat(129) }) },
    "BAD_MESSAGE",
    '"node.name"',
  ],
  ["a node without a port", { node: node({ address: "a" }) }, "BAD_MESSAGE", '"node.address"'],
];

function attack(what: string, bytes: Uint8Array, code: string, reason: string): Attack {
  return { what, bytes, code, reason };
}

function bytesOf(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function node(fields: JsonObject): JsonObject {
  return { id: STRANGE_ID, name: "eve", address: "127.0.0.1:9", ...fields };
}

Deno.test("what is not the protocol gets its reason and a closed connection", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  for (const isGreeted of [false, true]) {
    for (const { what, bytes, code, reason, isForeign } of BROKEN) {
      if (isForeign === true && !isGreeted) continue;
      await t.step(`${what}, ${isGreeted ? "after" : "instead of"} hello`, async () => {
        {
          using client = isGreeted
            ? await WireClient.greet(attacked.port)
            : await WireClient.connect(attacked.port);
          await client.write(bytes);
          const [error, ...rest] = await client.rest();
          assertEquals([error?.["type"], error?.["code"]], ["error", code]);
          assertStringIncludes(String(error?.["message"]), reason);
          assertEquals(rest, []);
        }
        await attacked.checkUnharmed();
      });
    }
  }
  assertEquals(({} as JsonObject)["isAdmin"], undefined);
});

Deno.test("a wrong beginning is refused with its reason", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  for (const [what, fields, code, reason] of WRONG_BEGINNINGS) {
    await t.step(what, async () => {
      using client = await WireClient.connect(attacked.port);
      await client.send({ type: "hello", protocol: 1, role: "client", ...fields });
      const [refusal, ...rest] = await client.rest();
      assertEquals([refusal?.["type"], refusal?.["code"]], ["refuse", code]);
      assertStringIncludes(String(refusal?.["message"]), reason);
      assertEquals((refusal?.["details"] as JsonObject)["node"], attacked.node.id);
      assertEquals(rest, []);
      await attacked.checkUnharmed();
    });
  }
});

Deno.test("a frame that is cut off costs nothing", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  const hello = frame('{"type":"hello","protocol":1,"role":"client"}');
  for (const length of [0, 1, 3, 4, 5, hello.length - 1]) {
    await t.step(`after ${length} bytes, by half a close and by a whole one`, async () => {
      using half = await WireClient.connect(attacked.port);
      await half.write(hello.subarray(0, length));
      await half.conn.closeWrite();
      assertEquals(await half.rest(), []);
      using whole = await WireClient.connect(attacked.port);
      await whole.write(hello.subarray(0, length));
      await attacked.checkUnharmed();
    });
  }
});

Deno.test("wrong lines get their reason as a line", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  const table: [line: string, code: string][] = [
    ["{hello?}", "BAD_MESSAGE"],
    ['{"type":1}', "BAD_MESSAGE"],
    ['{"type":"call","__proto__":{}}', "BAD_MESSAGE"],
    [`{"type":"a","b":${"[".repeat(70)}${"]".repeat(70)}}`, "BAD_MESSAGE"],
    [`{${"x".repeat(1_048_576)}`, "TOO_LARGE"],
  ];
  for (const [line, code] of table) {
    await t.step(line.slice(0, 30), async () => {
      using client = await WireClient.connect(attacked.port, "lines");
      await client.send(line);
      const [error, ...rest] = await client.rest();
      assertEquals([error?.["type"], error?.["code"]], ["error", code]);
      assertEquals(rest, []);
      await attacked.checkUnharmed();
    });
  }
});

Deno.test("wrong messages on an open link are answered, and the link stays of use", async (t) => {
  await using attacked = await NodeUnderAttack.start();
  using client = await WireClient.greet(attacked.port);
  const table: [message: JsonObject, code: string][] = [
    [{ type: "dance" }, "UNKNOWN_TYPE"],
    [{ type: "constructor" }, "UNKNOWN_TYPE"],
    [{ type: "__proto__" }, "UNKNOWN_TYPE"],
    [{ type: "toString" }, "UNKNOWN_TYPE"],
    [{ type: "hello", protocol: 1, role: "member" }, "UNKNOWN_TYPE"],
    [{ type: "welcome" }, "UNKNOWN_TYPE"],
    [{ type: "join", member: {} }, "UNKNOWN_TYPE"],
    [{ type: "gossip", gossip: [] }, "UNKNOWN_TYPE"],
    [{ type: "append", term: 99 }, "UNKNOWN_TYPE"],
    [{ type: "call" }, "BAD_MESSAGE"],
    [{ type: "call", id: "1", service: "echo" }, "BAD_MESSAGE"],
    [{ type: "call", id: 1, service: "" }, "BAD_MESSAGE"],
    [{ type: "call", id: 1, service: "constructor" }, "UNKNOWN_SERVICE"],
    [{ type: "call", id: 1, service: "echo", timeoutMs: 1e9 }, "BAD_MESSAGE"],
    [{ type: "why" }, "BAD_REQUEST"],
    [{ type: "why", node: "nobody" }, "UNKNOWN_MEMBER"],
    [{ type: "rtt", to: {} }, "BAD_REQUEST"],
  ];
  for (const [message, code] of table) {
    await t.step(JSON.stringify(message), async () => {
      const answer = await client.ask(message);
      assertEquals([answer?.["type"], answer?.["code"]], ["error", code]);
    });
  }
  await t.step("answers to nothing, and cancels of nothing, are dropped", async () => {
    for (const type of ["reply", "error", "cancel", "pong", "bye"]) {
      await client.send({ type, id: 7 });
      await client.send({ type, id: { "0": 1 } });
    }
    assertEquals(await client.ask({ type: "ping" }), { type: "pong" });
    await attacked.checkUnharmed(1);
  });
});
