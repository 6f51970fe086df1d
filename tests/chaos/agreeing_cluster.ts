import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client, type MembersView } from "../../lib/node/mod.ts";
import { ProcessCluster, type ProcessNode } from "../support/process_cluster.ts";
import { RelayedNetwork } from "./relayed_network.ts";
import { StateClient } from "./state_client.ts";

/** Between two looks at what members say, in milliseconds. */
const LOOK_MS = 20;

/** Real processes, a client to each, and what they say about the master. */
export class AgreeingCluster implements AsyncDisposable {
  readonly processes: ProcessCluster = new ProcessCluster();
  /** What lies between the nodes; they talk without anything in between unless `isRelayed`. */
  readonly network: RelayedNetwork = new RelayedNetwork();
  readonly #isRelayed: boolean;
  readonly #folder: string | undefined;
  readonly #clients = new Map<ProcessNode, StateClient>();
  /** All that ever ran, the dead too: what they printed counts. */
  readonly #everybody: ProcessNode[] = [];
  #lastName = 0;

  /**
   * @param folder where each node has a data folder; without it they keep everything in memory.
   * @param isRelayed whether they can be cut from each other.
   */
  constructor(folder?: string, { isRelayed = false } = {}) {
    this.#folder = folder;
    this.#isRelayed = isRelayed;
  }

  /** Starts so many nodes and waits until `voters` of them vote. */
  static async of(
    nodes: number,
    voters: number,
    folder?: string,
    options: { isRelayed?: boolean } = {},
  ): Promise<AgreeingCluster> {
    const cluster = new AgreeingCluster(folder, options);
    await cluster.add();
    await Promise.all(Array.from({ length: nodes - 1 }, () => cluster.add()));
    await cluster.settled(voters);
    return cluster;
  }

  /** The nodes that run. */
  get nodes(): ProcessNode[] {
    return this.processes.nodes;
  }

  /** Starts one more node, and connects a client to it. */
  async add(): Promise<ProcessNode> {
    return await this.start(`n${++this.#lastName}`);
  }

  /** Starts a node of that name: the same node as before when it has a data folder. */
  async start(name: string, through?: ProcessNode): Promise<ProcessNode> {
    const data = this.#folder === undefined ? [] : ["--data", `${this.#folder}/${name}`];
    const relay = this.#isRelayed ? this.network.relay() : undefined;
    const advertise = relay === undefined ? [] : ["--advertise", relay.address];
    const flags = [...data, ...advertise];
    const node = await this.processes.start(name, through ?? this.nodes[0], ...flags);
    if (relay !== undefined) this.network.attach(relay, node);
    this.#everybody.push(node);
    // Its clients reach a node also while the other nodes do not.
    const client = await Client.connect(systemPorts(), [parseAddress(node.listening)], 10_000);
    this.#clients.set(node, new StateClient(client));
    return node;
  }

  /** The state, through that node. */
  through(node: ProcessNode): StateClient {
    return this.#clients.get(node) as StateClient;
  }

  /** What a node says of everybody. */
  async view(node: ProcessNode): Promise<MembersView> {
    const { client } = this.through(node);
    return await client.request({ type: "members" }, 5_000) as unknown as MembersView;
  }

  /** Waits until all that run agree on one master that runs, and on so many living voters. */
  async settled(voters: number, timeoutMs = 30_000): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    while (true) {
      const views = await Promise.all(this.nodes.map((node) => this.view(node)));
      if (isSettled(views, this.nodes, voters)) return;
      if (performance.now() > giveUpAt) {
        throw new Error(
          `Not ${voters} voters in ${timeoutMs} ms: ${views.map(inShort).join("; ")}`,
        );
      }
      await pause(LOOK_MS);
    }
  }

  /** The master, as the first node that knows a running one says. */
  async master(): Promise<ProcessNode> {
    for (const node of this.nodes) {
      const { master } = await this.view(node);
      const found = this.nodes.find(({ id }) => id === master);
      if (found !== undefined) return found;
    }
    throw new Error("There is no master");
  }

  /** All nodes but that one. */
  without(node: ProcessNode): ProcessNode[] {
    return this.nodes.filter((each) => each !== node);
  }

  /**
   * Writes through a node until it succeeds, each time a new value.
   *
   * @param since what to count from, on `performance.now()`.
   * @returns the milliseconds until a write was acknowledged.
   * @throws {Error} the last failure, when none succeeds in time.
   */
  async writes(node: ProcessNode, since: number, timeoutMs = 20_000): Promise<number> {
    for (let attempt = 1;; attempt++) {
      try {
        await this.through(node).put("chaos/writes", `${node.name} ${since} ${attempt}`);
        return performance.now() - since;
      } catch (error) {
        if (performance.now() - since > timeoutMs) throw error;
      }
    }
  }

  /**
   * The masters of each term, of which somebody ever said so; election safety: at most one each.
   */
  mastersByTerm(): Map<number, Set<string>> {
    const masters = new Map<number, Set<string>>();
    for (const { events } of this.#everybody) {
      for (const { event } of events) {
        if (event["event"] !== "master" || event["master"] === null) continue;
        const term = Number(event["term"]);
        masters.set(term, (masters.get(term) ?? new Set()).add(String(event["master"])));
      }
    }
    return masters;
  }

  /** @throws {Error} when a term had two masters. */
  expectOneMasterATerm(): void {
    for (const [term, masters] of this.mastersByTerm()) {
      if (masters.size > 1) throw new Error(`Term ${term} had ${[...masters].join(" and ")}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.network[Symbol.dispose]();
    await this.processes[Symbol.asyncDispose]();
    await Promise.all([...this.#clients.values()].map(({ client }) => client.close()));
  }
}

/** Waits a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isSettled(views: MembersView[], nodes: ProcessNode[], voters: number): boolean {
  const [first] = views;
  return nodes.some(({ id }) => id === first?.master) && views.every((view) => {
    const counted = view.members.filter(({ role }) => role === "master" || role === "voter");
    const alive = view.members.filter(({ state }) => state === "alive");
    return view.master === first?.master && view.term === first.term &&
      counted.length === voters && counted.every(({ state }) => state === "alive") &&
      alive.length === nodes.length;
  });
}

function inShort({ master, term, members }: MembersView): string {
  const each = members.map(({ name, state, role }) => `${name} ${state} ${role}`).join(", ");
  return `term ${term}, master ${master}: ${each}`;
}
