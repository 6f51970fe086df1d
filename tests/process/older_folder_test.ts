import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runProcess } from "../cli/child.ts";
import { copyFiles, FolderNode, FOUND } from "../support/folder_node.ts";

/** Three nodes that all vote. */
async function three(): Promise<[FolderNode, FolderNode, FolderNode]> {
  const [first, second, third] = ["first", "second", "third"].map((name) =>
    new FolderNode(name)
  ) as [
    FolderNode,
    FolderNode,
    FolderNode,
  ];
  await first.start(...FOUND);
  await second.start("--clusterip", first.address);
  await third.start("--clusterip", first.address);
  await until("three voters", async () => {
    const { out } = await runProcess("status", "--clusterip", first.address, "--json");
    return JSON.parse(out)["voters"].length === 3;
  });
  return [first, second, third];
}

/** Asks until it is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!await isSo()) assert(performance.now() < giveUpAt, `not in time: ${what}`);
}

/** What a node has of a key, whether or not anybody else has. */
async function has(node: FolderNode, key: string, value: string): Promise<boolean> {
  const { out } = await runProcess(
    "kv",
    "get",
    key,
    "--stale",
    "--json",
    "--clusterip",
    node.address,
  );
  return out.trim() !== "" && String(JSON.parse(out)?.["value"]) === value;
}

async function endAll(...nodes: FolderNode[]): Promise<void> {
  for (const node of nodes) {
    await node.stop("SIGKILL");
    Deno.removeSync(node.folder, { recursive: true });
  }
}

/** The first of them that ends by itself. */
async function firstToEnd(...nodes: FolderNode[]): Promise<{ code: number; err: string }> {
  const ending = nodes.map(async (node) => {
    await node.child.gone();
    return node.child;
  });
  return await (await Promise.race(ending)).ended();
}

Deno.test("a node whose folder was put back while its cluster went on stops, and says that it is older", async () => {
  const [first, second, third] = await three();
  await first.put("a", "1");
  await until("the third has it", () => has(third, "a", "1"));
  await third.stop("SIGKILL");
  const old = third.copy();
  await third.start("--clusterip", first.address);
  await first.put("a", "2");
  await until("the third has that too", () => has(third, "a", "2"));
  await third.stop("SIGKILL");
  third.putBack(old);
  third.begin(["--clusterip", first.address]);
  const { code, err } = await firstToEnd(third);
  assertEquals(code, 4, err);
  assertStringIncludes(err, "its data folder is older than the cluster's");
  assertStringIncludes(err, "with another, empty folder");
  await first.put("a", "3");
  Deno.removeSync(old, { recursive: true });
  await endAll(first, second, third);
});

Deno.test("a node that holds for agreed on what its cluster has agreed otherwise stops, also after a restart", async () => {
  const [first, second, third] = await three();
  await first.put("a", "1");
  await first.stop("SIGKILL");
  const old = first.copy();
  await first.start("--clusterip", second.address);
  await third.stop("SIGKILL");
  // The first and the second have agreed on it; then the first forgets, and agrees with the third.
  for (const value of ["2", "3"]) await second.put("a", value);
  await until("the second knows that it is agreed on", () => has(second, "a", "3"));
  await second.stop("SIGKILL");
  await first.stop("SIGKILL");
  first.putBack(old);
  await first.start("--clusterip", third.address);
  await third.start("--clusterip", first.address);
  for (const value of ["4", "5"]) await third.put("a", value);
  second.begin(["--clusterip", third.address]);
  const { code, err } = await firstToEnd(second);
  assertEquals(code, 4, err);
  assert(/has a data folder that is older or newer than the cluster's/.test(err), err);
  assertStringIncludes(err, "--force-new-cluster");
  Deno.removeSync(old, { recursive: true });
  await endAll(first, second, third);
});

const COPY_FLAGS: readonly (readonly string[])[] = [
  [],
  ["--makeMasterOnError"],
  ["--force-new-cluster"],
];

Deno.test("a copy of a folder, started beside its original, finds it running and stops", async () => {
  const original = new FolderNode("original");
  await original.start(...FOUND);
  await original.put("a", "1");
  await original.stop("SIGKILL");
  const copy = new FolderNode("original");
  copyFiles(original.folder, copy.folder);
  await original.start("--clusterip", "127.0.0.1:1");
  for (const flags of COPY_FLAGS) {
    for (const through of ["127.0.0.1:1", original.address]) {
      copy.begin(["--clusterip", through, ...flags], "0");
      const { code, err } = await firstToEnd(copy);
      assertEquals(code, 4, err);
      assertStringIncludes(err, `runs at ${original.address} already`);
      assertStringIncludes(err, "copies of one another");
      assertStringIncludes(err, "another, empty folder");
    }
  }
  await original.put("a", "2");
  // Once the original has ended the copy may go on as that node, wherever it is.
  await original.stop("SIGKILL");
  await copy.start("--clusterip", "127.0.0.1:1");
  assert(await has(copy, "a", "1"));
  await endAll(original, copy);
});

Deno.test("an original that is started when its copy runs already stops, also where nobody else is", async () => {
  const original = new FolderNode("original");
  await original.start(...FOUND);
  await original.put("a", "1");
  await original.stop("SIGKILL");
  const copy = new FolderNode("original");
  copyFiles(original.folder, copy.folder);
  await copy.start("--clusterip", "127.0.0.1:1");
  await copy.put("a", "2");
  await original.start("--clusterip", "127.0.0.1:1");
  const { code, err } = await firstToEnd(original);
  assertEquals(code, 4, err);
  assertStringIncludes(err, `runs at ${copy.address} already`);
  assert(await has(copy, "a", "2"));
  await endAll(original, copy);
});

Deno.test("of a folder and its copy that do run at once the one that was started later stops", async () => {
  const [original, other] = [new FolderNode("original"), new FolderNode("other")];
  await original.start(...FOUND);
  await other.start("--clusterip", original.address);
  await original.stop("SIGKILL");
  const copy = new FolderNode("original");
  copyFiles(original.folder, copy.folder);
  const first = await original.start("--clusterip", other.address);
  // A process that stands still answers nobody: it is not found.
  first.signal("SIGSTOP");
  await copy.start("--clusterip", other.address);
  first.signal("SIGCONT");
  const { code, err } = await firstToEnd(copy);
  assertEquals(code, 4, err);
  assertStringIncludes(err, `runs at ${original.address} already`);
  await original.put("a", "2");
  await endAll(original, other, copy);
});

/** Whether all that a node acknowledges is in two places. */
async function isTwice(node: FolderNode): Promise<boolean> {
  const { out } = await runProcess("status", "--clusterip", node.address, "--json");
  return JSON.parse(out)["copies"] === 2;
}

Deno.test("of two members whose only voter's folder was put back one stops, also when terms are led again", async () => {
  const [first, second] = [new FolderNode("first"), new FolderNode("second")];
  await first.start(...FOUND);
  await second.start("--clusterip", first.address);
  await until("the second has a copy", () => isTwice(first));
  await first.put("a", "1");
  await first.stop("SIGKILL");
  const old = first.copy();
  await first.start("--clusterip", second.address);
  await until("the second has a copy again", () => isTwice(first));
  for (const value of ["2", "3", "4"]) await first.put("a", value);
  await first.stop("SIGKILL");
  first.putBack(old);
  first.begin(["--clusterip", second.address]);
  const { code, err } = await firstToEnd(first, second);
  assertEquals(code, 4, err);
  assert(/older or newer than the cluster's|older than the cluster's/.test(err), err);
  Deno.removeSync(old, { recursive: true });
  await endAll(first, second);
});
