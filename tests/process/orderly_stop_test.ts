import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProcessCluster, type ProcessNode, run } from "../support/process_cluster.ts";

/** The notes on voters that a node has printed. */
function notesOf(node: ProcessNode): string {
  const voters = node.events.filter(({ event }) => event["event"] === "voters");
  return voters.map(({ event }) => String(event["notes"])).join("\n");
}

Deno.test("an orderly stop of all nodes is no loss of the majority, and a restart knows the voters by name", async () => {
  const folder = await Deno.makeTempDir();
  const data = (name: string) => ["--data", `${folder}/${name}`];
  await using cluster = new ProcessCluster();
  const ada = await cluster.start("ada", undefined, ...data("ada"));
  const nodes = [
    ada,
    await cluster.start("grace", ada, ...data("grace")),
    await cluster.start("alan", ada, ...data("alan")),
  ];
  await ada.voters(3);
  await Promise.all(nodes.map((node) => cluster.leave(node)));
  for (const node of nodes) {
    assertEquals(notesOf(node).includes("--force-new-cluster"), false, notesOf(node));
  }
  const again = await cluster.start("ada", undefined, ...data("ada"));
  const { out } = await run("status", "--json", "--clusterip", again.address);
  const { voters, notes } = JSON.parse(out);
  // Whoever was last to leave holds the last vote: alone, or with those that went at the same
  // moment.
  for (const voter of voters) {
    const node = nodes.find(({ name }) => name === voter);
    if (voter !== "ada") assertStringIncludes(String(notes), `${voter} (${node?.address})`);
  }
  assertEquals(voters.every((name: string) => ["ada", "grace", "alan"].includes(name)), true, out);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("voters that were killed are missed by name and address, from the first line on", async () => {
  const folder = await Deno.makeTempDir();
  const data = (name: string) => ["--data", `${folder}/${name}`];
  await using cluster = new ProcessCluster();
  const ada = await cluster.start("ada", undefined, ...data("ada"));
  const others = [
    await cluster.start("grace", ada, ...data("grace")),
    await cluster.start("alan", ada, ...data("alan")),
  ];
  await ada.voters(3);
  await Promise.all(others.map((node) => cluster.kill(node)));
  // In order, so that its folder has all that it knew.
  await cluster.leave(ada);
  const again = await cluster.start("ada", undefined, ...data("ada"));
  const put = ["kv", "put", "a", "1", "--timeout", "1s", "--json", "--clusterip", again.address];
  const { code, err } = await run(...put);
  assertEquals(code, 1);
  const { message } = JSON.parse(err);
  for (const { name, address } of others) assertStringIncludes(message, `${name} (${address})`);
  await again.voters(3);
  const [first = ""] = notesOf(again).split("\n");
  for (const { name, address } of others) assertStringIncludes(first, `${name} (${address})`);
  await Deno.remove(folder, { recursive: true });
});
