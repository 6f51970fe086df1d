import type { JsonObject } from "../../lib/core/mod.ts";
import { FrameDecoder, type Mode } from "../../lib/wire/mod.ts";
import { frame } from "./feed.ts";

/** A connection that sends whatever bytes it is told to, and reads messages in either mode. */
export class WireClient implements Disposable {
  readonly conn: Deno.TcpConn;
  readonly #mode: Mode;
  /** Made at the first read: an idle client costs next to nothing. */
  #buffer = new Uint8Array(0);
  readonly #decoder = new FrameDecoder(1 << 24);
  #bytes = new Uint8Array(0);
  #messages: JsonObject[] = [];

  private constructor(conn: Deno.TcpConn, mode: Mode) {
    this.conn = conn;
    this.#mode = mode;
  }

  /** Connects to a port of this machine. */
  static async connect(port: number, mode: Mode = "frames"): Promise<WireClient> {
    return new WireClient(await Deno.connect({ hostname: "127.0.0.1", port }), mode);
  }

  /** Over a connection that the other side dialled. */
  static over(conn: Deno.TcpConn): WireClient {
    return new WireClient(conn, "frames");
  }

  /** Connects, and says hello as a client. */
  static async greet(port: number, hello: JsonObject = {}): Promise<WireClient> {
    const client = await WireClient.connect(port);
    await client.send({ type: "hello", protocol: 1, role: "client", ...hello });
    const welcome = await client.receive();
    if (welcome?.["type"] !== "welcome") throw new Error(`Not let in: ${JSON.stringify(welcome)}`);
    return client;
  }

  /** Sends bytes as they are, all of them. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** Sends a value, or the text of one, as a frame or a line. */
  async send(value: unknown): Promise<void> {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await this.write(
      this.#mode === "frames" ? frame(text) : new TextEncoder().encode(`${text}\n`),
    );
  }

  /** The next message; `undefined` when the other side has closed, in order or not. */
  async receive(): Promise<JsonObject | undefined> {
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(65_536);
    while (this.#messages.length === 0) {
      const bytes = await this.conn.read(this.#buffer).catch(() => null);
      if (bytes === null) return undefined;
      for (const text of this.#texts(this.#buffer.subarray(0, bytes))) {
        this.#messages.push(...[JSON.parse(text)].flat());
      }
    }
    return this.#messages.shift();
  }

  /** Sends a message and gives the next that comes. */
  async ask(value: unknown): Promise<JsonObject | undefined> {
    await this.send(value);
    return await this.receive();
  }

  /** All that still comes until the other side closes. */
  async rest(): Promise<JsonObject[]> {
    const messages: JsonObject[] = [];
    for (let next = await this.receive(); next !== undefined; next = await this.receive()) {
      messages.push(next);
    }
    return messages;
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }

  #texts(bytes: Uint8Array): string[] {
    if (this.#mode === "frames") {
      const texts: string[] = [];
      for (let at = 0; at < bytes.length;) {
        const space = this.#decoder.space();
        const part = bytes.subarray(at, at + space.length);
        space.set(part);
        this.#decoder.filled(part.length);
        at += part.length;
        for (let text = this.#decoder.next(); text !== undefined; text = this.#decoder.next()) {
          texts.push(text);
        }
      }
      return texts;
    }
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    const end = joined.lastIndexOf(0x0a) + 1;
    this.#bytes = joined.slice(end);
    return new TextDecoder().decode(joined.subarray(0, end)).split("\n").filter((line) => line);
  }
}
