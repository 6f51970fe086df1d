import type { Link, LinkFailure, LinkHandler, Message } from "../../lib/core/mod.ts";

/** A link that goes nowhere: it keeps what is sent, and a test plays the other side. */
export class FakeLink implements Link {
  readonly mode: "frames" | "lines";
  readonly remote = { host: "127.0.0.1", port: 1 };
  readonly local = { host: "127.0.0.1", port: 2 };
  batch = false;
  isWritable = true;
  isPaused = false;
  isClosed = false;
  /** What was sent since it was last looked at. */
  sent: Message[] = [];
  #handler: LinkHandler | undefined;
  #drained: Array<() => void> = [];

  constructor(mode: "frames" | "lines" = "frames") {
    this.mode = mode;
  }

  attach(handler: LinkHandler): void {
    this.#handler = handler;
  }

  send(message: Message): boolean {
    if (!this.isClosed) this.sent.push(message);
    return this.isWritable;
  }

  flush(): void {}

  drained(callback: () => void): void {
    this.#drained.push(callback);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(reason = "closed here"): void {
    this.end({ kind: "local", message: reason });
  }

  /** The other side says something. */
  receive(message: Message): void {
    this.#handler?.message(message);
  }

  /** The link is over. */
  end(failure: LinkFailure): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#handler?.closed(failure);
  }

  /** There is room again, for that many messages before it is full once more. */
  drain(): void {
    this.isWritable = true;
    for (const callback of this.#drained.splice(0)) callback();
  }

  /** What was sent, and forgets it. */
  take(): Message[] {
    return this.sent.splice(0);
  }
}
