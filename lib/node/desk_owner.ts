import type { ServiceDeskOwner } from "../rpc/mod.ts";
import type { NodeCore } from "./node_core.ts";

/** What the service desk of a node needs of it. */
export function deskOwnerOf(core: NodeCore): ServiceDeskOwner {
  return {
    id: core.id,
    get name() {
      return core.self.name;
    },
    tags: core.options.tags,
    ports: core.ports,
    peers: core.peers,
    calls: core.calls,
    directory: () => core.belong().directory,
    clusterService: (service) => core.belonging?.governance.services.get(service),
    offersChanged: () => core.belonging?.step({ type: "describe", services: core.desk.names }),
  };
}
