/** The calls that a node which leaves waits for: those that are under way when it begins to. */
export class CallsUnderWay {
  /** Undefined while the node does not leave. */
  #calls: Set<object> | undefined;
  #ended = Promise.withResolvers<void>();

  /** Whether the node leaves. */
  get isLeaving(): boolean {
    return this.#calls !== undefined;
  }

  /** How many have not ended. */
  get size(): number {
    return this.#calls?.size ?? 0;
  }

  /** Resolves when none is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The node leaves: it waits for these. Calls that begin from now on are not among them. */
  begin(calls: Iterable<object>): void {
    this.#calls = new Set(calls);
    this.#ended = Promise.withResolvers();
    this.#look();
  }

  /** The node is told to stay: no call is waited for any more than others. */
  stay(): void {
    this.#calls = undefined;
  }

  /** Whether that call is one of them. */
  has(call: object): boolean {
    return this.#calls?.has(call) === true;
  }

  /** A call has ended: one of these, or another. */
  over(call: object): void {
    if (this.#calls?.delete(call) === true) this.#look();
  }

  #look(): void {
    if (this.#calls?.size === 0) this.#ended.resolve();
  }
}
