import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client } from "../../lib/node/mod.ts";

/** Connects a client to the member at an address. */
export function connectClient(address: string): Promise<Client> {
  return Client.connect(systemPorts(), [parseAddress(address)], 10_000);
}
