/**
 * Nodes of this tree and of another version in one cluster, as they are while a cluster is upgraded
 * node by node: joins, calls, keys, locks, elections and leaves, both ways.
 *
 *     deno run --allow-all scripts/prove/mixed_versions.ts --other FOLDER [--rounds 3]
 *
 * FOLDER is a checkout of the other version (`git worktree add FOLDER COMMIT`). Exits with 1 when
 * something between the two does not work.
 */
import {
  ProcessCluster,
  type ProcessNode,
  runProgram,
} from "../../tests/support/process_cluster.ts";
import { flagNumber } from "./table.ts";

const OURS = new URL("../../main.ts", import.meta.url).pathname;

/** A node, and the program that it runs. */
interface Versioned {
  readonly node: ProcessNode;
  readonly cluster: ProcessCluster;
  readonly main: string;
}

let failures = 0;

/** Notes whether something between the versions works. */
function expect(isSo: boolean, what: string, found: string): void {
  if (isSo) return;
  failures++;
  console.log(`FAILED: ${what}: ${found.trim()}`);
}

/** Runs a command of each version against a node, and compares what it prints. */
async function ask(
  { node }: Versioned,
  mains: readonly string[],
  ...command: string[]
): Promise<string[]> {
  const answers: string[] = [];
  for (const main of mains) {
    const { code, out, err } = await runProgram(main, ...command, "--clusterip", node.address);
    expect(code === 0, `${command.join(" ")} at ${node.name}`, err);
    answers.push(out.trim());
  }
  return answers;
}

/** Who is the master, by what a node says. */
async function masterOf(nodes: readonly Versioned[]): Promise<Versioned> {
  for (let tries = 0; tries < 100; tries++) {
    const asked = nodes[tries % nodes.length] as Versioned;
    const { code, out } = await runProgram(
      asked.main,
      "status",
      "--json",
      "--clusterip",
      asked.node.address,
    );
    const master = code === 0 ? JSON.parse(out).master : null;
    const found = nodes.find(({ node }) => node.id === master);
    if (found !== undefined) return found;
  }
  throw new Error("no master was found in 100 tries");
}

/** One cluster of both, founded by the first: every way between the two is walked once. */
async function round(first: string, second: string): Promise<void> {
  const mains = [first, second];
  await using firsts = new ProcessCluster(first);
  await using seconds = new ProcessCluster(second);
  const founder = { node: await firsts.start("first-1"), cluster: firsts, main: first };
  const nodes: Versioned[] = [founder];
  const add = async (cluster: ProcessCluster, main: string, name: string) => {
    const through = nodes[nodes.length - 1] as Versioned;
    nodes.push({ node: await cluster.start(name, through.node), cluster, main });
  };
  await add(seconds, second, "second-1");
  await add(firsts, first, "first-2");
  await add(seconds, second, "second-2");
  await add(seconds, second, "second-3");
  await founder.node.voters(5);

  for (const asked of nodes) {
    for (const target of nodes) {
      const body = JSON.stringify({ from: asked.node.name });
      const answers = await ask(asked, mains, "call", target.node.name, "echo", body);
      const isEcho = answers.every((answer) => answer.includes(asked.node.name));
      expect(isEcho, `a call from ${asked.node.name} to ${target.node.name}`, answers.join());
    }
    await ask(asked, mains, "kv", "put", `at/${asked.node.name}`, asked.node.name);
    const listed = await ask(asked, mains, "members", "--json");
    const counts = listed.map((text) => JSON.parse(text).members.length);
    expect(
      counts.every((count) => count === nodes.length),
      `members of ${asked.node.name}`,
      counts.join(),
    );
  }
  for (const asked of nodes) {
    for (const { node } of nodes) {
      const values = await ask(asked, mains, "kv", "get", `at/${node.name}`);
      expect(
        values.every((value) => value === node.name),
        `a key at ${asked.node.name}`,
        values.join(),
      );
    }
  }
  // The master dies, of whichever version it is, down to two; each time somebody else takes over.
  for (let dead = 0; dead < 2; dead++) {
    const master = await masterOf(nodes);
    nodes.splice(nodes.indexOf(master), 1);
    await master.cluster.kill(master.node);
    for (const asked of nodes) {
      await ask(asked, mains, "kv", "put", `after/${dead}/${asked.node.name}`, "1");
    }
    const next = await masterOf(nodes);
    console.log(`  ${master.node.name} was killed: ${next.node.name} is the master`);
  }
  // The mastership goes to each in turn, and those of the first version leave in order.
  for (const { node } of nodes) await ask(nodes[0] as Versioned, [first], "transfer", node.name);
  for (const leaver of [...nodes]) {
    if (nodes.length === 1) break;
    nodes.splice(nodes.indexOf(leaver), 1);
    const { code } = await leaver.cluster.leave(leaver.node);
    expect(code === 0, `${leaver.node.name} leaves`, `exit code ${code}`);
    for (const asked of nodes) {
      await ask(asked, mains, "kv", "put", `left/${leaver.node.name}`, "1");
    }
  }
  const [last] = nodes;
  const keys = await ask(last as Versioned, [second], "kv", "list", "--json");
  console.log(
    `  ${JSON.parse(keys[0] ?? "{}").entries?.length} keys at the last, ${last?.node.name}`,
  );
}

const at = Deno.args.indexOf("--other");
const folder = at < 0 ? undefined : Deno.args[at + 1];
if (folder === undefined) {
  console.error("--other FOLDER: a checkout of the other version is needed");
  Deno.exit(2);
}
const other = new URL(`${folder}/main.ts`, `file://${Deno.cwd()}/`).pathname;
for (let n = 0; n < flagNumber("rounds", 2); n++) {
  const [first, second] = n % 2 === 0 ? [other, OURS] : [OURS, other];
  console.log(`Founded by ${first === OURS ? "this version" : "the other version"}:`);
  await round(first, second);
}
console.log(failures === 0 ? "The two versions work together." : `${failures} did not work`);
Deno.exit(failures === 0 ? 0 : 1);
