import { type Millis, type NodeId, randomBelow, SeededRandom } from "../../../lib/core/mod.ts";
import {
  type MemberEvent,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MemberState,
  PROFILES,
  type SelfDescription,
} from "../../../lib/membership/swim/mod.ts";
import {
  Alarm,
  type Conditions,
  type Cuts,
  SimProcess,
  SimWorld,
} from "../../../lib/simulation/mod.ts";
import { idOf, numberOf } from "./records.ts";

/** What time it is when a cluster begins: a machine never sees a time before its own start. */
const START_MS = 1_000;

/** One process of the cluster, with all that its machine has wanted and told. */
export class Process extends SimProcess {
  readonly id: NodeId;
  readonly machine: Membership;
  readonly events: { at: Millis; event: MemberEvent }[] = [];
  readonly effects: MembershipEffect[] = [];
  readonly alarm: Alarm;

  constructor(world: SimWorld, machine: Membership, ticked: (process: Process) => void) {
    const { id } = machine.self();
    super(world, numberOf(id), 0);
    this.id = id;
    this.machine = machine;
    this.alarm = new Alarm(world, () => ticked(this));
  }
}

/**
 * A few machines whose clocks show the world's time, and that join as nodes do: what a rehearsal,
 * which begins with all members knowing each other, does not show. What is lost is lost, and who
 * dials where nothing listens is refused.
 */
export class Cluster {
  readonly processes: Process[] = [];
  readonly random: SeededRandom;
  readonly cuts: Cuts;
  readonly conditions: Conditions;
  messageCount = 0;
  readonly #world: SimWorld;

  constructor(seed = 1, readonly profile = PROFILES.lan, readonly lifeguard = true) {
    this.random = new SeededRandom(seed);
    this.#world = new SimWorld(this.random, {}, START_MS);
    this.cuts = this.#world.cuts;
    this.conditions = this.#world.conditions;
  }

  /** A cluster in which all know each other. */
  static of(count: number, seed = 1, profile = PROFILES.lan): Cluster {
    const cluster = new Cluster(seed, profile);
    for (let n = 1; n <= count; n++) cluster.join(n);
    cluster.run(2_000);
    return cluster;
  }

  get now(): Millis {
    return this.#world.now;
  }

  process(n: number): Process {
    const found = this.#latest(idOf(n));
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
    const random = new SeededRandom(randomBelow(this.random, 2 ** 32));
    const options = { self, profile: this.profile, random, lifeguard: this.lifeguard };
    const process = new Process(
      this.#world,
      new Membership(options),
      (ticking) => this.input(ticking, { type: "tick" }),
    );
    this.processes.push(process);
    this.input(process, { type: "tick" });
    return process;
  }

  /** Starts a process and lets it join through the first that runs. */
  join(n: number, overrides: Partial<SelfDescription> = {}): Process {
    const process = this.add(n, overrides);
    const host = this.processes.find((other) => other !== process && other.isRunning);
    if (host === undefined) return process;
    this.input(host, { type: "admit", member: process.machine.selfRecord() });
    this.input(process, { type: "join", members: host.machine.snapshot() });
    return process;
  }

  input(process: Process, input: MembershipInput): void {
    if (input.type !== "tick" || process.isRunning) {
      process.perform(() => this.#handle(process, input));
    }
  }

  /** kill -9: links break at once, its port refuses. */
  kill(n: number): void {
    this.#end(this.process(n));
  }

  stop(n: number): void {
    const process = this.process(n);
    process.pause();
    // When it goes on, the time comes first that it has missed.
    process.perform(() => this.#handle(process, { type: "tick" }));
  }

  resume(n: number): void {
    this.process(n).resume();
  }

  run(duration: Millis): void {
    this.#world.advance(duration);
  }

  /** Runs until `isDone`; says how long that took, or `undefined` if it was not in time. */
  runUntil(isDone: () => boolean, within: Millis): Millis | undefined {
    return this.#world.advanceUntil(isDone, within);
  }

  /** How every running process sees member `n`, itself left out. */
  views(n: number): (MemberState | undefined)[] {
    const id = idOf(n);
    return this.processes
      .filter((process) => process.isRunning && process.id !== id)
      .map((process) => process.machine.member(id)?.state);
  }

  isSeenBy(all: MemberState, n: number): boolean {
    return this.views(n).every((state) => state === all);
  }

  /** Whether every running process sees every running process alive. */
  isWhole(): boolean {
    const running = this.processes.filter((process) => process.isRunning);
    return running.every(({ machine }) =>
      running.every(({ id }) => machine.member(id)?.state === "alive")
    );
  }

  #latest(id: NodeId): Process | undefined {
    return this.processes.findLast((process) => process.id === id);
  }

  #handle(process: Process, input: MembershipInput): void {
    for (const effect of process.machine.handle(this.now, input)) {
      process.effects.push(effect);
      if (effect.type === "notify") {
        process.events.push({ at: this.now, event: effect.event });
        const { id, state } = effect.event.member;
        // As a node does: the newer of two dials when it hears that the other is there.
        const isDialled = state !== "dead" && state !== "left" && process.id > id;
        if (isDialled && this.cuts.refuses(process.number, numberOf(id))) this.#refuse(process, id);
      }
      if (effect.type === "send") this.#send(process, effect);
      if (effect.type === "left" || effect.type === "forced-out") this.#end(process);
    }
    const deadline = process.machine.nextDeadline();
    if (deadline !== undefined && process.isRunning) process.alarm.set(deadline);
  }

  #send(process: Process, { to, message }: MembershipEffect & { type: "send" }): void {
    this.messageCount++;
    const text = JSON.stringify(message);
    if (this.cuts.refuses(process.number, numberOf(to))) return this.#refuse(process, to);
    this.#world.signal(process.number, numberOf(to), () => {
      const target = this.#latest(to);
      if (target === undefined || target.isDead) return this.#refuse(process, to);
      this.input(target, { type: "message", from: process.id, message: JSON.parse(text) });
    });
  }

  #refuse(process: Process, node: NodeId): void {
    this.#world.after(
      this.conditions.latencyMs,
      () => this.input(process, { type: "unreachable", node, kind: "refused" }),
    );
  }

  #end(process: Process): void {
    process.end("killed");
    for (const other of this.processes) {
      if (other === process || !this.cuts.reaches(process.number, other.number)) continue;
      this.#world.after(
        this.conditions.latencyMs * (0.5 + this.random.next()),
        () => this.input(other, { type: "link-broken", node: process.id, kind: "reset" }),
      );
    }
  }
}
