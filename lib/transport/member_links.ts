import type { ClusterError, Message, Millis, Timer } from "../core/mod.ts";
import type { Connection } from "./connection.ts";
import type { Channel } from "./handshake.ts";

/** The links to one member, those that are dialled, and what waits for them. */
export class MemberLinks {
  /** Where it is dialled. */
  address: string;
  readonly control: Set<Connection> = new Set();
  /** Data links that we dialled: our calls go over them. */
  readonly data: Set<Connection> = new Set();
  /** Data links that the member dialled: its calls come over them. */
  readonly served: Set<Connection> = new Set();
  readonly dialling: Partial<Record<Channel, Timer>> = {};
  /** Until when it counts as one that leaves; `-Infinity` when it never said so. */
  leavingUntil: Millis = -Infinity;
  /** Messages that wait for a control link: at most `CONTROL_QUEUE_MESSAGES`. */
  queue: Message[] = [];
  /** Calls that wait for a data link: at most `CALLS_WAITING`. */
  readonly waiting: PromiseWithResolvers<Connection>[] = [];

  constructor(address: string) {
    this.address = address;
  }

  /** Whether there is no link to it, and none on its way. */
  get isUnused(): boolean {
    const { control, data, served, dialling } = this;
    return control.size + data.size + served.size === 0 && dialling.control === undefined &&
      dialling.data === undefined;
  }

  /** Whether a call is under way on one of its links, in either direction. */
  get isBusy(): boolean {
    return [...this.data, ...this.served].some(({ awaited, owed }) => awaited + owed > 0);
  }

  /** Calls outstanding at it, or on their way to it. */
  get load(): number {
    let load = this.waiting.length;
    for (const { awaited } of this.data) load += awaited;
    return load;
  }

  /** Fails the calls that wait for a link. */
  giveUp(error: ClusterError): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  /** Closes the links over which either side calls. */
  closeData(reason: string): void {
    for (const connection of [...this.data, ...this.served]) connection.close(reason);
  }
}

/** The first link that nobody has begun to close. */
export function firstOpen(links: Set<Connection>): Connection | undefined {
  for (const connection of links) if (!connection.isClosing) return connection;
  return undefined;
}
