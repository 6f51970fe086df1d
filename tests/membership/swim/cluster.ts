import { type Millis, type NodeId, SeededRandom } from "../../../lib/core/mod.ts";
import {
  type MemberEvent,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MemberState,
  PROFILES,
  type SelfDescription,
} from "../../../lib/membership/swim/mod.ts";

/** An id whose order is that of `n`. */
export function idOf(n: number): NodeId {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

interface Delivery {
  at: Millis;
  order: number;
  run: () => void;
}

/** One process of the pretended cluster. */
export interface Process {
  id: NodeId;
  machine: Membership;
  state: "running" | "stopped" | "killed";
  /** Inputs that wait in the kernel of a stopped process. */
  waiting: MembershipInput[];
  events: { at: Millis; event: MemberEvent }[];
  effects: MembershipEffect[];
  nextTick: Millis | undefined;
}

/** A few machines over a network with delay, as the tests need it: links to all, refusals, partitions. */
export class Cluster {
  now = 1_000;
  readonly processes: Process[] = [];
  readonly random: SeededRandom;
  delayMs = 1;
  /** Share of messages that are lost. */
  loss = 0;
  /** Whether what one sends reaches the other. */
  isCut: (from: NodeId, to: NodeId) => boolean = () => false;
  /** Whether one that dials the other is refused, whatever listens there; nothing that it sends arrives. */
  isRefused: (from: NodeId, to: NodeId) => boolean = () => false;
  messageCount = 0;
  #deliveries: Delivery[] = [];
  #order = 0;

  constructor(seed = 1, readonly profile = PROFILES.lan, readonly lifeguard = true) {
    this.random = new SeededRandom(seed);
  }

  /** A cluster in which all know each other. */
  static of(count: number, seed = 1, profile = PROFILES.lan): Cluster {
    const cluster = new Cluster(seed, profile);
    for (let n = 1; n <= count; n++) cluster.join(n);
    cluster.run(2_000);
    return cluster;
  }

  process(n: number): Process {
    const id = idOf(n);
    const found = this.processes.findLast((process) => process.id === id);
    if (found === undefined) throw new Error(`no process ${n}`);
    return found;
  }

  add(n: number, overrides: Partial<SelfDescription> = {}): Process {
    const self = {
      id: idOf(n),
      name: `n${n}`,
      address: `10.0.0.${n % 250}:${8_000 + n}`,
      ...overrides,
    };
    const random = new SeededRandom(Math.floor(this.random.next() * 2 ** 32));
    const options = { self, profile: this.profile, random, lifeguard: this.lifeguard };
    const process: Process = {
      id: self.id,
      machine: new Membership(options),
      state: "running",
      waiting: [],
      events: [],
      effects: [],
      nextTick: undefined,
    };
    this.processes.push(process);
    this.input(process, { type: "tick" });
    return process;
  }

  /** Starts a process and lets it join through the first that runs. */
  join(n: number, overrides: Partial<SelfDescription> = {}): Process {
    const process = this.add(n, overrides);
    const host = this.processes.find((other) => other !== process && other.state === "running");
    if (host === undefined) return process;
    this.input(host, { type: "admit", member: process.machine.selfRecord() });
    this.input(process, { type: "join", members: host.machine.snapshot() });
    return process;
  }

  input(process: Process, input: MembershipInput): void {
    if (process.state === "killed") return;
    if (process.state === "stopped") {
      if (input.type !== "tick") process.waiting.push(input);
      return;
    }
    const effects = process.machine.handle(this.now, input);
    process.nextTick = process.machine.nextDeadline();
    for (const effect of effects) {
      process.effects.push(effect);
      if (effect.type === "notify") {
        process.events.push({ at: this.now, event: effect.event });
        const { id, state } = effect.event.member;
        // As a node does: the newer of two dials when it hears that the other is there.
        if (state !== "dead" && state !== "left" && process.id > id) this.#dial(process, id);
      }
      if (effect.type === "send") this.#send(process, effect);
      if (effect.type === "left" || effect.type === "forced-out") this.#end(process);
    }
  }

  /** kill -9: links break at once, its port refuses. */
  kill(n: number): void {
    this.#end(this.process(n));
  }

  stop(n: number): void {
    this.process(n).state = "stopped";
  }

  resume(n: number): void {
    const process = this.process(n);
    process.state = "running";
    this.input(process, { type: "tick" });
    for (const input of process.waiting.splice(0)) this.input(process, input);
  }

  run(duration: Millis): void {
    this.runUntil(() => false, duration);
  }

  /** Runs until `isDone`; says how long that took, or `undefined` if it was not in time. */
  runUntil(isDone: () => boolean, within: Millis): Millis | undefined {
    const start = this.now;
    const end = start + within;
    for (;;) {
      if (isDone()) return this.now - start;
      let next = Infinity;
      let ticking: Process | undefined;
      for (const process of this.processes) {
        if (process.state !== "running" || process.nextTick === undefined) continue;
        if (process.nextTick < next) [next, ticking] = [process.nextTick, process];
      }
      const first = this.#deliveries[0];
      const isDelivery = first !== undefined && first.at <= next;
      if (isDelivery) next = first.at;
      if (next > end) {
        this.now = end;
        return undefined;
      }
      this.now = Math.max(this.now, next);
      if (isDelivery) (this.#deliveries.shift() as Delivery).run();
      else if (ticking !== undefined) this.input(ticking, { type: "tick" });
    }
  }

  /** How every running process sees member `n`, itself left out. */
  views(n: number): (MemberState | undefined)[] {
    const id = idOf(n);
    return this.processes
      .filter((process) => process.state === "running" && process.id !== id)
      .map((process) => process.machine.member(id)?.state);
  }

  isSeenBy(all: MemberState, n: number): boolean {
    return this.views(n).every((state) => state === all);
  }

  /** Whether every running process sees every running process alive. */
  isWhole(): boolean {
    const running = this.processes.filter((process) => process.state === "running");
    return running.every(({ machine }) =>
      running.every(({ id }) => machine.member(id)?.state === "alive")
    );
  }

  after(delay: Millis, run: () => void): void {
    const delivery = { at: this.now + delay, order: ++this.#order, run };
    let index = this.#deliveries.length;
    while (index > 0 && (this.#deliveries[index - 1] as Delivery).at > delivery.at) index--;
    this.#deliveries.splice(index, 0, delivery);
  }

  #dial(from: Process, to: NodeId): void {
    if (!this.isRefused(from.id, to)) return;
    this.after(
      this.delayMs,
      () => this.input(from, { type: "unreachable", node: to, kind: "refused" }),
    );
  }

  #send(from: Process, effect: MembershipEffect & { type: "send" }): void {
    this.messageCount++;
    const text = JSON.stringify(effect.message);
    const delay = this.delayMs * (0.5 + this.random.next());
    if (this.isRefused(from.id, effect.to)) return this.#dial(from, effect.to);
    if (this.isCut(from.id, effect.to) || this.random.next() < this.loss) return;
    this.after(delay, () => {
      const to = this.processes.findLast((process) => process.id === effect.to);
      if (to === undefined || to.state === "killed") {
        this.after(
          delay,
          () => this.input(from, { type: "unreachable", node: effect.to, kind: "refused" }),
        );
        return;
      }
      this.input(to, { type: "message", from: from.id, message: JSON.parse(text) });
    });
  }

  #end(process: Process): void {
    process.state = "killed";
    for (const other of this.processes) {
      if (other === process || this.isCut(process.id, other.id)) continue;
      this.after(
        this.delayMs * (0.5 + this.random.next()),
        () => this.input(other, { type: "link-broken", node: process.id, kind: "reset" }),
      );
    }
  }
}
