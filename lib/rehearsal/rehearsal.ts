import {
  invariant,
  LINKS_TO_ALL,
  type Millis,
  type NodeId,
  randomBelow,
  randomBetween,
  REHEARSAL_BELIEFS,
  SeededRandom,
} from "../core/mod.ts";
import {
  type MemberEvent,
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MembershipMessage,
  type MemberState,
  type Profile,
  PROFILES,
} from "../membership/swim/mod.ts";
import {
  type Conditions,
  type Cuts,
  DriftingClock,
  MessageNetwork,
  SimWorld,
} from "../simulation/mod.ts";
import { formationMs } from "./formation.ts";
import { MemberProcess, processAddress, processId } from "./member_process.ts";
import type { RehearsalOptions } from "./options.ts";
import { Timeline } from "./timeline.ts";

/** Bytes of a frame beside its JSON. */
const FRAME_HEADER_BYTES = 4;
/**
 * Over the due time of a timer, so that rounding never makes a tick that comes too early for it.
 */
const TICK_MARGIN_MS = 1e-6;

/** A cluster of membership machines over a simulated network and clocks: one seed is one run. */
export class Rehearsal {
  /** The timing of every machine. */
  readonly profile: Readonly<Profile>;
  /** How the network behaves; may be changed at any time. */
  readonly conditions: Conditions;
  /** Who cannot reach whom; may be changed at any time. */
  readonly cuts: Cuts;
  /** Who believed what when. */
  readonly timeline: Timeline = new Timeline(REHEARSAL_BELIEFS);
  readonly #options: RehearsalOptions;
  readonly #world: SimWorld;
  /** The latest life of each member, by number. */
  readonly #processes = new Map<number, MemberProcess>();
  readonly #byId = new Map<NodeId, MemberProcess>();
  readonly #network: MessageNetwork;
  #isForming = true;
  #digest = 0x811c9dc5;
  #inputs = 0;

  /** Forms the cluster; the rehearsal begins at 0. */
  constructor(options: RehearsalOptions) {
    this.#options = options;
    this.profile = options.profile ?? PROFILES.lan;
    const untilFormedMs = formationMs(this.profile, options.nodes);
    this.#world = new SimWorld(new SeededRandom(options.seed), options.conditions, -untilFormedMs);
    this.conditions = this.#world.conditions;
    this.cuts = this.#world.cuts;
    this.#network = new MessageNetwork(this.#world);
    this.#form(options.nodes, untilFormedMs);
  }

  /** Simulated milliseconds since the cluster was formed. */
  get now(): Millis {
    return this.#world.now;
  }

  /** A number that two runs share only if they went the same way. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  /** Inputs that machines have handled. */
  get inputs(): number {
    return this.#inputs;
  }

  /** The members, each in its latest life. */
  get processes(): Iterable<MemberProcess> {
    return this.#processes.values();
  }

  /** One member in its latest life. */
  process(number: number): MemberProcess {
    const process = this.#processes.get(number);
    if (process === undefined) throw new RangeError(`There is no member ${number}`);
    return process;
  }

  /** How `observer` sees `subject`'s latest life; `undefined`: it does not know it. */
  stateOf(observer: number, subject: number): MemberState | undefined {
    return this.process(observer).machine.member(this.process(subject).id)?.state;
  }

  /** Whether every member that runs sees every member that runs alive. */
  get isWhole(): boolean {
    const running = [...this.processes].filter((process) => process.isRunning);
    return running.every(({ machine }) =>
      running.every(({ id }) => machine.member(id)?.state === "alive")
    );
  }

  /** Whether all members that run believe that of `subject`'s latest life. */
  isSeen(subject: number, state: MemberState): boolean {
    for (const process of this.processes) {
      if (!process.isRunning || process.number === subject) continue;
      if (this.stateOf(process.number, subject) !== state) return false;
    }
    return true;
  }

  /** Runs on for a while. */
  run(durationMs: Millis): void {
    this.#world.advance(durationMs);
  }

  /** Runs until `isDone`, looked at after each event; says how long it took, if it was in time. */
  runUntil(isDone: () => boolean, withinMs: Millis): Millis | undefined {
    return this.#world.advanceUntil(isDone, withinMs);
  }

  /** Calls back at a time of the rehearsal. */
  at(time: Millis, run: () => void): void {
    this.#world.at(time, run);
  }

  /** Calls back after a while. */
  after(delay: Millis, run: () => void): void {
    this.#world.after(delay, run);
  }

