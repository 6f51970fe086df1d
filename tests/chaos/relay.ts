import { isJsonObject } from "../../lib/core/mod.ts";
import { FrameDecoder } from "../../lib/wire/mod.ts";
import { feed } from "../wire/feed.ts";

/** Bytes that are read at once. */
const READ_BYTES = 65_536;

/** Says whether nothing passes from one node to another, and when that may have changed. */
export interface Cuts {
  /** Whether bytes of `from` do not reach `to`; each is a node's id. */
  isCut(from: string | undefined, to: string | undefined): boolean;
  /** Whether connections between the two are reset, and new ones too. */
  isRefused(one: string | undefined, other: string | undefined): boolean;
  /** Resolves at the next change. */
  changed(): Promise<void>;
}

/**
 * Stands before one real node, at the address that the node advertises: all others reach it through
 * here.
 *
 * A cut is what a network does that drops packets: both ends of a connection stay as they are and
 * hear nothing; what was sent arrives after the cut, in order, and so does the news that an end was
 * closed. Who dials is read from the `hello` that opens each link; clients are never cut.
 *
 * A refusal is what a firewall does that rejects: connections between the two are reset, and so are
 * new ones once they say who dials. A relay that is deaf refuses everybody who dials it, before a
 * word.
 */
export class Relay implements Disposable {
  /** The address to advertise. */
  readonly address: string;
  /** The id of the node behind it, once that is known. */
  node: string | undefined;
  readonly #port: number;
  readonly #cuts: Cuts;
  readonly #open = new Set<Passage>();
  readonly #target = Promise.withResolvers<number>();
  #listener: Deno.TcpListener | undefined;
  #isClosed = false;

  constructor(cuts: Cuts) {
    this.#cuts = cuts;
    const listener = this.#listen(0);
    this.#port = listener.addr.port;
    this.address = `127.0.0.1:${this.#port}`;
  }

  /** Leads to the node, which listens at that port of this machine. */
  leadTo(node: string, port: number): void {
    this.node = node;
    this.#target.resolve(port);
  }

  /** Nobody is let in any more, and who is in is thrown out, until `hear`. */
  deafen(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const passage of this.#open) end(passage);
  }

  /** Whoever dials is let in again. */
  hear(): void {
    if (this.#listener === undefined && !this.#isClosed) this.#listen(this.#port);
  }

  /** Looks which connections are refused now. */
  review(): void {
    for (const passage of this.#open) {
      if (this.#cuts.isRefused(passage.hello.node, this.node)) end(passage);
    }
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.deafen();
    // Whoever still waits for the node waits no more.
    this.#target.resolve(0);
  }

  #listen(port: number): Deno.TcpListener {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#listener = listener;
    void this.#accept(listener);
    return listener;
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const conn of listener) void this.#serve(conn);
  }

  async #serve(dialler: Deno.TcpConn): Promise<void> {
    const passage: Passage = { dialler, target: undefined, hello: new HelloReader() };
    this.#open.add(passage);
    try {
      dialler.setNoDelay(true);
      const port = await this.#target.promise;
      if (this.#isClosed) return;
      const target = await Deno.connect({ hostname: "127.0.0.1", port });
      passage.target = target;
      target.setNoDelay(true);
      const { hello } = passage;
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
      this.#open.delete(passage);
      end(passage);
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
      if (this.#cuts.isRefused(sender, receiver)) throw new Error("refused");
      while (this.#cuts.isCut(sender, receiver) && !this.#isClosed) await this.#cuts.changed();
      if (read === null) return await to.closeWrite();
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    }
  }
}

/** A connection to the node, from both sides. */
interface Passage {
  dialler: Deno.TcpConn;
  target: Deno.TcpConn | undefined;
  hello: HelloReader;
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
    if (!isJsonObject(hello) || hello["role"] !== "member" || !isJsonObject(hello["node"])) return;
    this.node = String(hello["node"]["id"]);
  }
}

function end({ dialler, target }: Passage): void {
  for (const conn of [dialler, target]) {
    try {
      conn?.close();
    } catch {
      // It is closed already.
    }
  }
}
