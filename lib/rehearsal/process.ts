import type { Millis, NodeId } from "../core/mod.ts";
import type { Membership, MembershipInput } from "../membership/swim/mod.ts";

/**
 * - `running`;
 * - `paused`: it does nothing, and what is sent to it waits in its machine (SIGSTOP, a long pause);
 * - `killed`: its machine says so: links break, dials are refused;
 * - `silent`: its machine is off, or cut from everything: nothing answers.
 */
export type ProcessState = "running" | "paused" | "killed" | "silent";

/** One life of one member: a machine, and a clock of its own. */
export class MemberProcess {
  /** 1 for the first member. */
  readonly number: number;
  /** 0 at first; each restart counts up. */
  readonly life: number;
  /** Its node id: another one in each life. */
  readonly id: NodeId;
  /** What decides. */
  readonly machine: Membership;
  /** How it is. */
  state: ProcessState = "running";
  /** What came while it was paused. */
  waiting: MembershipInput[] = [];
  /** Each message waits evenly 0 to this before it is handled, behind those before it; timers do not. */
  slowMs: Millis = 0;
  /** Messages keep their order: none is handled before this. */
  busyUntil: Millis = -Infinity;
  /** When its next tick is due, in simulated time; `Infinity`: never. */
  wakeAt: Millis = Infinity;
  /** Messages sent, and their size as frames where sizes are measured. */
  readonly sent = { messages: 0, bytes: 0 };
  #clockOffset: Millis;
  /** Its milliseconds for each one of the simulation. */
  readonly #clockRate: number;

  /**
   * Starts one life.
   *
   * @param clock its zero, and its milliseconds for each one of the simulation.
   */
  constructor(
    identity: { number: number; life: number; id: NodeId },
    machine: Membership,
    clock: { offset: Millis; rate: number },
  ) {
    this.number = identity.number;
    this.life = identity.life;
    this.id = identity.id;
    this.machine = machine;
    this.#clockOffset = clock.offset;
    this.#clockRate = clock.rate;
  }

  /** What its clock shows. */
  localTime(now: Millis): Millis {
    return this.#clockOffset + now * this.#clockRate;
  }

  /** When its clock will show `local`. */
  simulatedTime(local: Millis): Millis {
    return (local - this.#clockOffset) / this.#clockRate;
  }

  /** Moves its clock forward at once: a virtual machine that was moved, a lid that was closed. */
  jump(byMs: Millis): void {
    this.#clockOffset += byMs;
  }
}

/** The id of one life of a member: later lives have greater ids, as ids by time have. */
export function processId(number: number, life: number): NodeId {
  const last = (life * 0x100_0000 + number).toString(16).padStart(12, "0");
  return `01900000-0000-7000-8000-${last}`;
}

/** Where a member listens, in all of its lives. */
export function processAddress(number: number): string {
  return `10.0.${number >> 8}.${number & 255}:8001`;
}
