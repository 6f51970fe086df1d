import { systemPorts } from "../../lib/io/mod.ts";
import { MemoryStore } from "../../lib/consensus/mod.ts";
import { Node, NodeCore } from "../../lib/node/mod.ts";
import type { RegisteredService } from "../../lib/rpc/mod.ts";
import type { RegisteredMessage } from "../../lib/transport/mod.ts";

/** What the parts of a node declare: the messages that they answer, and their system services. */
export interface RegisteredParts {
  readonly messages: readonly RegisteredMessage[];
  readonly services: readonly RegisteredService[];
}

/** Reads it from a node that founds a cluster for a moment. */
export async function registeredParts(): Promise<RegisteredParts> {
  const options = { port: 0, join: [], makeMasterOnError: true };
  const core = new NodeCore(systemPorts(), options, new MemoryStore(), Node.prototype);
  await core.start();
  const { router: { registered: messages }, rpc: { registry: { registered: services } } } = core;
  await core.end("only asked what it declares");
  return { messages, services };
}
