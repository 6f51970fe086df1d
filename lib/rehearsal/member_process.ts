import type { NodeId } from "../core/mod.ts";
import type { Membership } from "../membership/swim/mod.ts";
import { Alarm, type DriftingClock, SimProcess, type SimWorld } from "../simulation/mod.ts";

/** One life of one member: a machine, and a clock of its own. */
export class MemberProcess extends SimProcess {
  /** Its node id: another one in each life. */
  readonly id: NodeId;
  /** What decides. */
  readonly machine: Membership;
  /** What time it is for its machine. */
  readonly clock: DriftingClock;
  /** When the machine wants its next tick. */
  readonly alarm: Alarm;
  /** Messages sent, and their size as frames where sizes are measured. */
  readonly sent = { messages: 0, bytes: 0 };

  /**
   * Starts one life.
   *
   * @param ticked told when the machine's next deadline is due.
   */
  constructor(
    world: SimWorld,
    identity: { number: number; generation: number },
    parts: { machine: Membership; clock: DriftingClock },
    ticked: (process: MemberProcess) => void,
  ) {
    const { number, generation } = identity;
    super(world, number, generation);
    this.id = processId(number, generation);
    this.machine = parts.machine;
    this.clock = parts.clock;
    this.alarm = new Alarm(world, () => ticked(this));
  }
}

/** The id of one life of a member: later lives have greater ids, as ids by time have. */
export function processId(number: number, generation: number): NodeId {
  const last = (generation * 0x100_0000 + number).toString(16).padStart(12, "0");
  return `01900000-0000-7000-8000-${last}`;
}

/** Where a member listens, in all of its lives. */
export function processAddress(number: number): string {
  return `10.0.${number >> 8}.${number & 255}:8001`;
}
