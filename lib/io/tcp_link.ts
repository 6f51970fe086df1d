import { setImmediate } from "node:timers";
import {
  type Address,
  ClusterError,
  type Link,
  type LinkFailure,
  type LinkHandler,
  type Message,
  messageOf,
  type Millis,
  READ_SLICE_MS,
  WRITE_CHUNK_BYTES,
} from "../core/mod.ts";
import { errorMessage, FrameDecoder, FrameEncoder, WireError } from "../wire/mod.ts";
import { TimedParser } from "./timed_parser.ts";
import { ReadingTurns } from "./reading_turns.ts";
import {
  FLOOD_SLICES,
  FRAMES_A_LOOK,
  MUCH_BYTES,
  TCP_LIMITS,
  type TcpLimits,
  TIMED_CHARACTERS,
  WAITED_MS,
} from "./tcp_limits.ts";

/** What a link uses of a TCP connection. */
export type TcpConnection = Pick<
  Deno.TcpConn,
  | "read"
  | "write"
  | "closeWrite"
  | "close"
  | "setNoDelay"
  | "setKeepAlive"
  | "remoteAddr"
  | "localAddr"
>;

/** A link over one TCP connection. */
export class TcpLink implements Link {
  readonly remote: Address;
  readonly local: Address;
  readonly #conn: TcpConnection;
  readonly #limits: TcpLimits;
  readonly #decoder = new FrameDecoder();
  readonly #encoder = new FrameEncoder();
  readonly #turns: ReadingTurns;
  readonly #parser: TimedParser;
  readonly #ended: (link: TcpLink) => void;
  #handler: LinkHandler | undefined;
  #drained: Array<() => void> = [];
  #resume: (() => void) | undefined;
  #isPaused = false;
  #isFlushQueued = false;
  #isWriting = false;
  /** Whether the other side said that it sends no more. */
  #hasReadAll = false;
  /** Bytes taken from the encoder and not yet written. */
  #inFlightBytes = 0;
  /** `open` → `closing` (flushing, then lingering for the other side) → `closed`. */
  #state: "open" | "closing" | "closed" = "open";
  #failure: LinkFailure | undefined;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  /** When this link began to read without letting others have their turn. */
  #sliceSince: Millis = 0;
  /** Slices that it used up in a row, without a wait for bytes between them. */
  #slices = 0;
  /** Whether it has waited for the turn that it is in. */
  #hasTurn = false;
  /** When it looked at the time last. */
  #lookedAt: Millis = 0;
  /** Ends the pause that it makes in reading. */
  #endPause: (() => void) | undefined;
  /** When the write that is under way began to wait; `undefined` while none waits. */
  writingSince: Millis | undefined;

  /**
   * Takes a connection over, and reads from it once a handler is attached.
   *
   * @param ended told once, when the connection is closed for good.
   * @param turns shared by the links of one network.
   */
  constructor(
    conn: TcpConnection,
    ended: (link: TcpLink) => void,
    limits = TCP_LIMITS,
    turns = new ReadingTurns(),
  ) {
    this.#conn = conn;
    this.#turns = turns;
    this.#parser = new TimedParser(turns);
    this.#limits = limits;
    this.#ended = ended;
    this.remote = { host: conn.remoteAddr.hostname, port: conn.remoteAddr.port };
    this.local = { host: conn.localAddr.hostname, port: conn.localAddr.port };
    try {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
    } catch {
      // It was reset while it waited to be accepted: the first read says so.
    }
  }

  get mode(): "frames" | "lines" {
    return this.#decoder.mode ?? "frames";
  }

  get batch(): boolean {
    return this.#encoder.batch;
  }

  set batch(value: boolean) {
    this.#encoder.batch = value;
  }

  get isWritable(): boolean {
    return this.#queuedBytes < this.#limits.highWaterBytes;
  }

