import { ClusterError, join, type JoinOptions, type Node } from "../../lib/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client, startNode } from "../../lib/node/mod.ts";
import { eventually } from "./eventually.ts";
import { KillablePorts } from "./killable_ports.ts";

/** Nodes of one cluster in this process, on loopback; all leave when it is disposed of. */
export class LocalCluster implements AsyncDisposable {
  readonly #nodes: Node[] = [];
  readonly #clients: Client[] = [];
  readonly #killables = new Map<Node, KillablePorts>();

  /** The nodes that were started here and have not been crashed, in the order of their start. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** Founds a cluster. */
  found(options: JoinOptions = {}): Promise<Node> {
    return this.#add(join({ port: 0, clusterip: [], makeMasterOnError: true, ...options }));
  }

  /** Joins through a node. */
  join(through: Node | string, options: JoinOptions = {}): Promise<Node> {
    const address = typeof through === "string" ? through : through.address;
    return this.#add(join({ port: 0, clusterip: [address], ...options }));
  }

  /** Founds a cluster and joins it with the rest of the names; all see all when it returns. */
  async start(...names: string[]): Promise<Node[]> {
    const [first = "a", ...rest] = names;
    const founder = await this.found({ name: first });
    for (const name of rest) await this.join(founder, { name });
    await this.settled();
    return [...this.#nodes];
  }

  /** Joins with a node that `crash` can end. */
  joinKillable(through: Node, options: { name?: string; port?: number } = {}): Promise<Node> {
    const ports = new KillablePorts();
    const { name, port = 0 } = options;
    return this.#add(
      startNode(ports, {
        port,
        join: [parseAddress(through.address)],
        ...(name === undefined ? {} : { name }),
      }).then((node) => {
        this.#killables.set(node, ports);
        return node;
      }),
    );
  }

  /** Ends a node of `joinKillable` as if its process were killed. */
  async crash(node: Node): Promise<void> {
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    await this.#killables.get(node)?.die();
  }

  /** Breaks all links of a node of `joinKillable`, which goes on. */
  breakLinks(node: Node): void {
    this.#killables.get(node)?.breakLinks();
  }

  /** Connects a client to a member. */
  async client(to: Node): Promise<Client> {
    const client = await Client.connect(systemPorts(), [parseAddress(to.address)]);
    this.#clients.push(client);
    return client;
  }

  /** Waits until all nodes agree on who is alive: exactly all of them. */
  settled(timeoutMs = 5_000): Promise<number> {
    const wanted = this.#nodes.map((node) => node.id).sort().join();
    return eventually(
      `${this.#nodes.length} nodes see each other`,
      () => this.#nodes.every((node) => aliveIds(node) === wanted),
      this.#nodes,
      timeoutMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#nodes.map((node) => node.leave()));
  }

  async #add(starting: Promise<Node>): Promise<Node> {
    const node = await starting;
    this.#nodes.push(node);
    return node;
  }
}

/** The ids of those whom a node holds for alive, as one text. */
export function aliveIds(node: Node): string {
  return node.members.filter(({ state }) => state === "alive").map(({ id }) => id).sort().join();
}

/** What a node believes of a member. */
export function stateOf(node: Node, member: string): string | undefined {
  return node.members.find(({ id, name }) => id === member || name === member)?.state;
}

/** The cluster error that a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

/** An address of this machine where nothing listens. */
export function deadAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `127.0.0.1:${port}`;
}
