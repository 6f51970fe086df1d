/**
 * Starts a hundred nodes, a few a second, on one machine that is too small for them (loopback
 * only):
 *
 *     deno run --allow-all scripts/prove/crowd.ts [--nodes 100] [--rate 5] [--seconds 20] [--main MAIN]
 *
 * Prints how many gave up joining, how often one that runs was held for dead, and how often it was
 * suspected; so many seconds after the last start it stops. `--main` names the program of another
 * version, to compare.
 */
import { flagNumber } from "./table.ts";

/** Bounds what a slip of the finger starts: a node takes 60 MB. */
const NODES_MAX = 120;
const OURS = new URL("../../main.ts", import.meta.url).pathname;

/** A node in a process of its own, and what it said. */
interface Started {
  child: Deno.ChildProcess;
  startedAt: number;
  readyAt: number | undefined;
  address: string;
  suspicions: number;
  /** Whom it held for dead. */
  deaths: string[];
  /** Its last words. */
  failure: string;
  code: number | undefined;
}

function start(main: string, name: string, ...flags: string[]): Started {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-net", main, "--myport", "0", "--name", name]
      .concat("--log", "json", flags),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const node: Started = {
    child,
    startedAt: performance.now(),
    readyAt: undefined,
    address: "",
    suspicions: 0,
    deaths: [],
    failure: "",
    code: undefined,
  };
  void readLines(child.stdout, (line) => heard(node, line));
  void readLines(child.stderr, (line) => node.failure = `${node.failure} ${line}`.trim());
  void child.status.then(({ code }) => node.code = code);
  return node;
}

function heard(node: Started, line: string): void {
  let event: { event?: string; change?: string; address?: string; member?: { name: string } };
  try {
    event = JSON.parse(line);
  } catch {
    return;
  }
  if (event.event === "ready") {
    node.readyAt = performance.now();
    node.address = String(event.address);
  }
  if (event.change === "suspect") node.suspicions++;
  if (event.change === "dead") node.deaths.push(String(event.member?.name));
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  heard: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) heard(line);
  }
  if (rest !== "") heard(rest);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const at = Deno.args.indexOf("--main");
const main = at < 0 ? OURS : String(Deno.args[at + 1]);
const count = Math.min(flagNumber("nodes", 100), NODES_MAX);
const rate = flagNumber("rate", 5);
const nodes = [start(main, "n0", "--makeMasterOnError", "--clusterip", "127.0.0.1:1")];
try {
  const [founder] = nodes as [Started];
  for (let waited = 0; founder.readyAt === undefined && waited < 60_000; waited += 50) {
    await pause(50);
  }
  if (founder.readyAt === undefined) throw new Error(`Nobody founds: ${founder.failure}`);
  for (let n = 1; n < count; n++) {
    nodes.push(start(main, `n${n}`, "--clusterip", founder.address));
    await pause(1_000 / rate);
  }
  await pause(flagNumber("seconds", 20) * 1_000);

  const running = new Set(nodes.flatMap((node, n) => node.code === undefined ? [`n${n}`] : []));
  const wrong = nodes.flatMap(({ deaths }) => deaths.filter((name) => running.has(name)));
  const ended = nodes.filter(({ code }) => code !== undefined);
  const readyMs = nodes.slice(1).flatMap(({ readyAt, startedAt }) =>
    readyAt === undefined ? [] : [readyAt - startedAt]
  ).sort((a, b) => a - b);
  const quantile = (share: number) => (readyMs[Math.floor(share * readyMs.length)] ?? NaN) / 1_000;
  console.log(
    `${nodes.length} nodes, ${rate} a second: ${readyMs.length + 1} ready ` +
      `(median ${quantile(0.5).toFixed(1)} s, worst ${
        quantile(0.9999).toFixed(1)
      } s after the start), ` +
      `${ended.length} gave up, ${
        nodes.length - ended.length - readyMs.length - 1
      } still joining; ` +
      `${wrong.length} wrong deaths of ${new Set(wrong).size} members that ran, ` +
      `${nodes.reduce((sum, { suspicions }) => sum + suspicions, 0)} suspicions`,
  );
  for (const reason of new Set(ended.map(({ code, failure }) => `${code}: ${failure}`))) {
    console.log(`  gave up: ${reason.slice(0, 400)}`);
  }
  if (ended.length > 0 || wrong.length > 0) Deno.exitCode = 1;
} finally {
  for (const { child, code } of nodes) if (code === undefined) child.kill("SIGKILL");
  await Promise.all(nodes.map(({ child }) => child.status));
}
