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
  | "transfer"
  | "cut off"
  | "cut one way"
  | "cut in two";

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
    if (dice < 35) return await this.#kill("kill", 1);
    if (dice < 45) return await this.#kill("kill two", 2);
    // Nobody can agree on anything until one of them is back.
    if (dice < 50 && this.#isDurable) return await this.#kill("kill three", 3);
    if (dice < 65) return await this.#stop();
    if (dice < 73) return await this.#leave();
    if (dice < 80) return await this.#transfer();
    if (dice < 88) return await this.#cut("cut off", 1);
    if (dice < 94) return await this.#cut("cut one way", 1);
    return await this.#cut("cut in two", 2);
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
