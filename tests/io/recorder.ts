import type { Link, LinkFailure, LinkHandler, Message } from "../../lib/core/mod.ts";

/** An owner of a link that remembers what it was told, in order. */
export class Recorder implements LinkHandler {
  readonly messages: Message[] = [];
  readonly failures: LinkFailure[] = [];
  /** Messages that came after the end: there must be none. */
  late = 0;
  /** Called with each message. */
  onMessage: (message: Message) => void = () => {};

  constructor(link?: Link) {
    link?.attach(this);
  }

  message(message: Message): void {
    if (this.failures.length > 0) this.late++;
    this.messages.push(message);
    this.onMessage(message);
  }

  closed(failure: LinkFailure): void {
    this.failures.push(failure);
  }

  /** Whether the link is over. */
  get isOver(): boolean {
    return this.failures.length > 0;
  }

  /** How it ended. */
  get end(): LinkFailure["kind"] | undefined {
    return this.failures[0]?.kind;
  }
}
