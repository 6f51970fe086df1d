import { assertEquals, assertMatch } from "@std/assert";
import { found, joinThrough, run } from "./harness.ts";

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

/** The rows of a table, by their first column. */
function rowsOf(out: string): Map<string, string> {
  return new Map(
    out.split("\n").map((line) => {
      const [, name = "", value = ""] = /^(\S+) +(.*?) *$/.exec(line) ?? [];
      return [name, value];
    }),
  );
}

Deno.test("status shows a person what agreement comes to in rows of its own, where there is any", async () => {
  await using node = await found({ name: "ada" });
  await using other = await joinThrough(node, { name: "eve", voter: false });
  const rows = rowsOf((await run(["status", "--clusterip", node.address])).out);
  assertMatch(rows.get("consensus") ?? "", /^role=leader term=1 commitIndex=\d+ \S+ \S+$/);
  assertMatch(rows.get("state") ?? "", /^revision=\d+ /);
  assertMatch(rows.get("uptime") ?? "", /^\d+s$/);
  assertMatch(rows.get("health") ?? "", /^(0: it keeps up|[1-9]: it is late, .+)$/);
  assertEquals([rows.has("lag"), rows.has("uptimeMs")], [true, false]);
  // Without a copy there is nothing to lag behind.
  const without = rowsOf((await run(["status", "--clusterip", other.address])).out);
  assertMatch(without.get("consensus") ?? "", /^role=member term=\d+$/);
  assertEquals([without.has("lag"), without.has("state")], [false, false]);
});
