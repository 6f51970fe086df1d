import { TextLineStream } from "@std/streams/text-line-stream";
import type { Request, Sample } from "./measure.ts";

/** A program in a process of its own, whose lines are read one by one. */
export class Process implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #command: string;

  /** @param args what follows `deno run --allow-net`. */
  constructor(args: readonly string[]) {
    this.#command = args.join(" ");
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-net", "--no-prompt", ...args],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The number by which the system knows the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Reads lines until one has the shape.
   *
   * @throws {Error} when the process ends first.
   */
  async lineLike(shape: RegExp): Promise<string> {
    while (true) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`"${this.#command}" ended before it printed ${shape}`);
      if (shape.test(value)) return value;
    }
  }

  /** Writes a line to the program's stdin. */
  async write(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
    await this.#child.status;
    await this.#lines.cancel();
    await this.#stdin.abort().catch(() => {});
  }
}

/** Two processes that call each other in one way: a server and its only client. */
export class Contender implements AsyncDisposable {
  /** What the table calls it. */
  readonly name: string;
  readonly #server: Process;
  readonly #client: Process;

  private constructor(name: string, server: Process, client: Process) {
    this.name = name;
    this.#server = server;
    this.#client = client;
  }

  /** Starts both processes of a script that has the roles `server` and `client ADDRESS`. */
  static async start(name: string, script: string): Promise<Contender> {
    const server = new Process([script, "server"]);
    const ready = await server.lineLike(/^ready /);
    return new Contender(name, server, new Process([script, "client", ready.slice(6).trim()]));
  }

  /** Has the client measure, and waits for what came of it. */
  async measure(request: Request): Promise<Sample> {
    await this.#client.write(JSON.stringify(request));
    return JSON.parse(await this.#client.lineLike(/^\{/));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}
