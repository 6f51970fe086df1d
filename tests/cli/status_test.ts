import { assertEquals, assertMatch } from "@std/assert";
import { found, run } from "./harness.ts";

Deno.test("status shows the asked node's own view, as a table and as JSON", async () => {
  await using node = await found({ name: "ada", tags: { zone: "a" } });
  const at = ["--clusterip", node.address];
  const { code, out } = await run(["status", ...at]);
  assertEquals(code, 0);
  assertMatch(out, /^id +[0-9a-f-]{36}$/m);
  assertMatch(out, /^name +ada$/m);
  assertMatch(out, /^tags +zone=a$/m);
  const status = JSON.parse((await run(["status", "--json", ...at])).out);
  assertEquals([status.id, status.name, status.address], [node.id, "ada", node.address]);
  assertEquals([status.cluster, status.master], [node.cluster, node.id]);
});
