import { parseAddress } from "../../lib/core/mod.ts";

/** What every HTTP/2 connection begins with (RFC 9113 §3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER_BYTES = 9;
/** Where a message of gRPC begins: a flag, and its length. */
const MESSAGE_HEADER_BYTES = 5;
const CHUNK_BYTES = 65_536;
/** The window that the other side gets, as large as it goes: what it answers is small. */
const WINDOW_BYTES = 0x7fff_0000;
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 };
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

const text = new TextEncoder();

/**
 * A client of etcd that does nothing but `Put`, as fast as it can be done: gRPC over HTTP/2 by
 * hand. The library for it, `@grpc/grpc-js`, takes 300 µs of processor time a call, which on a
 * small machine would be measured instead of etcd.
 *
 * It never has to read a header block: a call that succeeds has one message in its answer, a call
 * that fails has none.
 */
export class EtcdClient {
  readonly #connection: Deno.TcpConn;
  /**
   * The same for each call, hence encoded once: with literals alone, the other side need not
   * remember anything.
   */
  readonly #headers: Uint8Array;
  readonly #waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  /** Streams that a message came on. */
  readonly #answered = new Set<number>();
  #nextStream = 1;
  #out = new Uint8Array(CHUNK_BYTES);
  #outBytes = 0;
  #isWriting = false;
  #isScheduled = false;
  #failure: Error | undefined;

  private constructor(connection: Deno.TcpConn, authority: string) {
    connection.setNoDelay(true);
    this.#connection = connection;
    this.#headers = headerBlock({
      ":method": "POST",
      ":scheme": "http",
      ":path": "/etcdserverpb.KV/Put",
      ":authority": authority,
      "content-type": "application/grpc",
      te: "trailers",
    });
  }

  /** Connects to one member. */
  static async connect(address: string): Promise<EtcdClient> {
    const { host, port } = parseAddress(address);
    const client = new EtcdClient(await Deno.connect({ hostname: host, port }), address);
    client.#append(text.encode(PREFACE));
    client.#frame(FRAME.settings, 0, 0, settings({ 2: 0, 4: WINDOW_BYTES }));
    client.#frame(FRAME.windowUpdate, 0, 0, bigEndian(WINDOW_BYTES - 65_535));
    client.#read().catch((error) => client.#fail(error));
    return client;
  }

  /** Writes a key; resolves when etcd has acknowledged it. */
  put(key: string, value: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#frame(FRAME.headers, END_HEADERS, stream, this.#headers);
    this.#frame(FRAME.data, END_STREAM, stream, putMessage(key, value));
    return new Promise((resolve, reject) => this.#waiting.set(stream, { resolve, reject }));
  }

  close(): void {
    this.#failure ??= new Error("closed here");
    this.#connection.close();
  }

  #frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    const view = new DataView(header.buffer);
    view.setUint32(0, payload.length << 8 | type);
    header[4] = flags;
    view.setUint32(5, stream);
    this.#append(header);
    this.#append(payload);
  }

  #append(bytes: Uint8Array): void {
    if (this.#outBytes + bytes.length > this.#out.length) {
      const larger = new Uint8Array(2 * this.#out.length + bytes.length);
      larger.set(this.#out.subarray(0, this.#outBytes));
      this.#out = larger;
    }
    this.#out.set(bytes, this.#outBytes);
    this.#outBytes += bytes.length;
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#write().catch((error) => this.#fail(error));
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#outBytes > 0) {
      const chunk = this.#out.slice(0, this.#outBytes);
      this.#outBytes = 0;
      for (let at = 0; at < chunk.length;) at += await this.#connection.write(chunk.subarray(at));
    }
    this.#isWriting = false;
  }

  async #read(): Promise<void> {
    let buffer = new Uint8Array(CHUNK_BYTES);
    let end = 0;
    while (true) {
      const count = await this.#connection.read(buffer.subarray(end));
      if (count === null) throw new Error("etcd closed the connection");
      end += count;
      const rest = this.#takeFrames(buffer, end);
      buffer.copyWithin(0, rest, end);
      end -= rest;
      if (end < buffer.length) continue;
      const larger = new Uint8Array(2 * buffer.length);
      larger.set(buffer);
      buffer = larger;
    }
  }

  #takeFrames(buffer: Uint8Array, end: number): number {
    const view = new DataView(buffer.buffer);
    let at = 0;
    while (end - at >= FRAME_HEADER_BYTES) {
      const from = at + FRAME_HEADER_BYTES;
      const to = from + (view.getUint32(at) >>> 8);
      if (to > end) break;
      const stream = view.getUint32(at + 5) & 0x7fff_ffff;
      this.#takeFrame(buffer[at + 3] ?? 0, buffer[at + 4] ?? 0, stream, buffer.slice(from, to));
      at = to;
    }
    return at;
  }

  #takeFrame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const isAck = (flags & ACK) !== 0;
    if (type === FRAME.settings && !isAck) this.#frame(FRAME.settings, ACK, 0, new Uint8Array());
    else if (type === FRAME.ping && !isAck) this.#frame(FRAME.ping, ACK, 0, payload);
    else if (type === FRAME.goAway) this.#fail(new Error("etcd sent GOAWAY"));
    else if (type === FRAME.data && payload.length >= MESSAGE_HEADER_BYTES) {
      this.#answered.add(stream);
    }
    const isEnd = type === FRAME.reset ||
      ((type === FRAME.headers || type === FRAME.data) && (flags & END_STREAM) !== 0);
    if (!isEnd) return;
    const call = this.#waiting.get(stream);
    this.#waiting.delete(stream);
    if (this.#answered.delete(stream)) call?.resolve();
    else call?.reject(new Error("etcd refused the call"));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** A header block without compression: literals that are not to be indexed (RFC 7541 §6.2.2). */
function headerBlock(headers: Record<string, string>): Uint8Array {
  const bytes: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    bytes.push(0, name.length, ...text.encode(name), value.length, ...text.encode(value));
  }
  return Uint8Array.from(bytes);
}

function settings(values: Record<number, number>): Uint8Array {
  return Uint8Array.from(
    Object.entries(values).flatMap(([name, value]) => [0, Number(name), ...bigEndian(value)]),
  );
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** `PutRequest {bytes key = 1; bytes value = 2}`, behind the header of a message. */
export function putMessage(key: string, value: string): Uint8Array {
  const request = [...field(1, text.encode(key)), ...field(2, text.encode(value))];
  return Uint8Array.from([0, ...bigEndian(request.length), ...request]);
}

/** A field of bytes: its number and type, its length in groups of seven bits, the bytes. */
function field(number: number, value: Uint8Array): number[] {
  const length: number[] = [];
  let rest = value.length;
  for (; rest > 0x7f; rest >>>= 7) length.push(rest & 0x7f | 0x80);
  return [number << 3 | 2, ...length, rest, ...value];
}
