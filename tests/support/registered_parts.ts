import { systemPorts } from "../../lib/io/mod.ts";
import { MemoryStore } from "../../lib/consensus/mod.ts";
import type { RequestTarget } from "../../lib/admin/mod.ts";
import { compose, Lifecycle } from "../../lib/node/mod.ts";
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
  const life = new Lifecycle(systemPorts(), options, new MemoryStore());
  const parts = compose(life, { target: {} as RequestTarget });
  await life.run(parts);
  const { router: { registered: messages }, rpc: { registry: { registered: services } } } = parts;
  await life.end("only asked what it declares");
  return { messages, services };
}
