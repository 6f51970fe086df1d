import {
  type Address,
  ClusterError,
  type DialHandler,
  formatAddress,
  type Link,
  type Listener,
  type Millis,
  type Network,
  type Timer,
} from "../../lib/core/mod.ts";
import { SimLink } from "./sim_link.ts";
import type { SimProcess } from "./sim_process.ts";

/** Takes an accepted connection. */
export type Accept = (link: Link) => void;

/** Milliseconds until a first unanswered SYN is sent again, as Linux does; it doubles each time. */
const SYN_RETRY_MS = 1_000;

/** The network as one process sees it. */
export class SimNetwork implements Network {
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  listen(address: Address, accept: Accept): Listener {
    const port = address.port === 0 ? this.#process.world.nextPort() : address.port;
    const { listeners, host } = this.#process;
    if (listeners.has(port)) {
      throw new ClusterError("ADDRESS_TAKEN", `Cannot listen on ${host} port ${port}`);
    }
    listeners.set(port, accept);
    return {
      address: { host: address.host, port },
      close: () => {
        if (listeners.get(port) === accept) listeners.delete(port);
      },
    };
  }

  dial(address: Address, timeout: Millis, handler: DialHandler): Timer {
    const dialling = new Dialling(this.#process, address, handler);
    const timer = this.#process.clock.setTimer(timeout, () => {
      dialling.fail({ kind: "timeout", message: `no answer within ${timeout} ms` });
    });
    dialling.begin(SYN_RETRY_MS);
    return {
      cancel: () => {
        timer.cancel();
        dialling.cancel();
      },
    };
  }
}

/** One attempt to connect: SYN, SYN and ACK, ACK. */
class Dialling {
  readonly #process: SimProcess;
  readonly #address: Address;
  readonly #handler: DialHandler;
  readonly #local: Address;
  #isOver = false;

  constructor(process: SimProcess, address: Address, handler: DialHandler) {
    this.#process = process;
    this.#address = address;
    this.#handler = handler;
    this.#local = { host: process.host, port: process.world.nextPort() };
    process.world.trace(`${process.number} dials ${formatAddress(address)}`);
  }

  /** Sends a SYN, and again until the dialling is over. */
  begin(retryMs: Millis): void {
    const { world } = this.#process;
    const target = world.processAt(this.#address.host);
    if (target === undefined) {
      world.after(0, () => this.fail({ kind: "unreachable", message: "no such host" }));
      return;
    }
    this.#process.emit(() => world.signal(this.#process, target, () => this.#arrive()));
    world.after(retryMs, () => {
      if (!this.#isOver) this.begin(retryMs * 2);
    });
  }

  cancel(): void {
    this.#isOver = true;
  }

  fail(failure: Parameters<DialHandler["failed"]>[0]): void {
    this.#process.perform(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#handler.failed(failure);
    });
  }

  /** The SYN is there: the system answers, whatever its process does. */
  #arrive(): void {
    const { world } = this.#process;
    const target = world.processAt(this.#address.host);
    if (target === undefined || !target.isPowered) return;
    const isListening = target.listeners.has(this.#address.port);
    world.signal(target, this.#process, () => {
      if (isListening) this.#connect(target);
      else this.fail({ kind: "refused", message: "connection refused: nothing listens there" });
    });
  }

  #connect(target: SimProcess): void {
    this.#process.perform(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      const link = SimLink.pair(
        { process: this.#process, address: this.#local },
        {
          process: target,
          address: this.#address,
          opened: (far) => {
            const accept = target.listeners.get(this.#address.port);
            if (accept === undefined) far.crash();
            else accept(far);
          },
        },
      );
      link.open();
      this.#handler.connected(link);
    });
  }
}