  /** Hands a member's machine an input, unless nobody is there to take it. */
  input(process: MemberProcess, input: MembershipInput): void {
    if (process.isRunning) return this.#handle(process, input);
    if (input.type !== "tick") process.perform(() => this.#handle(process, input));
  }

  /** A new member, or a new life of one that ended, joins through `host`. */
  join(number: number, host: number): void {
    const known = this.#processes.get(number);
    invariant(known?.isRunning !== true, "it is a member already");
    const process = this.#create(number, known === undefined ? 0 : known.generation + 1);
    const through = this.process(host);
    // A round trip to ask, another to be answered: the handshake and the join.
    this.after(this.#roundTripMs() * 2, () => {
      if (!through.isRunning) return;
      const members = through.machine.snapshot();
      this.input(through, { type: "admit", member: process.machine.selfRecord() });
      this.after(this.#roundTripMs() / 2, () => this.input(process, { type: "join", members }));
    });
  }

  /** kill -9: its links break at once, and its address refuses. */
  kill(number: number): void {
    this.#end(this.process(number), "killed");
  }

  /** Its machine loses power: nothing answers, and nobody is told. */
  silence(number: number): void {
    this.#end(this.process(number), "silent");
  }

  /** SIGSTOP. */
  pause(number: number): void {
    const process = this.process(number);
    if (!process.isRunning) return;
    process.pause();
    // When it goes on, the time comes first that it has missed.
    process.perform(() => this.#handle(process, { type: "tick" }));
  }

  /** SIGCONT: what came in the meantime is there. */
  resume(number: number): void {
    this.process(number).resume();
  }

  /** Moves a member's clock forward at once. */
  jumpClock(number: number, byMs: Millis): void {
    const process = this.process(number);
    process.clock.jump(byMs);
    process.alarm.clear();
    this.#arm(process);
  }

  /** Messages, and bytes where they are measured, that all lives of all members sent. */
  traffic(): { messages: number; bytes: number } {
    const total = { messages: 0, bytes: 0 };
    for (const { sent } of this.#byId.values()) {
      total.messages += sent.messages;
      total.bytes += sent.bytes;
    }
    return total;
  }

  #form(nodes: number, untilFormedMs: Millis): void {
    for (let number = 1; number <= nodes; number++) this.#create(number, 0);
    const records: MemberRecord[] = [];
    for (const { machine } of this.processes) records.push(machine.selfRecord());
    for (const process of this.processes) {
      const members = records.filter((record) => record.id !== process.id);
      this.input(process, { type: "join", members });
    }
    this.run(untilFormedMs);
    this.#isForming = false;
    this.timeline.clear();
    for (const { sent } of this.processes) sent.messages = sent.bytes = 0;
  }

  #create(number: number, generation: number): MemberProcess {
    const id = processId(number, generation);
    const self = { id, name: `n${number}`, address: processAddress(number) };
    const random = new SeededRandom(randomBelow(this.#world.random, 2 ** 32));
    const { lifeguard = true, clockSpread = 0.0001, create } = this.#options;
    const options = { self, profile: this.profile, random, lifeguard };
    const machine = create === undefined ? new Membership(options) : create(options);
    // A machine's clock has any zero, but never shows a negative time.
    const zero = 1_000 - Math.min(0, this.now) * 1.01 + randomBetween(this.#world.random, 0, 1e6);
    const rate = 1 + randomBetween(this.#world.random, -clockSpread, clockSpread);
    const parts = { machine, clock: new DriftingClock(zero, rate) };
    const process = new MemberProcess(this.#world, { number, generation }, parts, this.#tick);
    this.#processes.set(number, process);
    this.#byId.set(id, process);
    this.input(process, { type: "tick" });
    return process;
  }

  #end(process: MemberProcess, state: "killed" | "silent"): void {
    if (process.isDead) return;
    process.end(state);
    for (const peer of this.processes) {
      if (peer === process) continue;
      const isLinked = this.#network.hasLink(process, peer);
      this.#network.dropLink(process, peer);
      const isTold = state === "killed" && this.conditions.transport === "links" &&
        (isLinked || this.#processes.size <= LINKS_TO_ALL);
      if (isTold) {
        this.#world.signal(
          process.number,
          peer.number,
          () => this.input(peer, { type: "link-broken", node: process.id, kind: "reset" }),
        );
      }
    }
  }

  readonly #tick = (process: MemberProcess) => this.input(process, { type: "tick" });

  #handle(process: MemberProcess, input: MembershipInput): void {
    this.#inputs++;
    const effects = process.machine.handle(process.clock.localTime(this.now), input);
    for (const effect of effects) this.#perform(process, effect);
    this.#arm(process);
  }

  #arm(process: MemberProcess): void {
    const deadline = process.machine.nextDeadline();
    if (deadline === undefined || !process.isRunning) return;
    process.alarm.set(process.clock.simulatedTime(deadline) + TICK_MARGIN_MS);
  }

  #perform(process: MemberProcess, effect: MembershipEffect): void {
    switch (effect.type) {
      case "send":
        return this.#send(process, effect.to, effect.message);
      case "notify":
        return this.#believe(process, effect.event);
      case "left":
        this.timeline.mark({ at: this.now, member: process.number, text: "has left" });
        process.end("killed");
        return;
      case "forced-out": {
        const text = `was forced out: ${effect.reason}`;
        this.timeline.mark({ at: this.now, member: process.number, text });
        process.end("killed");
        return;
      }
      case "rejected":
      case "relink":
      case "reach":
        // Links are not modelled: what is lost or late is so for each message by itself.
        return;
    }
  }

  #send(from: MemberProcess, to: NodeId, message: MembershipMessage): void {
    const target = this.#byId.get(to);
    if (this.#isForming) return this.#sendWhileForming(from, target, message);
    from.sent.messages++;
    if (this.#options.measuresBytes) {
      from.sent.bytes += JSON.stringify(message).length + FRAME_HEADER_BYTES;
    }
    this.#trace(from.number, target?.number ?? 0, message.type.length);
    if (target === undefined) return;
    this.#network.carry(from, target, () => this.#arrive(from, target, message));
  }

  /**
   * While all learn of all only probes go, without news: a thousand members' news would take
   * minutes.
   */
  #sendWhileForming(
    from: MemberProcess,
    target: MemberProcess | undefined,
    message: MembershipMessage,
  ): void {
    if (target === undefined || (message.type !== "probe" && message.type !== "ack")) return;
    const bare = { ...message, gossip: [] };
    this.after(1, () => this.input(target, { type: "message", from: from.id, message: bare }));
  }

