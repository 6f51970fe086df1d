import { assert } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { openDataFolder } from "../../lib/io/mod.ts";
import { type Node, type NodeOptions, startNode } from "../../lib/node/mod.ts";
import { eventually } from "./eventually.ts";
import { KillablePorts } from "./killable_ports.ts";
import { KillableStore } from "./killable_store.ts";

/** A node that keeps itself in a folder, and can die and come back. */
export class DurableNode {
  readonly folder = Deno.makeTempDirSync();
  #ports = new KillablePorts();
  #store: KillableStore | undefined;
  #node: Node | undefined;

  get node(): Node {
    assert(this.#node !== undefined, "it was started");
    return this.#node;
  }

  /** @param said gets the warnings. */
  async start(options: NodeOptions = {}, said: string[] = []): Promise<Node> {
    this.#ports = new KillablePorts();
    const store = new KillableStore(await openDataFolder(this.folder));
    this.#store = store;
    const { clock, network, random, ids } = this.#ports;
    this.#node = await startNode({ clock, network, random, ids, store }, {
      port: 0,
      join: [],
      profile: "local",
      ...options,
    }, (event) => event.event === "warning" && said.push(event.message));
    return this.#node;
  }

  /** Ends it as the death of its process would. */
  async die(): Promise<void> {
    this.#store?.die();
    await this.#ports.die();
    this.#node = undefined;
  }

  async end(): Promise<void> {
    await this.#node?.leave();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** Founds a cluster of such nodes, and waits until as many vote as suit. */
export async function durableCluster(count: number): Promise<DurableNode[]> {
  const [first, ...others] = Array.from({ length: count }, () => new DurableNode());
  const founder = await first!.start({ makeMasterOnError: true });
  await Promise.all(others.map((each) => each.start({ join: [parseAddress(founder.address)] })));
  const all = [first!, ...others];
  const suitable = count % 2 === 0 ? count - 1 : count;
  await eventually(
    `${suitable} voters`,
    () => all.every(({ node }) => (node.statusView()["voters"] as string[]).length === suitable),
    all.map(({ node }) => node),
  );
  return all;
}
