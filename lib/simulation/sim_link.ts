import {
  type Address,
  ClusterError,
  FRAME_BYTES,
  LINGER_MS,
  type Link,
  LINK_HIGH_WATER_BYTES,
  LINK_QUEUE_BYTES,
  type LinkFailure,
  type LinkHandler,
  type Message,
} from "../core/mod.ts";
import type { HostProcess } from "./host_world.ts";
import { Stream } from "./stream.ts";

/** What travels: the text of a message, the third step of the handshake, the end, or a break. */
type Packet =
  | { type: "message"; text: string; message: Message }
  | { type: "opened" }
  | { type: "end" }
  | { type: "reset" };

const BROKEN: LinkFailure = { kind: "reset", message: "The connection broke" };

/** One end of a simulated connection. */
export class SimLink implements Link {
  readonly mode = "frames";
  readonly local: Address;
  readonly remote: Address;
  batch = false;
  readonly #process: HostProcess;
  readonly #opened: () => void;
  readonly #died: () => void;
  /**
   * Whether this end was given to its owner: the near one always, the far one when it is connected.
   */
  #isMade: boolean;
  #peer!: SimLink;
  #out!: Stream<Packet>;
  #handler: LinkHandler | undefined;
  /** What arrived and has not been read: the reader is paused, or there is none yet. */
  #unread: Packet[] = [];
  #isPaused = false;
  /** Characters sent that the other side has not read. */
  #waiting = 0;
  #drained: Array<() => void> = [];
  #state: "open" | "closing" | "closed" = "open";
  #failure: LinkFailure | undefined;

  /**
   * Two ends of one connection; `opened` is told at the far end when the near end is connected,
   * `died` when it was reset before.
   */
  static pair(
    near: { process: HostProcess; address: Address },
    far: {
      process: HostProcess;
      address: Address;
      opened: (link: SimLink) => void;
      died: () => void;
    },
  ): SimLink {
    const nearEnd = new SimLink(near.process, near.address, far.address);
    const farEnd: SimLink = new SimLink(far.process, far.address, near.address, {
      opened: () => far.opened(farEnd),
      died: far.died,
    });
    nearEnd.#join(farEnd);
    farEnd.#join(nearEnd);
    return nearEnd;
  }

  private constructor(
    process: HostProcess,
    local: Address,
    remote: Address,
    told?: { opened: () => void; died: () => void },
  ) {
    this.#process = process;
    this.local = local;
    this.remote = remote;
    this.#isMade = told === undefined;
    this.#opened = told?.opened ?? (() => {});
    this.#died = told?.died ?? (() => {});
    process.links.add(this);
  }

  get isWritable(): boolean {
    return this.#waiting < LINK_HIGH_WATER_BYTES;
  }

  /** The near end is connected: the far end is accepted, before anything that is sent. */
  open(): void {
    this.#emit({ type: "opened" });
  }

  attach(handler: LinkHandler): void {
    this.#handler = handler;
    // Never within the call.
    this.#process.world.after(0, () => this.#process.perform(() => this.#readAll()));
  }

