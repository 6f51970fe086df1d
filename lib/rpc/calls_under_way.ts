/** The calls that are under way when a node begins to leave, until the last of them has ended. */
export class CallsUnderWay {
  /** Resolves when none is left. */
  readonly ended: Promise<void>;
  readonly #calls: Set<object>;
  readonly #end = Promise.withResolvers<void>();

  /** @param calls what stands for each of them. */
  constructor(calls: Iterable<object>) {
    this.#calls = new Set(calls);
    this.ended = this.#end.promise;
    this.#look();
  }

  /** How many have not ended. */
  get size(): number {
    return this.#calls.size;
  }

  /** Whether that call is one of them. */
  has(call: object): boolean {
    return this.#calls.has(call);
  }

  /** A call has ended: one of these, or another. */
  over(call: object): void {
    if (this.#calls.delete(call)) this.#look();
  }

  #look(): void {
    if (this.#calls.size === 0) this.#end.resolve();
  }
}
