import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type Json, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";

async function pair(): Promise<[Node, Node]> {
  const first = await startNode(systemPorts(), { port: 0, join: [], makeMasterOnError: true });
  const join = [parseAddress(first.address)];
  return [first, await startNode(systemPorts(), { port: 0, join })];
}

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

Deno.test("an error that quotes a body of any size arrives cut, and harms nobody", async () => {
  const [first, second] = await pair();
  await using _first = first;
  await using _second = second;
  second.handle("later", async (body) => {
    await Promise.resolve();
    throw new Error(`I do not like ${body}`);
  });
  second.handle("detailed", () => {
    throw new ClusterError("BAD_REQUEST", "See the details", {
      details: { all: "x".repeat(2_000_000) },
    });
  });
  const there = { node: second.id };
  const body = "x".repeat(1_000_000);
  const error = await assertRejects(() => first.call("later", body, there), ClusterError);
  assertEquals(error.code, "HANDLER_FAILED");
  assert(error.message.length < 5_000);
  const detailed = await assertRejects(() => first.call("detailed", null, there), ClusterError);
  assertEquals(detailed.details, undefined);
  assertEquals(await first.call("echo", 1, { node: second.id }), 1);
});

Deno.test("a body or reply nested too deep is refused to its sender alone", async () => {
  const [first, second] = await pair();
  await using _first = first;
  await using _second = second;
  second.handle("deep", () => nested(80));
  const there = { node: second.id };
  assertEquals(await first.call("echo", nested(63), there), nested(63));
  const error = await assertRejects(() => first.call("echo", nested(64), there), ClusterError);
  assertEquals(error.code, "BAD_REQUEST");
  const reply = await assertRejects(() => first.call("deep", null, there), ClusterError);
  assertStringIncludes(reply.message, "nested deeper");
  const hostile = JSON.parse('{"__proto__":1}') as Json;
  await assertRejects(() => first.call("echo", hostile, there), ClusterError, "__proto__");
  assertEquals(await first.call("echo", 1, there), 1);
});

/** What no error has, and what no body can be. */
const ODD: Array<[what: string, value: unknown]> = [
  ["nothing", undefined],
  ["null", null],
  ["a symbol", Symbol("odd")],
  ["an object without a text", Object.create(null)],
  ["an object whose text throws", {
    toString() {
      throw new Error("no text");
    },
  }],
  ["an error whose message is a symbol", Object.assign(new Error(), { message: Symbol("odd") })],
  ["an object that cannot be walked", {
    get field() {
      throw new Error("no field");
    },
  }],
  ["a large number", 5n],
  ["a function", () => 1],
];

Deno.test("whatever a handler throws or answers, its caller has an answer and the node goes on", async () => {
  const [first, second] = await pair();
  await using _first = first;
  await using _second = second;
  const there = { node: second.id, timeoutMs: 2_000 };
  for (const [what, value] of ODD) {
    const withdraw = [
      second.handle("throws", () => {
        throw value;
      }),
      second.handle("rejects", () => Promise.reject(value)),
      second.handle("returns", () => value as Json),
      second.handle("resolves", () => Promise.resolve(value as Json)),
    ];
    for (const caller of [first, second]) {
      for (const service of ["throws", "rejects"]) {
        const error = await assertRejects(() => caller.call(service, null, there), ClusterError);
        assertEquals(
          [error.code, error.retryable],
          ["HANDLER_FAILED", false],
          `${service} ${what}`,
        );
      }
      const outcomes = ["returns", "resolves"].map((service) =>
        caller.call(service, null, there).catch(({ code }) => code)
      );
      const [returned, resolved] = await Promise.all(outcomes);
      assertEquals(returned, resolved, what);
    }
    for (const each of withdraw) each();
  }
  assertEquals(await first.call("echo", 1, there), 1);
});

Deno.test("what a link would refuse is refused on the way to this very node", async () => {
  const [first, second] = await pair();
  await using _first = first;
  await using _second = second;
  first.handle("large", () => "x".repeat(1_100_000));
  second.handle("large", () => "x".repeat(1_100_000));
  const hostile = JSON.parse('{"__proto__":1}') as Json;
  for (const node of [first.id, second.id]) {
    const code = (service: string, body: Json) =>
      first.call(service, body, { node }).catch((error) => error.code);
    assertEquals(await code("echo", nested(64)), "BAD_REQUEST");
    assertEquals(await code("echo", hostile), "BAD_REQUEST");
    assertEquals(await code("echo", "x".repeat(1_100_000)), "TOO_LARGE");
    assertEquals(await code("large", null), "TOO_LARGE");
    // It is bytes that count: half as many characters of two.
    assertEquals(await code("echo", "é".repeat(600_000)), "TOO_LARGE");
  }
});
