import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatAddress, parseAddress, type Ports } from "../../lib/core/mod.ts";
import { openDataFolder, systemPorts } from "../../lib/io/mod.ts";
import { type Node, type NodeOptions, startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, LocalCluster } from "../support/local_cluster.ts";

const USUAL = "127.0.0.1:8001";

/** A machine on which a given node listens at the usual address. */
class Machine implements AsyncDisposable {
  readonly dialled: string[] = [];
  readonly folder = Deno.makeTempDirSync();
  readonly #usual: Node;
  readonly #nodes: Node[] = [];

  constructor(usual: Node) {
    this.#usual = usual;
  }

  /** Starts a node, without a folder when `isDurable` is off. */
  async start(options: NodeOptions, isDurable = true): Promise<Node> {
    const ports: Ports = systemPorts();
    const { network } = ports;
    ports.network = {
      listen: (...given) => network.listen(...given),
      dial: (address, timeout, handler) => {
        const text = formatAddress(address);
        this.dialled.push(text);
        const to = text === USUAL ? parseAddress(this.#usual.address) : address;
        return network.dial(to, timeout, handler);
      },
    };
    if (isDurable) ports.store = await openDataFolder(this.folder);
    const node = await startNode(ports, { port: 0, ...options });
    this.#nodes.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.leave()));
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("a node with a folder does not ask at the usual address, where another cluster may be", async () => {
  await using others = new LocalCluster();
  const stranger = await others.found();
  await using machine = new Machine(stranger);
  const first = await machine.start({ makeMasterOnError: true });
  assert(first.cluster !== stranger.cluster);
  const { id, cluster } = first;
  await first.leave();
  for (const options of [{}, { makeMasterOnError: true }]) {
    const again = await machine.start(options);
    await eventually("it leads itself", () => again.master === id, [again]);
    assertEquals([again.id, again.cluster], [id, cluster]);
    await again.leave();
  }
  assertEquals(machine.dialled.filter((address) => address === USUAL), []);
});

Deno.test("a new folder and no member named: nobody is asked, and the error says what to name", async () => {
  await using others = new LocalCluster();
  await using machine = new Machine(await others.found());
  const error = await failureOf(machine.start({}));
  assertEquals(error.code, "NO_CLUSTER");
  assertStringIncludes(error.message, "--clusterip");
  assertEquals(machine.dialled, []);
});

Deno.test("what is named counts, with a folder or without; the usual address does without one", async () => {
  await using others = new LocalCluster();
  const usual = await others.found();
  await using machine = new Machine(usual);
  assertEquals((await machine.start({}, false)).cluster, usual.cluster);
  const named = await machine.start({ join: [parseAddress(USUAL)] });
  assertEquals(named.cluster, usual.cluster);
});
