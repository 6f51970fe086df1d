import { assertEquals, assertThrows } from "@std/assert";
import { parseConsensusMessage } from "../../lib/consensus/raft/mod.ts";
import { ClusterError, type Json, MESSAGE_DEPTH, nestingFault } from "../../lib/core/mod.ts";
import { checkCommandFits } from "../../lib/consensus/command_fit.ts";
import { FrameEncoder } from "../../lib/wire/mod.ts";
import { failureOf, LocalCluster } from "../support/local_cluster.ts";

/** Lists in one another. */
function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/**
 * Whether the check lets a command in; whatever it lets in must fit the largest `append` there can
 * be.
 */
function isLetIn(data: Json): boolean {
  try {
    checkCommandFits(data);
  } catch (error) {
    if (error instanceof ClusterError) return false;
    throw error;
  }
  const most = Number.MAX_SAFE_INTEGER;
  const append = {
    type: "append",
    term: most,
    previousIndex: most - 1,
    previousTerm: most,
    entries: [{ index: most, term: most, type: "command", data }],
    commit: most,
    round: most,
    sentAt: -1.2345678901234567e-300,
  };
  new FrameEncoder().add(append);
  assertEquals(nestingFault(append, MESSAGE_DEPTH), undefined);
  assertEquals(parseConsensusMessage(append).ok, true);
  return true;
}

Deno.test("what is let into the log fits an append, to the last byte and level", () => {
  const sized = (bytes: number) => ({ junk: "x".repeat(bytes - '{"junk":""}'.length) });
  assertEquals(isLetIn(sized(1_044_480)), true);
  assertEquals(isLetIn(sized(1_044_481)), false);
  assertEquals(isLetIn({ junk: "\u20AC".repeat(350_000) }), false);
  assertEquals(isLetIn({ junk: nested(60) }), true);
  assertEquals(isLetIn({ junk: nested(61) }), false);
  assertEquals(isLetIn(JSON.parse('{"value":{"__proto__":1}}')), false);
  assertThrows(() => new FrameEncoder().add({ type: "append", junk: sized(1_048_576) }));
});

Deno.test("a command that no follower could be sent ends neither its master nor the others' log", async () => {
  await using cluster = new LocalCluster();
  const founder = await cluster.found();
  const { code } = await failureOf(founder.kv.put("big", "x".repeat(2_000_000)));
  assertEquals(code, "TOO_LARGE");
  const prototype = JSON.parse('{"__proto__":1}');
  assertEquals((await failureOf(founder.kv.put("odd", prototype))).code, "BAD_REQUEST");
  const client = await cluster.client(founder);
  const call = (junk: Json) =>
    client.call({
      service: "muster.kv",
      node: founder.id,
      body: { op: "apply", command: { type: "put", key: "a", value: 1, junk } },
    });
  assertEquals((await failureOf(call(nested(61)))).code, "BAD_REQUEST");
  assertEquals((await failureOf(call("x".repeat(1_048_300)))).code, "TOO_LARGE");
  assertEquals(await founder.kv.get("a"), undefined);
});
