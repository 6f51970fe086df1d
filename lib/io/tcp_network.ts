import {
  type Address,
  type DialHandler,
  type Link,
  type LinkFailure,
  type Listener,
  messageOf,
  type Millis,
  type Network,
  type Timer,
} from "../core/mod.ts";
import { TCP_LIMITS, type TcpLimits } from "./tcp_limits.ts";
import { listenError, TcpLink } from "./tcp_link.ts";

/** Milliseconds between two looks at writes that wait, and at buffers that rest: one timer for all links. */
const SWEEP_MS = 1_000;
/** Milliseconds to wait when the process has no file left for a connection. */
const ACCEPT_BACK_OFF_MS = 100;

/** Links over TCP. */
export class TcpNetwork implements Network {
  readonly #limits: TcpLimits;
  readonly #links = new Set<TcpLink>();
  #sweepTimer: ReturnType<typeof setInterval> | undefined;

  /** @param limits those that differ from `core/limits.ts`. */
  constructor(limits: Partial<TcpLimits> = {}) {
    this.#limits = { ...TCP_LIMITS, ...limits };
  }

  listen(address: Address, accept: (link: Link) => void): Listener {
    let listener: Deno.TcpListener;
    try {
      listener = Deno.listen({ hostname: address.host, port: address.port, transport: "tcp" });
    } catch (error) {
      throw listenError(error, address);
    }
    this.#acceptAll(listener, accept);
    return {
      address: { host: address.host, port: listener.addr.port },
      close: () => listener.close(),
    };
  }

  dial(address: Address, timeout: Millis, handler: DialHandler): Timer {
    const abort = new AbortController();
    let isCancelled = false;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      abort.abort();
    }, timeout);
    Deno.connect({ hostname: address.host, port: address.port, signal: abort.signal }).then(
      (conn) => {
        clearTimeout(timer);
        if (isCancelled) conn.close();
        else handler.connected(this.#own(conn));
      },
      (error) => {
        clearTimeout(timer);
        if (isCancelled) return;
        handler.failed(
          isLate
            ? { kind: "timeout", message: `no answer within ${timeout} ms` }
            : dialFailure(error),
        );
      },
    );
    return {
      cancel: () => {
        isCancelled = true;
        clearTimeout(timer);
        abort.abort();
      },
    };
  }

  async #acceptAll(listener: Deno.TcpListener, accept: (link: Link) => void): Promise<void> {
    while (true) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
        // Out of files, or a connection that died in the queue: later ones may fare better.
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_BACK_OFF_MS));
        continue;
      }
      const link = this.#own(conn);
      if (this.#links.size > this.#limits.connections) {
        link.attach({ message: () => {}, closed: () => {} });
        link.send({
          type: "error",
          code: "OVERLOADED",
          message:
            `This node has ${this.#limits.connections} connections already; try another member`,
          retryable: true,
        });
        link.close();
      } else accept(link);
    }
  }

  #own(conn: Deno.TcpConn): TcpLink {
    const link = new TcpLink(conn, (ended) => this.#disown(ended), this.#limits);
    this.#links.add(link);
    const sweepMs = Math.min(SWEEP_MS, this.#limits.writeStallMs);
    this.#sweepTimer ??= setInterval(() => this.#sweep(), sweepMs);
    return link;
  }

  #disown(link: TcpLink): void {
    this.#links.delete(link);
    if (this.#links.size > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    const { writeStallMs } = this.#limits;
    for (const link of this.#links) {
      link.rest();
      if (link.writingSince !== undefined && now - link.writingSince > writeStallMs) {
        link.abort({
          kind: "timeout",
          message: `The other side did not read for ${writeStallMs} ms`,
        });
      }
    }
  }
}

function dialFailure(error: unknown): LinkFailure {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return { kind: "refused", message: "connection refused: nothing listens there" };
  }
  if (error instanceof Deno.errors.ConnectionReset) {
    return { kind: "reset", message: "the connection was reset" };
  }
  return { kind: "unreachable", message: messageOf(error) };
}
