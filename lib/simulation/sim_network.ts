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
  type Ports,
  type Timer,
} from "../core/mod.ts";
import type { Backlog, HostProcess } from "./host_world.ts";
import { SimLink } from "./sim_link.ts";

/** Milliseconds until a first unanswered SYN is sent again, as Linux does; it doubles each time. */
const SYN_RETRY_MS = 1_000;

/** All that a node needs of the world, as a process sees it; a disk is mounted beside. */
export function portsOf(process: HostProcess): Ports {
  const { clock, random, world } = process;
  return { clock, random, ids: { next: () => world.nextId() }, network: new SimNetwork(process) };
}

/** The network as one process sees it. */
export class SimNetwork implements Network {
  readonly #process: HostProcess;

  /** Looks at the world from a process. */
  constructor(process: HostProcess) {
    this.#process = process;
  }

  /** Listens at a port of the machine. */
  listen(address: Address, accept: (link: Link) => void): Listener {
    const port = address.port === 0 ? this.#process.world.nextPort() : address.port;
    const { listeners, host } = this.#process;
    if (!isWildcard(address.host) && !isLoopback(address.host) && address.host !== host) {
      throw new ClusterError("NOT_PERMITTED", `${address.host} is no address of ${host}`);
    }
    if (listeners.has(port)) {
      throw new ClusterError("ADDRESS_TAKEN", `Cannot listen on ${host} port ${port}`);
    }
    const backlog = this.backlog(accept);
    listeners.set(port, backlog);
    return {
      address: { host: address.host, port },
      close: () => {
        if (listeners.get(port) === backlog) listeners.delete(port);
      },
    };
  }

  /** Connects, and resets the connection before it is accepted. */
  dialAndReset(address: Address, handler: DialHandler): void {
    new Dialling(this.#process, address, handler, true).begin(SYN_RETRY_MS);
  }

  /** The queue at a listener: whoever died in it holds up nobody. */
  protected backlog(accept: (link: Link) => void): Backlog {
    return { add: accept, died: () => {} };
  }

  /** Connects: SYN, SYN and ACK, ACK, each again until it arrives. */
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
  readonly #process: HostProcess;
  readonly #address: Address;
  readonly #handler: DialHandler;
  readonly #local: Address;
  readonly #isReset: boolean;
  #isOver = false;

  /** @param isReset whether the connection is reset at once. */
  constructor(process: HostProcess, address: Address, handler: DialHandler, isReset = false) {
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
        return world.signal(this.#process.number, target.number, () => this.#arrive());
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
    world.signal(target.number, this.#process.number, () => {
      if (isListening) this.#connect(target);
      else this.fail({ kind: "refused", message: "connection refused: nothing listens there" });
    });
  }

  #connect(target: HostProcess): void {
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
