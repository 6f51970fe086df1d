import type { JsonObject } from "../../lib/core/mod.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A line that a node printed with `--log json`, and when it came here. */
export interface LoggedEvent {
  /** On this process's monotonic clock, in milliseconds. */
  at: number;
  event: JsonObject;
}

/** A node in a process of its own. */
export class ProcessNode {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** Where it listens itself, whatever it advertises. */
  readonly listening: string;
  readonly readyAt: number;
  readonly #child: Deno.ChildProcess;
  readonly #log: ProcessLog;

  /** @param ready its ready line. */
  constructor(child: Deno.ChildProcess, log: ProcessLog, ready: LoggedEvent) {
    this.#child = child;
    this.#log = log;
    this.readyAt = ready.at;
    this.id = String(ready.event["id"]);
    this.name = String(ready.event["name"]);
    this.address = String(ready.event["address"]);
    this.listening = String(ready.event["listening"]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when the process has ended. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** All that it has printed so far. */
  get events(): readonly LoggedEvent[] {
    return this.#log.events;
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /**
   * Waits until the node says that a member changed in that way.
   *
   * @param since when to look from; what came before does not count.
   * @returns when the line came.
   * @throws {Error} when it does not come in time.
   */
  saw(member: string, change: string, since = 0, timeoutMs = 10_000): Promise<number> {
    return this.#log.find(
      `${this.name} sees ${member} ${change}`,
      ({ at, event }) => {
        const { id, name } = (event["member"] ?? {}) as JsonObject;
        return at >= since && event["change"] === change && (name === member || id === member);
      },
      timeoutMs,
    ).then(({ at }) => at);
  }

  /** Waits until the node says that so many vote. */
  voters(count: number, timeoutMs = 20_000): Promise<number> {
    const isIt = ({ event }: LoggedEvent) =>
      event["event"] === "voters" && (event["voters"] as unknown[]).length === count;
    return this.#log.find(`${this.name} sees ${count} voters`, isIt, timeoutMs).then(({ at }) =>
      at
    );
  }

  /**
   * Waits until the node says that it knows of no master.
   *
   * @param since when to look from; what came before does not count.
   * @returns when the line came.
   * @throws {Error} when it does not come in time.
   */
  resigned(since: number, timeoutMs = 10_000): Promise<number> {
    return this.#log.find(
      `${this.name} knows of no master`,
      ({ at, event }) => at >= since && event["event"] === "master" && event["master"] === null,
      timeoutMs,
    ).then(({ at }) => at);
  }
}

/** What one process prints, line by line. */
class ProcessLog {
  readonly events: LoggedEvent[] = [];
  /** What it printed that is not JSON: errors. */
  text = "";
  /** Resolves when both streams are at their end. */
  readonly read: Promise<unknown>;
  readonly #watchers = new Set<() => void>();
  #isOver = false;

  constructor(child: Deno.ChildProcess) {
    this.read = Promise.all([this.#readLines(child.stdout), this.#readText(child.stderr)])
      .finally(() => {
        this.#isOver = true;
        this.#look();
      });
  }

  find(
    what: string,
    isWanted: (logged: LoggedEvent) => boolean,
    timeoutMs: number,
  ): Promise<LoggedEvent> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle();
      };
      const fail = (why: string) => end(() => reject(new Error(`${why}: ${what}${this.text}`)));
      const look = () => {
        const found = this.events.find(isWanted);
        if (found !== undefined) end(() => resolve(found));
        else if (this.#isOver) fail("The process ended first");
      };
      const timer = setTimeout(() => fail(`Not within ${timeoutMs} ms`), timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }

  async #readLines(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const at = performance.now();
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        try {
          this.events.push({ at, event: JSON.parse(line) });
        } catch {
          this.text += `\n${line}`;
        }
      }
      this.#look();
    }
  }

  async #readText(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) this.text += chunk;
  }
}

/** Nodes in processes of their own, on loopback, with the network permission alone. */
export class ProcessCluster implements AsyncDisposable {
  readonly #main: string;
  readonly #nodes = new Set<ProcessNode>();
  readonly #children = new Map<Deno.ChildProcess, ProcessLog>();

  /** @param main the program, of another version for example (default: of this tree). */
  constructor(main: string = MAIN) {
    this.#main = main;
  }

  /** The nodes that run. */
  get nodes(): ProcessNode[] {
    return [...this.#nodes];
  }

  /**
   * Starts a node and waits until it is ready; without a member to join through it founds.
   *
   * @param flags further flags of the node.
   */
  async start(name: string, through?: ProcessNode, ...flags: string[]): Promise<ProcessNode> {
    const where = through === undefined
      ? ["--makeMasterOnError", "--clusterip", "127.0.0.1:1"]
      : ["--clusterip", through.address];
    const named = ["--myport", "0", "--name", name, "--log", "json"];
    const child = command(this.#main, ...named, ...where, ...flags).spawn();
    const log = new ProcessLog(child);
    this.#children.set(child, log);
    const ready = await log.find(
      `${name} is ready`,
      ({ event }) => event["event"] === "ready",
      60_000,
    );
    const node = new ProcessNode(child, log, ready);
    this.#nodes.add(node);
    return node;
  }

  /** Ends a process at once, as a crash does. */
  async kill(node: ProcessNode): Promise<void> {
    this.#nodes.delete(node);
    node.signal("SIGKILL");
    await node.status;
  }

  /** Asks a process to leave, and waits for its end. */
  async leave(node: ProcessNode): Promise<Deno.CommandStatus> {
    this.#nodes.delete(node);
    node.signal("SIGTERM");
    return await node.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [child, log] of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.status;
      await log.read;
    }
  }
}

/** Runs a command of the program to its end. */
export async function run(
  ...flags: string[]
): Promise<{ code: number; out: string; err: string; ms: number }> {
  return await runProgram(MAIN, ...flags);
}

/** The same for the program of another tree. */
export async function runProgram(
  main: string,
  ...flags: string[]
): Promise<{ code: number; out: string; err: string; ms: number }> {
  const startedAt = performance.now();
  const { code, stdout, stderr } = await command(main, ...flags).output();
  const text = new TextDecoder();
  const ms = performance.now() - startedAt;
  return { code, out: text.decode(stdout), err: text.decode(stderr), ms };
}

function command(main: string, ...flags: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", ...folderPermissions(flags), main, ...flags],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** A node with a data folder needs that folder, and nothing else. */
function folderPermissions(flags: readonly string[]): string[] {
  const folder = flags[flags.indexOf("--data") + 1];
  return flags.includes("--data") ? [`--allow-read=${folder}`, `--allow-write=${folder}`] : [];
}
