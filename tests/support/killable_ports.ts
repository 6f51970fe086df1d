import type { Clock, Link, Listener, Network, Ports, Timer } from "../../lib/core/mod.ts";
import { systemPorts, TcpLink } from "../../lib/io/mod.ts";

/** The system's ports, with a switch that ends them as the death of a process would. */
export class KillablePorts implements Ports {
  readonly #system = systemPorts();
  readonly #links = new Set<Link>();
  readonly #timers = new Set<Timer>();
  readonly #listeners = new Set<Listener>();
  #isDead = false;
  readonly random = this.#system.random;
  readonly ids = this.#system.ids;

  readonly clock: Clock = {
    now: () => this.#system.clock.now(),
    wallTime: () => this.#system.clock.wallTime(),
    setTimer: (delay, callback) => {
      if (this.#isDead) return { cancel: () => {} };
      const timer = this.#system.clock.setTimer(delay, () => {
        this.#timers.delete(timer);
        callback();
      });
      this.#timers.add(timer);
      return {
        cancel: () => {
          this.#timers.delete(timer);
          timer.cancel();
        },
      };
    },
  };

  readonly network: Network = {
    listen: (address, accept, outOfFiles) => {
      const listener = this.#system.network.listen(address, (link) => {
        this.#links.add(link);
        accept(link);
      }, outOfFiles);
      this.#listeners.add(listener);
      return {
        address: listener.address,
        close: () => {
          if (this.#listeners.delete(listener)) listener.close();
        },
      };
    },
    dial: (address, timeout, handler) => {
      if (this.#isDead) return { cancel: () => {} };
      const dialling = this.#system.network.dial(address, timeout, {
        connected: (link) => {
          this.#links.add(link);
          handler.connected(link);
        },
        failed: (failure) => handler.failed(failure),
      });
      this.#timers.add(dialling);
      return dialling;
    },
  };

  /**
   * Ends everything at once: no good-byes, no more timers; the operating system closes the sockets.
   */
  async die(): Promise<void> {
    this.#isDead = true;
    for (const timer of this.#timers) timer.cancel();
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    this.breakLinks();
    // The operating system gives the port back a turn later.
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }

  /** Breaks all links that there are, as a switch that fails for a moment would. */
  breakLinks(): void {
    for (const link of this.#links) {
      if (link instanceof TcpLink) link.abort({ kind: "reset", message: "the link broke" });
    }
    this.#links.clear();
  }
}
