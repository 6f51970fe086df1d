import { assert } from "@std/assert";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const DEADLINE_MS = 20_000;

/** The command that runs the program with the network as its only permission. */
export const PROGRAM: readonly string[] = [Deno.execPath(), "run", "--allow-net", MAIN];

/** A process whose output is read as it comes. */
export class Child {
  readonly #process: Deno.ChildProcess;
  readonly #hasInput: boolean;
  readonly #reading: Promise<void>;
  readonly #failing: Promise<string>;
  readonly #waiting = new Set<() => void>();
  #out = "";

  /** @param command the program and its arguments. */
  constructor(command: readonly string[], options: { pipeInput?: boolean } = {}) {
    const [program, ...args] = command as [string, ...string[]];
    this.#hasInput = options.pipeInput === true;
    this.#process = new Deno.Command(program, {
      args,
      stdin: this.#hasInput ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
    this.#failing = new Response(this.#process.stderr).text();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** All that it printed so far. */
  get out(): string {
    return this.#out;
  }

  /** What of its output the shape fits, now or later. */
  async printed(shape: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = shape.exec(this.#out);
      if (match !== null) found.resolve(match);
    };
    const timer = setTimeout(() => {
      found.reject(new Error(`Nothing like ${shape} in ${DEADLINE_MS} ms: ${this.#out}`));
    }, DEADLINE_MS);
    this.#waiting.add(look);
    look();
    const ended = this.#reading.then((): never => {
      throw new Error(`It ended without ${shape}: ${this.#out}`);
    });
    try {
      return await Promise.race([found.promise, ended]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** Types on its terminal. */
  async type(text: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Resolves when it has ended, however that came. */
  async gone(): Promise<void> {
    await this.#process.status;
    if (this.#hasInput) await this.#process.stdin.close().catch(() => {});
    await Promise.all([this.#reading, this.#failing]);
  }

  /** How it ended, and what it printed. */
  async ended(): Promise<{ code: number; out: string; err: string }> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), DEADLINE_MS);
    const { code, signal } = await this.#process.status;
    clearTimeout(timer);
    if (this.#hasInput) await this.#process.stdin.close().catch(() => {});
    await this.#reading;
    assert(signal !== "SIGKILL", `It did not end in ${DEADLINE_MS} ms: ${this.#out}`);
    return { code, out: this.#out, err: await this.#failing };
  }

  async #read(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.#out += text;
      for (const look of this.#waiting) look();
    }
  }
}

/** Runs the program to its end. */
export function runProcess(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Child([...PROGRAM, ...args]).ended();
}
