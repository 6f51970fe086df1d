/** Called with what happened, at once. */
export type Subscriber<Told extends readonly unknown[]> = (...told: Told) => void;

/**
 * How a part speaks upwards: those above it subscribe, and it imports none of them.
 *
 * They are told in the order in which they subscribed, each in the same turn.
 */
export class Signal<Told extends readonly unknown[] = []> {
  /** Replaced, never changed: who subscribes while all are told is told the next time. */
  #subscribers: readonly Subscriber<Told>[] = [];

  /** Adds a subscriber; the returned function removes it. */
  subscribe(subscriber: Subscriber<Told>): () => void {
    this.#subscribers = [...this.#subscribers, subscriber];
    return () => {
      this.#subscribers = this.#subscribers.filter((each) => each !== subscriber);
    };
  }

  /** Tells all. */
  emit(...told: Told): void {
    for (const subscriber of this.#subscribers) subscriber(...told);
  }
}
