import { testNetworkCompliance } from "../io/network_compliance.ts";
import { hostOf, SimWorld } from "./sim_world.ts";

/** Simulated milliseconds after which a condition that does not come is a failure. */
const PATIENCE_MS = 10_000;

for (
  const [name, loss] of [["simulated network", 0], ["simulated network that loses", 0.2]] as const
) {
  testNetworkCompliance(name, () => {
    const world = new SimWorld(7, { loss });
    const process = world.boot(1);
    return {
      network: process.ports.network,
      here: { host: process.host, port: 0 },
      nowhere: { host: hostOf(99), port: 1 },
      async until(condition, what) {
        const tookMs = await world.runUntil(condition, PATIENCE_MS);
        if (tookMs === undefined) throw new Error(`Waited ${PATIENCE_MS} ms for: ${what}`);
      },
    };
  });
}
