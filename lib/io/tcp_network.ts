import {
  type Address,
  ClusterError,
  type DialHandler,
  type Link,
  type LinkFailure,
  type Listener,
  messageOf,
  type Millis,
  type Network,
  type Timer,
} from "../core/mod.ts";
import { errorMessage } from "../wire/mod.ts";
import { acceptAll, isOutOfFiles } from "./accept_loop.ts";
import { listenError } from "./listen_error.ts";
import { checkMayListen, missingNetFlag } from "./net_permission.ts";
import { ReadingTurns } from "./reading_turns.ts";
import { TCP_LIMITS, type TcpLimits } from "./tcp_limits.ts";
import { TcpLink } from "./tcp_link.ts";

/**
 * Milliseconds between two looks at writes that wait, and at buffers that rest: one timer for all
 * links.
 */
const SWEEP_MS = 1_000;
/** Milliseconds after which an attempt to connect that nobody waits for any more is aborted. */
const LATE_CONNECT_MS = 2_000;

/** Links over TCP. */
export class TcpNetwork implements Network {
  readonly #limits: TcpLimits;
  readonly #links = new Set<TcpLink>();
  readonly #turns = new ReadingTurns();
  #sweepTimer: ReturnType<typeof setInterval> | undefined;

  /**
   * The machine's own network, with the usual bounds where none are given.
   *
   * @param limits those that differ from `core/limits.ts`.
   */
  constructor(limits: Partial<TcpLimits> = {}) {
    this.#limits = { ...TCP_LIMITS, ...limits };
  }

  listen(
    address: Address,
    accept: (link: Link) => void,
    outOfFiles: () => void = () => {},
  ): Listener {
    checkMayListen(address);
    let listener: Deno.TcpListener;
    try {
      listener = Deno.listen({ hostname: address.host, port: address.port, transport: "tcp" });
    } catch (error) {
      throw listenError(error, address);
    }
    const closed = new AbortController();
    const accepted = (conn: Deno.TcpConn) => this.#accepted(conn, accept);
    void acceptAll(listener, { accepted, outOfFiles, closed: closed.signal });
    return {
      address: { host: address.host, port: listener.addr.port },
      close: () => {
        listener.close();
        closed.abort();
      },
    };
  }

  dial(address: Address, timeout: Millis, handler: DialHandler): Timer {
    const flag = missingNetFlag(address);
    if (flag !== undefined) return refuseToDial(flag, handler);
    const abort = new AbortController();
    let isOver = false;
    // Deno loses a connection that comes in the very moment of an abort, and keeps it open: whoever
    // dials is told at once, the attempt itself gets time to end by itself and be closed.
    const giveUp = () => {
      isOver = true;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), LATE_CONNECT_MS);
    };
    let timer = setTimeout(() => {
      giveUp();
      handler.failed({ kind: "timeout", message: `no answer within ${timeout} ms` });
    }, timeout);
    Deno.connect({ hostname: address.host, port: address.port, signal: abort.signal }).then(
      (conn) => {
        clearTimeout(timer);
        if (isOver) return conn.close();
        isOver = true;
        handler.connected(this.#own(conn));
      },
      (error) => {
        clearTimeout(timer);
        if (isOver) return;
        isOver = true;
        handler.failed(dialFailure(error));
      },
    );
    return {
      cancel: () => {
        if (!isOver) giveUp();
      },
    };
  }

  #accepted(conn: Deno.TcpConn, accept: (link: Link) => void): void {
    const link = this.#own(conn);
    if (this.#links.size <= this.#limits.connections) return accept(link);
    link.attach({ message: () => {}, closed: () => {} });
    const reason =
      `This node has ${this.#limits.connections} connections already; try another member`;
    link.send(errorMessage(new ClusterError("OVERLOADED", reason)));
    link.close();
  }

  #own(conn: Deno.TcpConn): TcpLink {
    const link = new TcpLink(conn, (ended) => this.#disown(ended), this.#limits, this.#turns);
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

/** Fails as any other attempt does, not before it was begun. */
function refuseToDial(flag: string, handler: DialHandler): Timer {
  let isCancelled = false;
  queueMicrotask(() => {
    if (isCancelled) return;
    handler.failed({ kind: "unpermitted", message: `not permitted: start with ${flag}` });
  });
  return { cancel: () => isCancelled = true };
}

function dialFailure(error: unknown): LinkFailure {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return { kind: "refused", message: "connection refused: nothing listens there" };
  }
  if (error instanceof Deno.errors.ConnectionReset) {
    return { kind: "reset", message: "the connection was reset" };
  }
  if (isOutOfFiles(error)) {
    return { kind: "unreachable", message: "this process has no file left for a connection" };
  }
  // Of all that fails, only looking a name up has an error without the system's code.
  const isNameUnknown = (error as { code?: string }).code === undefined;
  return { kind: "unreachable", message: messageOf(error), isNameUnknown };
}
