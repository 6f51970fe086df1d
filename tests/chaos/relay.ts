import { isObject } from "../../lib/core/mod.ts";
import { FrameDecoder } from "../../lib/wire/mod.ts";
import { feed } from "../wire/feed.ts";

/** Bytes that are read at once. */
const READ_BYTES = 65_536;

/** Says whether nothing passes from one node to another, and when that may have changed. */
export interface Cuts {
  /** Whether bytes of `from` do not reach `to`; each is a node's id. */
  isCut(from: string | undefined, to: string | undefined): boolean;
  /** Resolves at the next change. */
  changed(): Promise<void>;
}

/**
 * Stands before one real node, at the address that the node advertises: all others reach it through here.
 *
 * A cut is what a network does that drops packets: both ends of a connection stay as they are and hear
 * nothing; what was sent arrives after the cut, in order, and so does the news that an end was closed.
 * Who dials is read from the `hello` that opens each link; clients are never cut.
 */
export class Relay implements Disposable {
  /** The address to advertise. */
  readonly address: string;
  /** The id of the node behind it, once that is known. */
  node: string | undefined;
  readonly #listener: Deno.TcpListener;
  readonly #cuts: Cuts;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #target = Promise.withResolvers<number>();
  #isClosed = false;

  constructor(cuts: Cuts) {
    this.#cuts = cuts;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.address = `127.0.0.1:${this.#listener.addr.port}`;
    void this.#accept();
  }

  /** Leads to the node, which listens at that port of this machine. */
  leadTo(node: string, port: number): void {
    this.node = node;
    this.#target.resolve(port);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    for (const conn of this.#open) close(conn);
    // Whoever still waits for the node waits no more.
    this.#target.resolve(0);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) void this.#serve(conn);
  }

  async #serve(dialler: Deno.TcpConn): Promise<void> {
    this.#open.add(dialler);
    let target: Deno.TcpConn | undefined;
    try {
      dialler.setNoDelay(true);
      const port = await this.#target.promise;
      if (this.#isClosed) return;
      target = await Deno.connect({ hostname: "127.0.0.1", port });
      target.setNoDelay(true);
      this.#open.add(target);
      const hello = new HelloReader();
      await Promise.all([
        this.#pump(dialler, target, (bytes) => {
          hello.read(bytes);
          return [hello.node, this.node];
        }),
        this.#pump(target, dialler, () => [this.node, hello.node]),
      ]);
    } catch {
      // An end was reset: so is the other, below.
    } finally {
      for (const conn of [dialler, target]) {
        if (conn === undefined) continue;
        this.#open.delete(conn);
        close(conn);
      }
    }
  }

  /** Passes on what comes until it ends, no byte while the two are cut. */
  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    ends: (bytes: Uint8Array) => [string | undefined, string | undefined],
  ): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    while (true) {
      const read = await from.read(buffer).catch(() => null);
      const bytes = buffer.subarray(0, read ?? 0);
      const [sender, receiver] = ends(bytes);
      while (this.#cuts.isCut(sender, receiver) && !this.#isClosed) await this.#cuts.changed();
      if (read === null) return await to.closeWrite();
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    }
  }
}

/** Reads who dials from the first message of a connection. */
class HelloReader {
  /** The dialling node's id; `undefined` before it said so, and for clients. */
  node: string | undefined;
  readonly #decoder = new FrameDecoder();
  #isDone = false;

  read(bytes: Uint8Array): void {
    if (this.#isDone) return;
    const [text] = feed(this.#decoder, bytes);
    if (text === undefined) return;
    this.#isDone = true;
    const hello: unknown = JSON.parse(text);
    if (!isObject(hello) || hello["role"] !== "member" || !isObject(hello["node"])) return;
    this.node = String(hello["node"]["id"]);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
