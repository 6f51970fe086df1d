/**
 * The world: TCP, the disk, the machine's clocks and entropy, as the ports that `core` names.
 *
 * Nothing else in the program touches them, and only the composition root (`lib/mod.ts` and the
 * command line) imports this folder: a node that is given other ports runs in a simulator.
 *
 * @module
 */
import type { Ports } from "../core/mod.ts";
import { SystemClock } from "./system_clock.ts";
import { SystemIds, SystemRandom } from "./system_entropy.ts";
import { TcpNetwork } from "./tcp_network.ts";

export * from "./data_folder.ts";
export * from "./system_clock.ts";
export * from "./system_entropy.ts";
export * from "./tcp_limits.ts";
export * from "./tcp_link.ts";
export * from "./tcp_network.ts";

/** This machine's own ports. */
export function systemPorts(): Ports {
  return {
    clock: new SystemClock(),
    random: new SystemRandom(),
    ids: new SystemIds(),
    network: new TcpNetwork(),
  };
}
