import { assertEquals } from "@std/assert";
import { ProcessCluster, run } from "../support/process_cluster.ts";

Deno.test("a node that was stopped while its name was given away ends with exit code 4, and the other stays", async () => {
  await using cluster = new ProcessCluster();
  const local = ["--profile", "local"];
  const first = await cluster.start("first", undefined, ...local);
  const second = await cluster.start("second", first, ...local);
  const old = await cluster.start("web", first, ...local);
  const stoppedAt = performance.now();
  old.signal("SIGSTOP");
  await Promise.all([first, second].map((node) => node.saw(old.id, "dead", stoppedAt, 30_000)));
  const replacement = await cluster.start("web", second, ...local);
  await first.saw(replacement.id, "joined");
  old.signal("SIGCONT");
  assertEquals((await old.status).code, 4);
  const { out } = await run("members", "--json", "--clusterip", first.address);
  const alive = JSON.parse(out).members.filter(({ state }: { state: string }) => state === "alive");
  assertEquals(
    alive.map(({ id }: { id: string }) => id).sort(),
    [first.id, second.id, replacement.id].sort(),
  );
});
