import { assertRejects } from "@std/assert";
import {
  expectQuickAccept,
  type NetworkUnderTest,
  testNetworkCompliance,
} from "../io/network_compliance.ts";
import { type NetworkBug, SimNetwork } from "./sim_network.ts";
import { hostOf, SimWorld } from "./sim_world.ts";

/** Simulated milliseconds after which a condition that does not come is a failure. */
const PATIENCE_MS = 10_000;

for (
  const [name, loss] of [["simulated network", 0], ["simulated network that loses", 0.2]] as const
) {
  testNetworkCompliance(name, () => simulated(loss));
}

Deno.test("the suite finds an accept that pauses for a dead connection", async () => {
  await expectQuickAccept(simulated(0));
  await assertRejects(
    () => expectQuickAccept(simulated(0, { deadPauseMs: 100 })),
    Error,
    "accepted",
  );
});

function simulated(loss: number, bug?: NetworkBug): NetworkUnderTest {
  const world = new SimWorld(7, { loss });
  const process = world.boot(1);
  const network = new SimNetwork(process, bug);
  return {
    network,
    here: { host: process.host, port: 0 },
    nowhere: { host: hostOf(99), port: 1 },
    async connectAndReset(address, times) {
      const all = Array.from({ length: times }, () => network.connectAndReset(address));
      // Of a hundred some lose their first packets again and again, and wait twice as long each time.
      await world.complete(Promise.all(all), 100 * PATIENCE_MS, `${times} resets`);
    },
    now: () => world.now,
    async until(condition, what) {
      const tookMs = await world.runUntil(condition, PATIENCE_MS);
      if (tookMs === undefined) throw new Error(`Waited ${PATIENCE_MS} ms for: ${what}`);
    },
  };
}
