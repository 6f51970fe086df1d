import type { TcpConnection } from "../../lib/io/mod.ts";

/** One that has all at once what it will ever say, and then is silent. */
export class Flood implements TcpConnection {
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 2 };
  readonly #bytes: Uint8Array;
  #at = 0;
  #isClosed = false;
  #end: (() => void) | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all that it will ever say was read. */
  get isRead(): boolean {
    return this.#at === this.#bytes.length;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const chunk = this.#bytes.subarray(this.#at, this.#at + into.length);
    if (chunk.length === 0 || this.#isClosed) {
      if (!this.#isClosed) await new Promise<void>((resolve) => this.#end = resolve);
      return null;
    }
    into.set(chunk);
    this.#at += chunk.length;
    return chunk.length;
  }

  write(chunk: Uint8Array): Promise<number> {
    return Promise.resolve(chunk.length);
  }

  closeWrite(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#end?.();
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
}

/** The frames of some texts. */
export function frames(...texts: string[]): Uint8Array {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + 4 + length, 0));
  let at = 0;
  for (const part of parts) {
    new DataView(all.buffer).setUint32(at, part.length);
    all.set(part, at + 4);
    at += 4 + part.length;
  }
  return all;
}
