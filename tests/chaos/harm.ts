import { type Random, randomBelow, randomBetween, sample } from "../../lib/core/mod.ts";
import type { ProcessNode } from "../support/process_cluster.ts";
import { type AgreeingCluster, pause } from "./agreeing_cluster.ts";

/** What is done to the processes. */
type Kind =
  | "kill"
  | "kill two"
  | "kill three"
  | "stop"
  | "leave"
  | "leave and return"
  | "transfer"
  | "cut off"
  | "cut one way"
  | "cut in two"
  | "refuse one"
  | "refuse in two"
  | "refuse a pair"
  | "refuse all dials";

/** Of how many nodes the cluster is. */
const NODES = 5;

/** How long a node without a vote of its own takes to be one of five voters again. */
const REPLACED_MS = 60_000;

/** Harms real processes at random, one harm after another, and mends each before the next. */
export class Harm {
  readonly #cluster: AgreeingCluster;
  readonly #random: Random;
  /** Whether a node that is killed comes back with its vote. */
  readonly #isDurable: boolean;
  readonly #counts = new Map<Kind, number>();
  readonly #stopped = new Set<ProcessNode>();

  constructor(cluster: AgreeingCluster, random: Random, isDurable: boolean) {
    this.#cluster = cluster;
    this.#random = random;
    this.#isDurable = isDurable;
  }

  /** Does the next harm, and mends it after a while; says what it did. */
  async next(): Promise<string> {
    const dice = randomBelow(this.#random, 100);
    if (dice < 25) return await this.#kill("kill", 1);
    if (dice < 33) return await this.#kill("kill two", 2);
    // Nobody can agree on anything until one of them is back.
    if (dice < 37 && this.#isDurable) return await this.#kill("kill three", 3);
    if (dice < 50) return await this.#stop();
    if (dice < 56) return await this.#leave();
    if (dice < 62 && this.#isDurable) return await this.#leaveAndReturn();
    if (dice < 68) return await this.#transfer();
    if (dice < 75) return await this.#cut("cut off", 1);
    if (dice < 80) return await this.#cut("cut one way", 1);
    if (dice < 85) return await this.#cut("cut in two", 2);
    if (dice < 89) return await this.#refuse("refuse one", 1, NODES - 1);
    if (dice < 93) return await this.#refuse("refuse in two", 2, NODES - 2);
    if (dice < 97) return await this.#refuse("refuse a pair", 1, 1);
    return await this.#refuseDials();
  }

  /** Whoever is stopped goes on, and whoever is cut off is heard again. */
  async heal(): Promise<void> {
    this.#cluster.network.heal();
    for (const node of this.#stopped) node.signal("SIGCONT");
    this.#stopped.clear();
    await pause(0);
  }

  /** How often each was done. */
  summary(): string {
    return [...this.#counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
  }

  async #kill(kind: Kind, count: number): Promise<string> {
    const victims = await this.#victims(count);
    await Promise.all(victims.map((victim) => this.#cluster.processes.kill(victim)));
    await pause(randomBetween(this.#random, 0, 5_000));
    for (const { name } of victims) {
      await (this.#isDurable ? this.#cluster.start(name) : this.#cluster.add());
    }
    // Without data folders a second loss might take the majority with it.
    if (!this.#isDurable) await this.#cluster.settled(5, REPLACED_MS);
    return this.#did(kind, victims);
  }

  async #stop(): Promise<string> {
    const victim = await this.#victim();
    victim.signal("SIGSTOP");
    this.#stopped.add(victim);
    await pause(randomBetween(this.#random, 50, 6_000));
    await this.heal();
    return this.#did("stop", [victim]);
  }

  /** Nothing passes between some and the rest, while their clients reach them all. */
  async #cut(kind: Kind, count: number): Promise<string> {
    const victims = await this.#victims(count);
    const rest = this.#cluster.nodes.filter((node) => !victims.includes(node));
    const isOneWay = kind === "cut one way";
    const isMute = this.#random.next() < 0.5;
    if (isOneWay && !isMute) this.#cluster.network.cut(rest, victims, isOneWay);
    else this.#cluster.network.cut(victims, rest, isOneWay);
    await pause(randomBetween(this.#random, 50, 10_000));
    await this.heal();
    // Whom the others took for dead lost its vote.
    if (!this.#isDurable) await this.#cluster.settled(5, REPLACED_MS);
    return this.#did(kind, victims);
  }

  /**
   * Connections between some and others are reset, and new ones refused, while clients reach them
   * all.
   */
  async #refuse(kind: Kind, count: number, otherCount: number): Promise<string> {
    const victims = await this.#victims(count);
    const rest = this.#cluster.nodes.filter((node) => !victims.includes(node));
    this.#cluster.network.refuse(victims, sample(this.#random, rest, otherCount));
    await pause(randomBetween(this.#random, 50, 10_000));
    await this.heal();
    if (!this.#isDurable) await this.#cluster.settled(5, REPLACED_MS);
    return this.#did(kind, victims);
  }

  /** Nothing listens at a member's address any more, while it dials whom it likes. */
  async #refuseDials(): Promise<string> {
    const victim = await this.#victim();
    this.#cluster.network.deafen(victim);
    await pause(randomBetween(this.#random, 50, 10_000));
    await this.heal();
    if (!this.#isDurable) await this.#cluster.settled(5, REPLACED_MS);
    return this.#did("refuse all dials", [victim]);
  }

  async #leaveAndReturn(): Promise<string> {
    const victim = await this.#victim();
    await this.#cluster.processes.leave(victim);
    await pause(randomBetween(this.#random, 0, 3_000));
    await this.#cluster.start(victim.name);
    return this.#did("leave and return", [victim]);
  }

  async #leave(): Promise<string> {
    const victim = await this.#victim();
    await this.#cluster.processes.leave(victim);
    await this.#cluster.add();
    if (!this.#isDurable) await this.#cluster.settled(5, REPLACED_MS);
    return this.#did("leave", [victim]);
  }

  async #transfer(): Promise<string> {
    const [asked] = sample(this.#random, this.#cluster.nodes, 1) as [ProcessNode];
    const { client } = this.#cluster.through(asked);
    const call = { service: "muster.transfer", node: client.node.id, body: {} };
    await client.call(call).catch(() => {});
    return this.#did("transfer", [asked]);
  }

  async #victims(count: number): Promise<ProcessNode[]> {
    const first = await this.#victim();
    return [first, ...sample(this.#random, this.#cluster.without(first), count - 1)];
  }

  /** The master, every other time: it is whose loss matters. */
  async #victim(): Promise<ProcessNode> {
    const [any] = sample(this.#random, this.#cluster.nodes, 1) as [ProcessNode];
    if (this.#random.next() < 0.5) return any;
    return await this.#cluster.master().catch(() => any);
  }

  #did(kind: Kind, victims: readonly ProcessNode[]): string {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    return `${kind} ${victims.map(({ name }) => name).join(" and ")}`;
  }
}
