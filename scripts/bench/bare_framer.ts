/**
 * The least that calls over TCP can cost here: a length-prefixed JSON echo over `Deno.listen` and
 * `Deno.connect`, with a promise a call and nothing else (no validation, no deadlines, no routing).
 * What Muster's own calls are measured against.
 *
 *     bare_framer.ts server                     prints `ready ADDRESS`
 *     bare_framer.ts client ADDRESS             reads measurements to make from stdin, one JSON a line
 *
 * @module
 */
import { measureRequests } from "./measure.ts";

const LENGTH_BYTES = 4;
/**
 * What a system call moves at once: larger reads cost more than they save at 1,024 calls
 * outstanding.
 */
const CHUNK_BYTES = 65_536;

type Frame = { id: number; body: unknown };

/**
 * Writes all frames of one microtask turn in one write, and reads frames off the same connection.
 */
class BareConnection {
  readonly #connection: Deno.TcpConn;
  readonly #onFrame: (frame: Frame) => void;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #pending = new Uint8Array(CHUNK_BYTES);
  #pendingBytes = 0;
  /** Takes the place of `#pending` while that is written. */
  #spare = new Uint8Array(CHUNK_BYTES);
  #isScheduled = false;
  #isWriting = false;

  constructor(connection: Deno.TcpConn, onFrame: (frame: Frame) => void) {
    connection.setNoDelay(true);
    this.#connection = connection;
    this.#onFrame = onFrame;
  }

  send(frame: Frame): void {
    const text = JSON.stringify(frame);
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.#makeRoom(LENGTH_BYTES + text.length * 3);
    const start = this.#pendingBytes + LENGTH_BYTES;
    const { written } = this.#encoder.encodeInto(text, this.#pending.subarray(start));
    this.#pending[this.#pendingBytes] = written >>> 24;
    this.#pending[this.#pendingBytes + 1] = written >>> 16;
    this.#pending[this.#pendingBytes + 2] = written >>> 8;
    this.#pending[this.#pendingBytes + 3] = written;
    this.#pendingBytes = start + written;
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#write().catch(() => {});
    });
  }

  /** Reads until the other side closes. */
  async read(): Promise<void> {
    let buffer = new Uint8Array(CHUNK_BYTES);
    let end = 0;
    while (true) {
      const count = await this.#connection.read(buffer.subarray(end)).catch(() => null);
      if (count === null) return;
      end += count;
      const rest = this.#takeFrames(buffer, end);
      buffer.copyWithin(0, rest, end);
      end -= rest;
      if (end === buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      }
    }
  }

  close(): void {
    this.#connection.close();
  }

  #makeRoom(bytes: number): void {
    if (this.#pendingBytes + bytes <= this.#pending.length) return;
    const larger = new Uint8Array(Math.max(this.#pending.length * 2, this.#pendingBytes + bytes));
    larger.set(this.#pending.subarray(0, this.#pendingBytes));
    this.#pending = larger;
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#pendingBytes > 0) {
      const buffer = this.#pending;
      const end = this.#pendingBytes;
      this.#pending = this.#spare;
      this.#pendingBytes = 0;
      for (let sent = 0; sent < end;) {
        sent += await this.#connection.write(buffer.subarray(sent, end));
      }
      this.#spare = buffer;
    }
    this.#isWriting = false;
  }

  #takeFrames(buffer: Uint8Array, end: number): number {
    let start = 0;
    while (end - start >= LENGTH_BYTES) {
      const length = new DataView(buffer.buffer, buffer.byteOffset + start).getUint32(0);
      const frameEnd = start + LENGTH_BYTES + length;
      if (frameEnd > end) break;
      this.#onFrame(
        JSON.parse(this.#decoder.decode(buffer.subarray(start + LENGTH_BYTES, frameEnd))),
      );
      start = frameEnd;
    }
    return start;
  }
}

async function serve(): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(`ready 127.0.0.1:${listener.addr.port}`);
  for await (const accepted of listener) {
    const connection: BareConnection = new BareConnection(
      accepted,
      ({ id, body }) => connection.send({ id, body }),
    );
    connection.read();
  }
}

async function call(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const waiting = new Map<number, (body: unknown) => void>();
  const connection = new BareConnection(
    await Deno.connect({ hostname, port: Number(port) }),
    ({ id, body }) => {
      waiting.get(id)?.(body);
      waiting.delete(id);
    },
  );
  connection.read();
  let lastId = 0;
  await measureRequests((body) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      connection.send({ id, body });
    })
  );
  connection.close();
}

if (import.meta.main) {
  const [role, address] = Deno.args;
  if (role === "server") await serve();
  else if (role === "client" && address !== undefined) await call(address);
  else {
    console.error("Usage: bare_framer.ts server | client ADDRESS");
    Deno.exit(2);
  }
}