  #arrive(from: MemberProcess, target: MemberProcess, message: MembershipMessage): void {
    const { state, slowMs } = target;
    const input = { type: "message", from: from.id, message } as const;
    if (state === "running" && slowMs > 0) {
      const delayMs = randomBetween(this.#world.random, 0, slowMs);
      target.perform(() => this.#handle(target, input), delayMs);
    } else if (!target.isDead) {
      this.input(target, input);
    } else if (state === "killed" && this.conditions.transport === "links") {
      this.#refuse(from, target);
    }
  }

  /** Nothing, or a later life, listens where an ended process did. */
  #refuse(from: MemberProcess, target: MemberProcess): void {
    const latest = this.process(target.number);
    if (latest.state === "silent" || latest.state === "paused") return;
    const kind = latest !== target && latest.isRunning ? "other-node" : "refused";
    this.#network.dropLink(from, target);
    this.#world.signal(
      target.number,
      from.number,
      () => this.input(from, { type: "unreachable", node: target.id, kind }),
    );
  }

  #believe(observer: MemberProcess, event: MemberEvent): void {
    const { member, type, cause } = event;
    const subject = this.#byId.get(member.id);
    if (subject === undefined || type === "updated" || type === "forgotten") return;
    const isTogether = this.cuts.reaches(observer.number, subject.number) &&
      this.cuts.reaches(subject.number, observer.number);
    const isAccused = member.state === "suspect" || member.state === "dead";
    this.#trace(observer.number, subject.number, cause.length);
    // As a node does: a link to one of the dead would wait for its next retransmission when it is
    // back.
    if (member.state === "dead") this.#network.dropLink(observer, subject);
    this.timeline.believe({
      at: this.now,
      observer: observer.number,
      subject: subject.number,
      generation: subject.generation,
      state: member.state,
      cause,
      by: event.by.map((id) => this.#byId.get(id)?.number ?? 0),
      isWrong: isAccused && subject.isRunning && isTogether,
    });
  }

  #roundTripMs(): Millis {
    return 2 * this.conditions.latencyMs * randomBetween(this.#world.random, 0.5, 1.5);
  }

  #trace(...facts: number[]): void {
    this.#digest = Math.imul(this.#digest ^ Math.round(this.now * 1_000), 16_777_619);
    for (const fact of facts) this.#digest = Math.imul(this.#digest ^ fact, 16_777_619);
  }
}
