import type { BelongingOwner } from "../membership/mod.ts";
import type { VoterNames } from "../consensus/mod.ts";
import { TwinWatch } from "../bootstrap/mod.ts";
import type { NodeCore } from "./node_core.ts";

/**
 * What a node's place in its cluster needs of the node.
 *
 * @param names what voters are called.
 * @param left called when its leave is done.
 */
export function belongingOwnerOf(
  core: NodeCore,
  names: VoterNames,
  left: () => void,
): BelongingOwner {
  const { ports, store, peers, events, rpc } = core;
  const twin = new TwinWatch(ports, core, (error) => core.end(error.message, error));
  return {
    ports,
    store,
    peers,
    events,
    names,
    isLeaving: () => core.phase === "leaving",
    rpc: rpc.client,
    left,
    elsewhere: (address) => void twin.look(address),
    forcedOut: (error) => void core.end(error.message, error),
  };
}