  get #queuedBytes(): number {
    return this.#encoder.waiting + this.#inFlightBytes;
  }

  attach(handler: LinkHandler): void {
    const isFirst = this.#handler === undefined;
    this.#handler = handler;
    if (isFirst) this.#readAll();
  }

  send(message: Message): boolean {
    if (this.#state !== "open") return false;
    this.#encoder.add(message);
    const { queueBytes } = this.#limits;
    if (this.#queuedBytes > queueBytes) {
      this.abort({
        kind: "local",
        message: `The other side does not read: ${queueBytes} bytes wait for it`,
      });
      return false;
    }
    const isWritable = this.isWritable;
    if (this.#encoder.waiting >= WRITE_CHUNK_BYTES) this.flush();
    else this.#queueFlush();
    return isWritable;
  }

  flush(): void {
    if (this.#isWriting || this.#encoder.waiting === 0 || this.#state === "closed") return;
    this.#isWriting = true;
    this.#writeAll();
  }

  drained(callback: () => void): void {
    // One that closes may still be full: whoever is called back at once would ask for ever.
    if (this.#state === "closed" || this.isWritable) queueMicrotask(callback);
    else this.#drained.push(callback);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
    this.#resume = undefined;
  }

  close(reason = "closed here"): void {
    this.#close({ kind: "local", message: reason });
  }

  /** Ends the link at once: what is queued is lost. */
  abort(failure: LinkFailure): void {
    if (this.#state === "closed") return;
    this.#failure ??= failure;
    this.#finish();
  }

  /** Gives back what an idle link does not need; to be called now and then. */
  rest(): void {
    if (!this.#isWriting) this.#encoder.release();
  }

  #close(failure: LinkFailure): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#failure = failure;
    this.#parser.drop();
    this.resume();
    this.#endPause?.();
    if (this.#handler === undefined) {
      this.#finish();
      return;
    }
    this.#lingerTimer = setTimeout(() => this.#finish(), this.#limits.lingerMs);
    this.flush();
    if (!this.#isWriting) this.#halfClose();
  }

  /**
   * Closing with unread input would reset the connection and destroy our last words on their way.
   */
  #halfClose(): void {
    if (this.#hasReadAll) this.#finish();
    else this.#conn.closeWrite().catch(() => this.#finish());
  }

  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#lingerTimer);
    this.#parser.drop();
    this.resume();
    this.#endPause?.();
    try {
      this.#conn.close();
    } catch {
      // The connection is gone already.
    }
    this.#ended(this);
    this.#releaseDrained();
    this.#handler?.closed(this.#failure ?? { kind: "closed", message: "The other side closed" });
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#state !== "closed") {
        const mayPause = this.#isPaused && !this.#parser.isUnfinished;
        if (mayPause) await new Promise<void>((resolve) => this.#resume = resolve);
        if (this.#state === "open" && !this.#deliver()) {
          await this.#yieldTurn();
          continue;
        }
        const bytes = await this.#conn.read(this.#decoder.space());
        if (bytes === null) break;
        if (this.#state === "open") this.#received(bytes);
      }
      this.#hasReadAll = true;
      this.#failure ??= this.#decoder.pendingBytes > 0
        ? { kind: "closed", message: "The other side closed in the middle of a frame" }
        : { kind: "closed", message: "The other side closed the connection" };
    } catch (error) {
      this.#failure ??= { kind: "reset", message: `The connection broke: ${messageOf(error)}` };
    }
    // What was queued in answer to the last message, or as our last words, still goes out.
    if (this.#hasReadAll && this.#state === "open") {
      this.#state = "closing";
      this.#lingerTimer = setTimeout(() => this.#finish(), this.#limits.lingerMs);
      this.flush();
    }
    if (!this.#hasReadAll || !this.#isWriting) this.#finish();
  }

  #received(bytes: number): void {
    const now = performance.now();
    if (now - this.#lookedAt > WAITED_MS) {
      this.#sliceSince = now;
      this.#slices = 0;
    }
    this.#decoder.filled(bytes);
    this.#encoder.mode = this.mode;
  }

  /**
   * Gives the owner the messages that are there, as long as it wants them.
   *
   * @returns `false` when there may be more, and it is the turn of others: a read that finds bytes
   * ends in the same turn of the event loop, so a link that is never quiet would have all of it.
   */
  #deliver(): boolean {
    const hasTurn = this.#hasTurn;
    this.#hasTurn = false;
    const { isUnfinished } = this.#parser;
    if (!isUnfinished && !hasTurn && this.#mustWait) return false;
    try {
      if (isUnfinished) return this.#parser.goOn();
      for (let frames = 1; this.#state === "open" && !this.#isPaused; frames++) {
        const messages = this.#parser.next(this.#decoder, this.#encoder.batch);
        if (messages === undefined) return !this.#parser.isUnfinished && !this.#isSliceSpent();
        const { characters } = this.#parser;
        this.#deliverFrame(messages, characters);
        const mayLook = frames % FRAMES_A_LOOK === 0 || characters >= TIMED_CHARACTERS;
        if (mayLook && this.#isSliceSpent()) return false;
      }
      return this.#state !== "open";
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const { code, message, foreign } = error;
      if (foreign?.answer === undefined) {
        this.#encoder.add(errorMessage(new ClusterError(code, message)));
      } else this.#encoder.end(foreign.answer);
      this.#close({
        kind: "rejected",
        message,
        ...(foreign === undefined ? {} : { foreign: foreign.name }),
      });
      return true;
    }
  }

  #deliverFrame(messages: Message | Message[], characters: number): void {
    if (!Array.isArray(messages)) {
      this.#handler?.message(messages, characters);
      return;
    }
    const share = characters / messages.length;
    for (const message of messages) {
      this.#handler?.message(message, share);
      if (this.#state !== "open") return;
    }
  }

  #isSliceSpent(): boolean {
    this.#lookedAt = performance.now();
    return this.#lookedAt - this.#sliceSince > READ_SLICE_MS;
  }

  /** Whether it has so much to read that it has to wait for a turn. */
  get #mustWait(): boolean {
    return this.#decoder.pendingBytes >= MUCH_BYTES && !this.#turns.isFree;
  }

  /**
   * Lets timers, and whatever came over other links, have their turn. Past its budget it lets them
   * have more than one; when it floods, or has much to read, it waits for others that do.
   */
  async #yieldTurn(): Promise<void> {
    const pauseMs = this.#parser.pauseMs();
    if (pauseMs > 0) await this.#pause((goOn) => cancelling(setTimeout(goOn, pauseMs)));
    if (this.#state === "open" && this.#parser.isUnfinished) {
      await this.#pause((goOn) => this.#parser.waitForPiece(goOn));
    } else if (this.#state === "open" && (++this.#slices >= FLOOD_SLICES || this.#mustWait)) {
      await this.#pause((goOn) => this.#turns.wait(goOn));
      this.#hasTurn = true;
    } else await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#sliceSince = this.#lookedAt = performance.now();
  }

  /** Reads nothing until it is told to go on, or closes. */
  async #pause(begin: (goOn: () => void) => () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = begin(resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  #queueFlush(): void {
    if (this.#isFlushQueued || this.#isWriting) return;
    this.#isFlushQueued = true;
    // What the rest of this turn queues shares the write.
    queueMicrotask(() => {
      this.#isFlushQueued = false;
      this.flush();
    });
  }

  async #writeAll(): Promise<void> {
    try {
      for (let chunk = this.#encoder.take(); chunk; chunk = this.#encoder.take()) {
        this.#inFlightBytes = chunk.length;
        await this.#write(chunk);
      }
      this.#isWriting = false;
      if (this.#encoder.bufferBytes > WRITE_CHUNK_BYTES) this.#encoder.release();
      if (this.#state === "closing") this.#halfClose();
    } catch (error) {
      this.#isWriting = false;
      this.abort({ kind: "reset", message: `The connection broke: ${messageOf(error)}` });
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      // Of a slow reader each write makes some way; only one that makes none is stalled.
      this.writingSince = performance.now();
      written += await this.#conn.write(written === 0 ? chunk : chunk.subarray(written));
    }
    this.writingSince = undefined;
    this.#inFlightBytes = 0;
    if (this.isWritable) this.#releaseDrained();
  }

  #releaseDrained(): void {
    if (this.#drained.length === 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const callback of waiting) callback();
  }
}

function cancelling(timer: ReturnType<typeof setTimeout>): () => void {
  return () => clearTimeout(timer);
}
