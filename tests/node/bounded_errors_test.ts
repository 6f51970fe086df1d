import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type Json } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Node } from "../../lib/node/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";

async function pair(): Promise<[Node, Node]> {
  const first = await Node.start(systemPorts(), { port: 0, join: [], makeMasterOnError: true });
  const join = [parseAddress(first.address)];
  return [first, await Node.start(systemPorts(), { port: 0, join })];
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
