import {
  makeDataFolder,
  openDataFolder,
  readFile,
  replaceFile,
  systemPorts,
} from "../../lib/io/mod.ts";
import { type Node, type NodeOptions, startNode } from "../../lib/node/mod.ts";
import { checkMayRun, startChildProgram } from "../../lib/cli/process/child_program.ts";
import type { CommandContext } from "../../lib/cli/context.ts";
import { runProgram } from "../../lib/cli/program.ts";

/** What one run of the program came to. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a run is given beside its arguments. */
export interface Surroundings {
  readonly isTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A run that is under way. */
export interface RunningProgram {
  readonly done: Promise<Run>;
  /** As Ctrl-C does. */
  signal(): void;
  /** The first line of the output, of now or later, that the shape fits. */
  line(shape: RegExp): Promise<string>;
}

/** Runs the program in this process, over this machine's own ports. */
export function startProgram(
  args: readonly string[],
  surroundings: Surroundings = {},
): RunningProgram {
  const out: string[] = [];
  const err: string[] = [];
  const endings = new Set<(signal: string) => void>();
  const waiting = new Set<() => void>();
  const print = (line: string) => {
    out.push(line);
    for (const look of waiting) look();
  };
  const context: CommandContext = {
    output: {
      out: print,
      log: print,
      takeLost: () => undefined,
      failure: undefined,
      err: (line) => err.push(line),
      isTerminal: surroundings.isTerminal ?? false,
      waitingCharacters: 0,
      isClosed: false,
      closed: new Promise(() => {}),
      flush: () => Promise.resolve(),
    },
    ports: systemPorts,
    openDataFolder,
    makeDataFolder,
    replaceFile,
    readFile,
    environment: (name) => surroundings.environment?.[name],
    readInput: () => Promise.resolve(surroundings.input ?? ""),
    onEndSignal: (callback) => {
      endings.add(callback);
      return () => endings.delete(callback);
    },
    checkMayRun,
    startProgram: startChildProgram,
  };
  const done = runProgram(args, context)
    .then((code) => ({ code, out: out.join("\n"), err: err.join("\n") }));
  return {
    done,
    signal: () => endings.forEach((callback) => callback("SIGINT")),
    line: (shape) => {
      const found = Promise.withResolvers<string>();
      const look = () => {
        const line = out.find((each) => shape.test(each));
        if (line !== undefined) found.resolve(line);
      };
      waiting.add(look);
      look();
      const ended = done.then((run): never => {
        throw new Error(`No line like ${shape}: exit ${run.code}\n${run.out}\n${run.err}`);
      });
      return Promise.race([found.promise, ended]).finally(() => waiting.delete(look));
    },
  };
}

/** Runs the program to its end. */
export function run(args: readonly string[], surroundings?: Surroundings): Promise<Run> {
  return startProgram(args, surroundings).done;
}

/** Nobody listens there. */
export const NOBODY = { host: "127.0.0.1", port: 1 };

/** A node of its own cluster, on a free port. */
export function found(options: NodeOptions = {}): Promise<Node> {
  return startNode(systemPorts(), {
    port: 0,
    join: [NOBODY],
    makeMasterOnError: true,
    profile: "local",
    ...options,
  });
}

/** A node that joins through another, on a free port. */
export function joinThrough(other: Node, options: NodeOptions = {}): Promise<Node> {
  const [host, port] = other.address.split(":") as [string, string];
  return startNode(systemPorts(), {
    port: 0,
    join: [{ host, port: Number(port) }],
    profile: "local",
    ...options,
  });
}
