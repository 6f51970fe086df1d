import {
  type Address,
  ClusterError,
  type DialHandler,
  formatAddress,
  isLoopback,
  isWildcard,
  type Link,
  type Listener,
  type Millis,
  type Network,
  type Timer,
} from "../../lib/core/mod.ts";
import { SimLink } from "./sim_link.ts";
import type { SimProcess } from "./sim_process.ts";

/** The queue of connections at a listener. */
export interface Backlog {
  /** A connection is made. */
  add(link: Link): void;
  /** One was reset before it was accepted. */
  died(): void;
}

/** A bug of the network, injected to be found. */
export interface NetworkBug {
  /** Milliseconds for which a connection that died in the queue holds up all behind it. */
  deadPauseMs?: Millis;
}

/** Milliseconds until a first unanswered SYN is sent again, as Linux does; it doubles each time. */
const SYN_RETRY_MS = 1_000;

/** The network as one process sees it. */
export class SimNetwork implements Network {
  readonly #process: SimProcess;
  readonly #bug: NetworkBug;

  constructor(process: SimProcess, bug: NetworkBug = {}) {
    this.#process = process;
    this.#bug = bug;
  }

  listen(address: Address, accept: (link: Link) => void): Listener {
    const port = address.port === 0 ? this.#process.world.nextPort() : address.port;
    const { listeners, host } = this.#process;
    if (!isWildcard(address.host) && !isLoopback(address.host) && address.host !== host) {
      throw new ClusterError("NOT_PERMITTED", `${address.host} is no address of ${host}`);
    }
    if (listeners.has(port)) {
      throw new ClusterError("ADDRESS_TAKEN", `Cannot listen on ${host} port ${port}`);
    }
    const backlog = this.#backlog(accept);
    listeners.set(port, backlog);
    return {
      address: { host: address.host, port },
      close: () => {
        if (listeners.get(port) === backlog) listeners.delete(port);
      },
    };
  }

  /** Connects, and resets the connection before it is accepted. */
  connectAndReset(address: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      const handler: DialHandler = {
        connected: () => resolve(),
        failed: ({ message }) => reject(new Error(message)),
      };
      new Dialling(this.#process, address, handler, true).begin(SYN_RETRY_MS);
    });
  }

  #backlog(accept: (link: Link) => void): Backlog {
    const { deadPauseMs = 0 } = this.#bug;
    const { world } = this.#process;
    let readyAt = 0;
    return {
      add: (link) => {
        if (readyAt <= world.now) accept(link);
        else world.after(readyAt - world.now, () => this.#process.perform(() => accept(link)));
      },
      died: () => readyAt = Math.max(readyAt, world.now) + deadPauseMs,
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
  readonly #isReset: boolean;
  #isOver = false;

  /** @param isReset whether the connection is reset at once. */
  constructor(process: SimProcess, address: Address, handler: DialHandler, isReset = false) {
    this.#isReset = isReset;
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
    this.#process.emit(() => {
      if (!world.cuts.refuses(this.#process.number, target.number)) {
        return world.signal(this.#process, target, () => this.#arrive());
      }
      const message = "connection refused: a firewall says so";
      world.after(0, () => this.fail({ kind: "refused", message }));
    });
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
            const backlog = target.listeners.get(this.#address.port);
            if (backlog === undefined) far.crash();
            else backlog.add(far);
          },
          died: () => target.listeners.get(this.#address.port)?.died(),
        },
      );
      if (this.#isReset) link.crash();
      else link.open();
      this.#handler.connected(link);
    });
  }
}
