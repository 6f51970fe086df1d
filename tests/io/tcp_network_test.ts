import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import type { Address } from "../../lib/core/mod.ts";
import { acceptAll } from "../../lib/io/accept_loop.ts";
import { TcpNetwork } from "../../lib/io/mod.ts";
import { testNetworkCompliance } from "./network_compliance.ts";
import { until } from "./until.ts";

testNetworkCompliance("TCP", () => ({
  network: new TcpNetwork(),
  here: { host: "127.0.0.1", port: 0 },
  // A name that is malformed fails without asking anybody.
  nowhere: { host: "no such host", port: 1 },
  connectAndReset,
  now: () => performance.now(),
  until,
}));

testNetworkCompliance("TCP over IPv6", () => ({
  network: new TcpNetwork(),
  here: { host: "::1", port: 0 },
  connectAndReset,
  now: () => performance.now(),
  until,
}));

const DEAD = () => new Deno.errors.NotConnected("Transport endpoint is not connected");
const CLOSED = () => new Deno.errors.BadResource("closed");
const OUT = () => Object.assign(new Error("Too many open files"), { code: "EMFILE" });

Deno.test("an accept that fails is tried again at once, unless no file is left", async () => {
  const outcomes = [DEAD, DEAD, OUT, OUT, DEAD, "a connection", "another"];
  const seen = await accepting(outcomes);
  assertEquals(seen.accepted, ["a connection", "another"]);
  assertEquals(seen.outOfFiles, 2);
  // Two pauses of 0.1 s for the files, and none for the dead.
  assertEquals(seen.tookMs >= 190, true);
  assertEquals((await accepting([...Array(50).fill(DEAD), "alive"])).tookMs < 1_000, true);
});

Deno.test("an accept that pauses for a dead connection is found", async () => {
  const outcomes = [...Array(5).fill(DEAD), "alive"];
  assertEquals((await accepting(outcomes, () => 100)).tookMs > 450, true);
});

Deno.test("connections that come at once leave others turns between them, and most of the time", async () => {
  const arrivals = 100;
  let accepted = 0;
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  let workMs = 0;
  const begunAt = performance.now();
  await acceptAll<void>({
    accept: () => accepted < arrivals ? Promise.resolve() : Promise.reject(CLOSED()),
  }, {
    accepted() {
      accepted++;
      const since = performance.now();
      // Work of half a millisecond.
      while (performance.now() < since + 0.5);
      workMs += performance.now() - since;
    },
    outOfFiles: () => {},
  });
  isOver = true;
  assert(turns >= 5, `${turns} turns while ${arrivals} connections came`);
  const tookMs = performance.now() - begunAt;
  assert(tookMs >= 1.8 * workMs, `${tookMs} ms for work of ${workMs} ms`);
});

/** What came of accepting, where each attempt ends as listed and then the listener closes. */
async function accepting(
  outcomes: ReadonlyArray<string | (() => Error)>,
  pauseMs?: () => number,
): Promise<{ accepted: string[]; outOfFiles: number; tookMs: number }> {
  const left = [...outcomes];
  const seen = { accepted: [] as string[], outOfFiles: 0, tookMs: 0 };
  const begunAt = performance.now();
  await acceptAll<string>({
    accept() {
      const outcome = left.shift() ?? CLOSED;
      return typeof outcome === "string" ? Promise.resolve(outcome) : Promise.reject(outcome());
    },
  }, {
    accepted: (conn) => seen.accepted.push(conn),
    outOfFiles: () => seen.outOfFiles++,
    ...(pauseMs === undefined ? {} : { pauseMs }),
  });
  seen.tookMs = performance.now() - begunAt;
  return seen;
}

/** A reset as soon as a connection is made: what `SO_LINGER` of 0 and a close do. */
const RESETS = `
  import { connect } from "node:net";
  const [host, port, times] = Deno.args;
  for (let time = 0; time < Number(times); time++) {
    await new Promise((resolve) => {
      const socket = connect(Number(port), host, () => socket.resetAndDestroy());
      socket.on("close", resolve);
    });
  }`;

/** Another process resets its connections while this one stands still: so they die in the queue. */
function connectAndReset({ host, port }: Address, times: number): Promise<void> {
  const args = ["eval", "--no-lock", RESETS, "--", host, `${port}`, `${times}`];
  const { success, stderr } = new Deno.Command(Deno.execPath(), { args }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  return Promise.resolve();
}
