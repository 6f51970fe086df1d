import type { Ports } from "../core/mod.ts";
import { makeDataFolder, openDataFolder, readFile, replaceFile, systemPorts } from "../io/mod.ts";
import { checkMayRun, type EarlySignals, onEndSignal, startChildProgram } from "./process/mod.ts";
import type { CommandContext } from "./context.ts";
import { inputText, TextWriter } from "./terminal/mod.ts";
import { runProgram } from "./program.ts";

/**
 * Runs the program on this machine.
 *
 * @param args without the name of the program.
 * @param early what has listened for signals so far.
 * @returns the exit code.
 */
export async function main(args: readonly string[], early?: EarlySignals): Promise<number> {
  return await runProgram(args, systemContext(early));
}

/**
 * This machine, as commands may use it. Nothing of it needs, or asks for, more than the network.
 */
export function systemContext(early?: EarlySignals): CommandContext {
  const out = new TextWriter(Deno.stdout);
  const err = new TextWriter(Deno.stderr);
  const isTerminal = Deno.stdout.isTerminal();
  let ports: Ports | undefined;
  return {
    output: {
      out: (line) => out.write(`${line}\n`),
      log: (line, lines = 1) => out.writeLog(`${line}\n`, lines),
      takeLost: () => out.takeLost(),
      err: (line) => err.write(`${line}\n`),
      isTerminal,
      get waitingCharacters() {
        return out.waitingCharacters;
      },
      get isClosed() {
        return out.isClosed;
      },
      get failure() {
        return out.failure;
      },
      closed: out.closed,
      flush: async (limitMs) => {
        await Promise.all([out.flush(limitMs), err.flush(limitMs)]);
      },
    },
    ports: () => ports ??= systemPorts(),
    openDataFolder,
    makeDataFolder,
    replaceFile,
    readFile,
    environment: readVariable,
    mayReadVariable,
    readInput: (limitBytes) => inputText(Deno.stdin.readable, limitBytes),
    onEndSignal: (callback, which) => {
      const stop = onEndSignal(callback, which);
      for (const signal of early?.take() ?? []) queueMicrotask(() => callback(signal));
      return stop;
    },
    releaseSignals: () => early?.take()[0],
    isOnTerminal: [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal()),
    checkMayRun,
    startProgram: startChildProgram,
  };
}

function mayReadVariable(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

function readVariable(variable: string): string | undefined {
  return mayReadVariable(variable) ? Deno.env.get(variable) : undefined;
}
