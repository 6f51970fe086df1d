/**
 * What somebody who may do nothing costs three real nodes under 20 puts a second (loopback only):
 *
 *     deno run --allow-all scripts/prove/hostile.ts [--seconds 20]
 *
 * One node, the master, is attacked in each way for so long: 100 connections a second that are
 * reset while they wait, frames of 1 MiB of every shape that costs something to parse, and 4,096
 * connections at once that say nothing. Promised: no put takes over 0.5 s, and nobody is suspected.
 */
import { connect } from "node:net";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { StateClient } from "../../tests/chaos/state_client.ts";
import { ProcessCluster, type ProcessNode } from "../../tests/support/process_cluster.ts";
import { hostileShapes } from "./hostile_shapes.ts";
import { flagNumber, row, TABLE_HEAD } from "./table.ts";

const PUT_INTERVAL_MS = 50;
const RESETS_A_SECOND = 100;
const IDLE_CONNECTIONS = 4_096;
/** Milliseconds until a put that is not answered counts as lost. */
const PUT_MS = 5_000;

/** An attack; it goes on until the signal. */
type Attack = (port: number, signal: AbortSignal) => Promise<void>;

async function resets(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    socket.on("error", () => {});
    await pause(1_000 / RESETS_A_SECOND);
  }
}

/** One connection after another sends one shape after another, as fast as they are read. */
async function shapes(port: number, signal: AbortSignal): Promise<void> {
  const frames = hostileShapes().map(({ frame }) => frame);
  for (let at = 0; !signal.aborted; at++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const close = () => conn.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const isOver = drain(conn);
      const hello = { type: "hello", protocol: 1, role: "client", batch: true };
      await write(conn, frameOf(JSON.stringify(hello)));
      const shape = frames[at % frames.length] as Uint8Array;
      // What is no more than costly is taken as often as it is read.
      for (let times = 0; times < 5; times++) await write(conn, shape);
      await Promise.race([isOver, pause(100)]);
    } catch {
      // It was refused for what it sent: the next one comes.
    }
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

async function idle(port: number, signal: AbortSignal): Promise<void> {
  const open = new Set<Deno.TcpConn>();
  while (!signal.aborted) {
    const missing = Math.min(64, IDLE_CONNECTIONS - open.size);
    await Promise.all(Array.from({ length: missing }, async () => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      if (conn === undefined) return;
      open.add(conn);
      void drain(conn).finally(() => open.delete(conn) && conn.close());
    }));
    await pause(missing === 0 ? 50 : 1);
  }
  for (const conn of open) {
    open.delete(conn);
    conn.close();
  }
}

/** Reads what comes, in the background, until the other side closes. */
function drain(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  const read = async () => {
    while (await conn.read(buffer) !== null);
  };
  return Promise.resolve(read().catch(() => {}));
}

async function write(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function frameOf(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const frame = new Uint8Array(4 + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, 4);
  return frame;
}

/** How long each put took, 20 a second, whatever became of the one before. */
async function putsUnder(state: StateClient, durationMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  const puts: Promise<void>[] = [];
  const endsAt = performance.now() + durationMs;
  for (let n = 0; performance.now() < endsAt; n++) {
    const begunAt = performance.now();
    const put = state.put(`hostile/${n % 100}`, n);
    puts.push(
      put.then(() => {}, (error) => console.error(`a put failed: ${error.message}`)).then(() => {
        tookMs.push(performance.now() - begunAt);
      }),
    );
    await pause(Math.max(0, begunAt + PUT_INTERVAL_MS - performance.now()));
  }
  await Promise.all(puts);
  return tookMs;
}

function doubts(cluster: ProcessCluster, since: number): number {
  const isDoubt = ({ at, event }: ProcessNode["events"][number]) =>
    at >= since && (event["change"] === "suspect" || event["change"] === "dead");
  return cluster.nodes.reduce((sum, { events }) => sum + events.filter(isDoubt).length, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (Deno.args.includes("--attack")) {
  // In a process of its own, so that what it does costs the puts no turn of their event loop.
  const [, name, port, durationMs] = Deno.args;
  const attacks: Record<string, Attack> = { resets, shapes, idle };
  const stop = AbortSignal.timeout(Number(durationMs));
  await (attacks[name as string] as Attack)(Number(port), stop);
  Deno.exit(0);
}

const durationMs = flagNumber("seconds", 20) * 1_000;
await using cluster = new ProcessCluster();
const master = await cluster.start("n1");
const second = await cluster.start("n2", master);
await cluster.start("n3", master);
await Promise.all(cluster.nodes.map((node) => node.voters(3)));
const address = parseAddress(second.address);
const client = await Client.connect(systemPorts(), [address]);
const state = new StateClient(client, PUT_MS);
console.log(
  "shapes of 1 MiB, ms to judge each here: " +
    hostileShapes().map(({ name, judgedMs }) => `${name} ${judgedMs.toFixed(1)}`).join(", "),
);
console.log(TABLE_HEAD);
let worstMs = 0;
let doubted = 0;
for (
  const [name, what] of [
    ["none", "puts, undisturbed"],
    ["resets", `puts, ${RESETS_A_SECOND} resets a second`],
    ["shapes", "puts, frames of 1 MiB of every shape"],
    ["idle", `puts, ${IDLE_CONNECTIONS} idle connections`],
  ] as const
) {
  const { port } = parseAddress(master.address);
  const since = performance.now();
  const attacker = name === "none" ? undefined : new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-all",
      import.meta.url,
      "--attack",
      name,
      String(port),
      String(durationMs),
    ],
  }).spawn();
  const tookMs = await putsUnder(state, durationMs);
  await attacker?.status;
  const wrong = doubts(cluster, since);
  console.log(row(`${what}; doubts: ${wrong}`, tookMs, "< 500 ms, nobody suspected"));
  if (name !== "none") worstMs = Math.max(worstMs, ...tookMs);
  doubted += wrong;
}
await client.close();
if (worstMs > 500 || doubted > 0) Deno.exitCode = 1;
