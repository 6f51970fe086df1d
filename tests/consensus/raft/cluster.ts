import {
  Consensus,
  type ConsensusEffect,
  type ConsensusInput,
  type ConsensusMessage,
  type ConsensusTiming,
  type Entry,
  type Rules,
} from "../../../lib/consensus/raft/mod.ts";
import { type Message, SeededRandom } from "../../../lib/core/mod.ts";
import { TIMING } from "./single_machine.ts";
import { Alarm, Cuts, SimWorld } from "../../../lib/simulation/mod.ts";

/** How long something is under way, ms. */
export type Delay = (random: SeededRandom, message: ConsensusMessage | undefined) => number;

/** What a cluster is made of. */
export interface ClusterOptions {
  voters: string[];
  /** Nodes that run without being in the configuration. */
  others?: string[];
  seed?: number;
  timing?: ConsensusTiming;
  /**
   * One way of a message (or the news of a broken link), ms, with the sender's disk before it
   * (default 1).
   */
  delay?: Delay;
  rules?: Partial<Rules>;
  trailingEntries?: number;
  /** The further tables of the state that a node knows, by its id. */
  tables?: Readonly<Record<string, readonly string[]>>;
}

/** One node and what it has done. */
export interface ClusterNode {
  id: string;
  machine: Consensus;
  isUp: boolean;
  applied: Entry[];
  effects: ConsensusEffect[];
  alarm: Alarm;
}

/** A cluster without chance but its seed: what scenarios, traces and measurements are told with. */
export class Cluster {
  readonly nodes = new Map<string, ClusterNode>();
  readonly random: SeededRandom;
  readonly cuts = new Cuts<string>();
  /** Sees each input with its effects. */
  watch:
    | ((node: ClusterNode, input: ConsensusInput, effects: ConsensusEffect[]) => void)
    | undefined;
  readonly #world: SimWorld;
  readonly #delay: Delay;
  #lastRequest = 0;

  constructor(options: ClusterOptions) {
    const { voters, others = [], seed = 1 } = options;
    this.random = new SeededRandom(seed);
    this.#world = new SimWorld(this.random);
    this.#delay = options.delay ?? (() => 1);
    for (const id of [...voters, ...others]) {
      const machine = new Consensus({
        id,
        random: new SeededRandom(Math.floor(this.random.next() * 2 ** 32)),
        timing: options.timing ?? TIMING,
        bootstrap: voters.includes(id) ? { voters } : undefined,
        rules: options.rules ?? {},
        ...(options.trailingEntries === undefined
          ? {}
          : { trailingEntries: options.trailingEntries }),
      });
      machine.tables = options.tables?.[id] ?? [];
      const node: ClusterNode = {
        id,
        machine,
        isUp: true,
        applied: [],
        effects: [],
        alarm: new Alarm(this.#world, () => void this.give(id, { type: "tick" })),
      };
      this.nodes.set(id, node);
      this.#arm(node);
    }
  }

  node(id: string): ClusterNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new TypeError(`There is no ${id}`);
    return node;
  }

  /** The running leader of the highest term. */
  get leader(): ClusterNode | undefined {
    return [...this.nodes.values()].filter((node) => node.isUp && node.machine.isLeader)
      .toSorted((a, b) => b.machine.status().term - a.machine.status().term)[0];
  }

  /** Simulated milliseconds. */
  get now(): number {
    return this.#world.now;
  }

  /** Lets time pass. */
  run(durationMs: number): void {
    this.#world.advance(durationMs);
  }

  /** Lets time pass until something holds; says whether it came to hold. */
  until(condition: () => boolean, limitMs = 60_000): boolean {
    return this.#world.advanceUntil(condition, limitMs) !== undefined;
  }

  /** Gives a node an input now. */
  give(id: string, input: ConsensusInput): ConsensusEffect[] {
    const node = this.node(id);
    if (!node.isUp) return [];
    const effects = node.machine.handle(this.now, input);
    this.watch?.(node, input, effects);
    for (const effect of effects) this.#performEffect(node, effect);
    this.#arm(node);
    return effects;
  }

  /** Proposes through a node; returns the number of the request. */
  propose(id: string, ...data: string[]): number {
    const proposals = data.map((one) => ({ request: ++this.#lastRequest, data: one }));
    this.give(id, { type: "propose", proposals });
    return this.#lastRequest;
  }

  /** A number for a request. */
  nextRequest(): number {
    return ++this.#lastRequest;
  }

  /** Ends a node; `isSeen`: the others' links to it break. */
  crash(id: string, isSeen = true): void {
    this.node(id).isUp = false;
    if (!isSeen) return;
    for (const other of this.nodes.values()) {
      if (other.id !== id) this.#later(other, { type: "link-broken", node: id });
    }
  }

  /** Cuts all links of a node, silently, in both directions. */
  isolate(id: string): void {
    for (const other of this.nodes.keys()) {
      this.cuts.cut(id, other);
      this.cuts.cut(other, id);
    }
  }

  heal(): void {
    this.cuts.heal();
  }

  #arm(node: ClusterNode): void {
    const deadline = node.machine.nextDeadline();
    if (deadline !== undefined) node.alarm.set(deadline);
  }

  #later(node: ClusterNode, input: ConsensusInput): void {
    const message = input.type === "message"
      ? input.message as unknown as ConsensusMessage
      : undefined;
    this.#world.after(this.#delay(this.random, message), () => void this.give(node.id, input));
  }

  #performEffect(node: ClusterNode, effect: ConsensusEffect): void {
    node.effects.push(effect);
    if (effect.type === "send") this.#send(node.id, effect.to, effect.message);
    else if (effect.type === "apply") node.applied.push(...effect.entries);
    else if (effect.type === "send-snapshot") {
      const { to, term, snapshot } = effect;
      const target = this.nodes.get(to);
      if (target === undefined || !this.cuts.reaches(node.id, to)) return;
      this.#later(target, { type: "snapshot-received", from: node.id, term, snapshot });
      this.#later(node, { type: "snapshot-sent", to, index: snapshot.index });
    }
  }

  #send(from: string, to: string, message: ConsensusMessage): void {
    const target = this.nodes.get(to);
    if (target === undefined || !this.cuts.reaches(from, to)) return;
    const copy = JSON.parse(JSON.stringify(message)) as Message;
    this.#later(target, { type: "message", from, message: copy });
  }
}
