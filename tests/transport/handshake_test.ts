import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError, type Message } from "../../lib/core/mod.ts";
import {
  helloMessage,
  judgeHello,
  parseHello,
  parseWelcome,
  PROTOCOL,
  welcomeMessage,
} from "../../lib/transport/handshake.ts";

const ID = "01890000-0000-7000-8000-000000000001";
const OTHER = "01890000-0000-7000-8000-000000000002";
const CLUSTER = "01890000-0000-7000-8000-00000000000c";
const NODE = { id: OTHER, name: "b", address: "127.0.0.1:8002" };
const HELLO = helloMessage({ role: "member", channel: "control", cluster: CLUSTER, node: NODE });
const HOST = { id: ID, cluster: CLUSTER, isRemoved: () => false };

function codeOf(run: () => unknown): string {
  return assertThrows(run, ClusterError).code;
}

Deno.test("a hello reads as it was written", () => {
  assertEquals(parseHello(HELLO), {
    role: "member",
    protocol: PROTOCOL.newest,
    oldestProtocol: PROTOCOL.oldest,
    cluster: CLUSTER,
    node: NODE,
    channel: "control",
    batch: true,
    leftInOrder: false,
  });
});

Deno.test("a hello of a later version with fields of its own is read by those that we know", () => {
  const hello = parseHello({ type: "hello", protocol: 7, role: "client", later: { field: 1 } });
  assertEquals([hello.protocol, hello.oldestProtocol, hello.batch, hello.channel], [
    7,
    7,
    false,
    "data",
  ]);
});

const MALFORMED: Array<[string, Record<string, unknown>]> = [
  ["another type", { type: "members" }],
  ["no role", { role: undefined }],
  ["an unknown role", { role: "king" }],
  ["no protocol", { protocol: undefined }],
  ["a protocol that is no number", { protocol: "1" }],
  ["an oldest protocol above the newest", { protocol: 1, oldestProtocol: 2 }],
  ["a cluster that is no id", { cluster: "mine" }],
  ["an unknown channel", { channel: "side" }],
  ["a member that does not say who it is", { node: undefined }],
  ["a node that is no object", { node: "b" }],
  ["an id that is no UUID of version 7", { node: { ...NODE, id: "b" } }],
  ["an empty name", { node: { ...NODE, name: "" } }],
  ["a name that is too long", { node: { ...NODE, name: "n".repeat(129) } }],
  ["an address without a port", { node: { ...NODE, address: "127.0.0.1" } }],
];

for (const [what, change] of MALFORMED) {
  Deno.test(`a hello with ${what} is refused as malformed`, () => {
    assertEquals(codeOf(() => parseHello({ ...HELLO, ...change } as Message)), "BAD_MESSAGE");
  });
}

/** Their newest and oldest version, and what is spoken with them. */
const VERSIONS: Array<[newest: number, oldest: number, spoken: number | string]> = [
  [1, 1, 1],
  [9, 1, PROTOCOL.newest],
  [PROTOCOL.newest + 1, PROTOCOL.newest + 1, "PROTOCOL_MISMATCH"],
];

for (const [newest, oldest, spoken] of VERSIONS) {
  Deno.test(`with a node that speaks versions ${oldest} to ${newest} the outcome is ${spoken}`, () => {
    const hello = parseHello({ ...HELLO, protocol: newest, oldestProtocol: oldest });
    if (typeof spoken === "number") assertEquals(judgeHello(hello, HOST), spoken);
    else assertEquals(codeOf(() => judgeHello(hello, HOST)), spoken);
  });
}

Deno.test("a node that reaches itself is told so, before anything else about it is judged", () => {
  const hello = parseHello({ ...HELLO, node: { ...NODE, id: ID }, cluster: OTHER } as Message);
  assertEquals(codeOf(() => judgeHello(hello, HOST)), "SELF");
});

Deno.test("a member of another cluster is refused, one of none is not", () => {
  const foreign = parseHello({ ...HELLO, cluster: OTHER });
  assertEquals(codeOf(() => judgeHello(foreign, HOST)), "OTHER_CLUSTER");
  const { cluster: _, ...without } = HELLO;
  assertEquals(judgeHello(parseHello(without as Message), HOST), 1);
  assertEquals(judgeHello(foreign, { ...HOST, cluster: undefined }), 1);
});

Deno.test("a node that an operator removed is refused for good", () => {
  const host = { ...HOST, isRemoved: (node: string) => node === OTHER };
  const error = assertThrows(() => judgeHello(parseHello(HELLO), host), ClusterError);
  assertEquals([error.code, error.retryable], ["REMOVED", false]);
});

Deno.test("a welcome reads as it was written, and a refusal is its error", () => {
  const welcome = parseWelcome(welcomeMessage(1, CLUSTER, NODE, OTHER));
  assertEquals(welcome, { protocol: 1, cluster: CLUSTER, node: NODE, life: OTHER, batch: true });
  const { life: _life, ...earlier } = welcomeMessage(1, undefined, NODE, OTHER);
  const { cluster, life } = parseWelcome(earlier as Message);
  assertEquals([cluster, life], [undefined, undefined]);
  const refuse = { type: "refuse", code: "SELF", message: "It is you", retryable: false };
  assertEquals(codeOf(() => parseWelcome(refuse)), "SELF");
  assertEquals(codeOf(() => parseWelcome({ type: "hello" })), "BAD_MESSAGE");
});
