import { assertRejects } from "@std/assert";
import type { Address, Link, Millis } from "../../lib/core/mod.ts";
import { type Backlog, hostOf, HostProcess, SimNetwork } from "../../lib/simulation/mod.ts";
import {
  expectQuickAccept,
  type NetworkUnderTest,
  testNetworkCompliance,
} from "../io/network_compliance.ts";
import { NodeWorld } from "../sim/node_world.ts";

/** Simulated milliseconds after which a condition that does not come is a failure. */
const PATIENCE_MS = 10_000;

/** A network with a bug: a connection that died in the queue holds up all behind it. */
class PausingNetwork extends SimNetwork {
  readonly #process: HostProcess;
  readonly #pauseMs: Millis = 100;

  constructor(process: HostProcess) {
    super(process);
    this.#process = process;
  }

  protected override backlog(accept: (link: Link) => void): Backlog {
    const { world } = this.#process;
    let readyAt = 0;
    return {
      add: (link) => {
        if (readyAt <= world.now) accept(link);
        else world.at(readyAt, () => this.#process.perform(() => accept(link)));
      },
      died: () => readyAt = Math.max(readyAt, world.now) + this.#pauseMs,
    };
  }
}

for (
  const [name, loss] of [["simulated network", 0], ["simulated network that loses", 0.2]] as const
) {
  testNetworkCompliance(name, () => simulated(loss));
}

Deno.test("the suite finds an accept that pauses for a dead connection", async () => {
  await expectQuickAccept(simulated(0));
  await assertRejects(
    () => expectQuickAccept(simulated(0, (process) => new PausingNetwork(process))),
    Error,
    "accepted",
  );
});

function simulated(
  loss: number,
  networkOf = (process: HostProcess) => new SimNetwork(process),
): NetworkUnderTest {
  const world = new NodeWorld(7, { loss });
  const process = world.boot(1);
  const network = networkOf(process);
  const reset = (address: Address) =>
    new Promise<void>((resolve, reject) => {
      network.dialAndReset(address, {
        connected: () => resolve(),
        failed: ({ message }) => reject(new Error(message)),
      });
    });
  return {
    network,
    here: { host: process.host, port: 0 },
    nowhere: { host: hostOf(99), port: 1 },
    async connectAndReset(address, times) {
      const all = Array.from({ length: times }, () => reset(address));
      // Of a hundred some lose their first packets again and again, and wait twice as long each
      // time.
      await world.complete(Promise.all(all), 100 * PATIENCE_MS, `${times} resets`);
    },
    now: () => world.now,
    async until(condition, what) {
      const tookMs = await world.runUntil(condition, PATIENCE_MS);
      if (tookMs === undefined) throw new Error(`Waited ${PATIENCE_MS} ms for: ${what}`);
    },
  };
}
