import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/core/mod.ts";
import { ProcessCluster } from "../support/process_cluster.ts";
import { Child, PROGRAM } from "./child.ts";
import { found, run } from "./harness.ts";

Deno.test("health is an exit code: 0 of a member with a majority, 3 of nobody", async () => {
  await using node = await found({ name: "ada" });
  const at = ["--clusterip", node.address];
  const { code, out } = await run(["health", ...at]);
  assertEquals(code, 0);
  assertStringIncludes(out, `healthy: ada (${node.address})`);
  const health = JSON.parse((await run(["health", "--json", ...at])).out);
  assertEquals([health.healthy, health.member, health.quorum], [true, true, true]);
  assertEquals([health.id, health.master, health.reasons], [node.id, node.id, []]);
  const nobody = await run(["health", "--json", "--clusterip", "127.0.0.1:1"]);
  assertEquals([nobody.code, JSON.parse(nobody.err).code], [3, "NO_CLUSTER"]);
});

Deno.test("health --wait waits for the node to come, and no longer than its time", async () => {
  const port = freePort();
  const at = ["--clusterip", `127.0.0.1:${port}`];
  const late = await run(["health", "--wait", "--timeout", "300ms", ...at]);
  assertEquals(late.code, 3);
  const waiting = run(["health", "--wait", "--timeout", "20s", ...at]);
  await using _node = await found({ port });
  assertEquals((await waiting).code, 0);
});

Deno.test("a node that still joins is not healthy", async () => {
  const port = freePort();
  const clusterip = `127.0.0.1:1,127.0.0.1:${port}`;
  const flags = ["--myport", `${port}`, "--expect", "2", "--clusterip", clusterip];
  const node = new Child([...PROGRAM, ...flags]);
  await node.printed(/waiting: /);
  const { code, out } = await run(["health", "--clusterip", `127.0.0.1:${port}`]);
  assertEquals(code, 1);
  assertStringIncludes(out, "it is joining, not a member");
  node.signal("SIGTERM");
  await node.ended();
});

Deno.test("status --cluster has a row of each member, also of those that do not answer", async () => {
  await using cluster = new ProcessCluster();
  const first = await cluster.start("ada");
  const second = await cluster.start("grace", first);
  const third = await cluster.start("alan", first);
  const at = ["--clusterip", first.address];
  const whole = await run(["status", "--cluster", ...at]);
  assertEquals(whole.code, 0, whole.out);
  const [header = "", ...rows] = whole.out.split("\n");
  assertMatch(header, /^NAME +ADDRESS +STATE +ROLE +VERSION +TERM +APPLIED +LAG +HEALTH +UPTIME/);
  assertMatch(
    rows[0] ?? "",
    new RegExp(`^ada +\\S+ +alive +master +${VERSION} +1 +\\d+ +0 +0 +\\d+s$`),
  );
  assertEquals(rows.length, 3);
  third.signal("SIGSTOP");
  await cluster.kill(second);
  await second.status;
  await first.saw("grace", "dead");
  const startedAt = performance.now();
  const { code, out } = await run(["status", "--cluster", "--json", "--timeout", "700ms", ...at]);
  const tookMs = performance.now() - startedAt;
  third.signal("SIGCONT");
  assertEquals(code, 1);
  assert(tookMs < 1_500, `${tookMs} ms`);
  const { members } = JSON.parse(out);
  const [ada, grace, alan] = members;
  assertEquals([ada.name, ada.error, ada.version], ["ada", null, VERSION]);
  assert(ada.uptimeMs > 0);
  assertEquals([grace.name, grace.state, grace.version], ["grace", "dead", null]);
  assertEquals([alan.name, alan.term, alan.uptimeMs], ["alan", null, null]);
  assertMatch(alan.error, /^it took the connection and said nothing for \d+ ms/);
  assertEquals(alan.error.includes("--clusterip"), false);
});

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}