  send(message: Message): boolean {
    if (this.#state !== "open") return false;
    const text = JSON.stringify(message);
    if (text.length > FRAME_BYTES) {
      throw new ClusterError("TOO_LARGE", `A message of ${text.length} bytes is over the limit`);
    }
    this.#waiting += text.length;
    if (this.#waiting > LINK_QUEUE_BYTES) {
      this.#abort({ kind: "local", message: "The other side does not read" });
      return false;
    }
    this.#emit({ type: "message", text, message });
    return this.isWritable;
  }

  /** What is sent is on its way at once. */
  flush(): void {}

  drained(callback: () => void): void {
    if (this.#state === "closed" || this.isWritable) this.#soon(callback);
    else this.#drained.push(callback);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#soon(() => this.#readAll());
  }

  close(reason = "closed here"): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#failure = { kind: "local", message: reason };
    this.#emit({ type: "end" });
    this.resume();
    if (this.#handler === undefined) this.#finish();
    else this.#process.clock.setTimer(LINGER_MS, () => this.#finish());
  }

  /** The process is gone: its system breaks the connection, at once or behind what it had sent. */
  orphan(): void {
    if (this.#state === "open" && this.#process.world.random.next() < 0.5) {
      this.#state = "closed";
      this.#out.send({ type: "reset" });
    } else this.crash();
  }

  /** Breaks the connection: what is on its way is lost. */
  crash(): void {
    this.#state = "closed";
    this.#out.close();
    this.#signalReset();
  }

  #signalReset(): void {
    const peer = this.#peer;
    const { world, number } = this.#process;
    world.signal(number, peer.#process.number, () => peer.#arrive({ type: "reset" }));
  }

  /** What is sent behind a sync leaves when the sync has returned. */
  #emit(packet: Packet): void {
    if (this.#process.mayEmit) this.#transmit(packet);
    else this.#process.emit(() => this.#transmit(packet));
  }

  #transmit(packet: Packet): void {
    if (packet.type === "message") {
      const { world } = this.#process;
      world.trace(`${this.#process.number}>${this.remote.host} ${packet.text}`);
      world.onMessage(this.#process, packet.message);
    }
    const { world, number } = this.#process;
    if (world.cuts.refuses(number, this.#peer.#process.number)) return this.#refused();
    this.#out.send(packet);
  }

  /** A firewall refuses what is sent: this end is reset at once, the far one when it sends, too. */
  #refused(): void {
    if (this.#state === "closed") return;
    this.#out.close();
    this.#soon(() => this.#arrive({ type: "reset" }));
  }

  #join(peer: SimLink): void {
    const { world } = this.#process;
    this.#peer = peer;
    this.#out = new Stream<Packet>(
      world,
      () => world.transit(this.#process.number, peer.#process.number),
      (packet) => peer.#arrive(packet),
    );
  }

  #arrive(packet: Packet): void {
    if (this.#process.isDead || this.#state === "closed") return this.#answerReset(packet);
    this.#process.perform(() => {
      if (packet.type === "opened") {
        this.#isMade = true;
        return this.#opened();
      }
      if (packet.type === "reset" && !this.#isMade) return this.#died();
      this.#unread.push(packet);
      this.#readAll();
    });
  }

  /** Nobody holds this end any more: whoever answers at the host says so, if anybody does. */
  #answerReset(packet: Packet): void {
    if (packet.type === "reset" || packet.type === "end") return;
    const { world, host } = this.#process;
    const answering = world.processAt(host);
    if (answering === undefined || !answering.isPowered) return;
    this.#signalReset();
  }

  #readAll(): void {
    while (this.#unread.length > 0 && this.#handler !== undefined && !this.#isPaused) {
      if (this.#state === "closed") return;
      this.#read(this.#unread.shift() as Packet);
    }
  }

  #read(packet: Packet): void {
    switch (packet.type) {
      case "message":
        this.#peer.#wasRead(packet.text.length);
        if (this.#state === "open") this.#handler?.message(this.#decoded(packet));
        return;
      case "end":
        if (this.#state === "open") this.#emit({ type: "end" });
        this.#failure ??= { kind: "closed", message: "The other side closed the connection" };
        return this.#finish();
      default:
        this.#failure ??= BROKEN;
        this.#out.close();
        return this.#finish();
    }
  }

  #decoded({ text, message }: Packet & { type: "message" }): Message {
    return this.#process.world.isDecoding ? JSON.parse(text) as Message : message;
  }

  #wasRead(characters: number): void {
    this.#waiting -= characters;
    if (this.isWritable && this.#drained.length > 0) this.#soon(() => this.#releaseDrained());
  }

  #releaseDrained(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const callback of waiting) callback();
  }

  #abort(failure: LinkFailure): void {
    this.#failure = failure;
    this.crash();
    this.#soon(() => {
      this.#state = "open";
      this.#finish();
    });
  }

  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#process.links.delete(this);
    this.#releaseDrained();
    this.#handler?.closed(this.#failure ?? BROKEN);
  }

  #soon(run: () => void): void {
    this.#process.world.after(0, () => this.#process.perform(run));
  }
}
