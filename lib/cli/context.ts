import type { ChildProgram, SignalChoice } from "./process/mod.ts";
import type { Millis, Ports, Store } from "../core/mod.ts";
import type { LostLines } from "./terminal/mod.ts";

/** Where a command's text goes. Nothing of it waits for its reader. */
export interface Output {
  /** Queues a line for the one who asked. */
  out(line: string): void;
  /**
   * Queues a line of a log: when it cannot be written it is counted, and the next is tried again.
   *
   * @param lines that are lost with it: more than 1 when it tells of lost ones.
   */
  log(line: string, lines?: number): void;
  /** The lines of the log that could not be written since this was asked last. */
  takeLost(): LostLines | undefined;
  /** Queues a line about what went wrong. */
  err(line: string): void;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** Characters that nobody has read yet. */
  readonly waitingCharacters: number;
  /** Whether the reader has gone, or a write failed: what follows would be for nobody. */
  readonly isClosed: boolean;
  /** Why a line could not be written, unless the reader has gone: the command has failed then. */
  readonly failure: string | undefined;
  /** Resolves when the reader has gone, or a write failed. */
  readonly closed: Promise<void>;
  /** Resolves when everything has gone out; after `limitMs` the rest is dropped. */
  flush(limitMs?: Millis): Promise<void>;
}

/**
 * A file that is being written: it counts once it is finished, and is gone when it is disposed of
 * before.
 */
export interface FileSink extends AsyncDisposable {
  /** Writes all of the text, at the end. */
  write(text: string): Promise<void>;
  /** All is written: it takes the place of what was there. */
  finish(): Promise<void>;
}

/** All that a command may touch of the machine. */
export interface CommandContext {
  /** Where its text goes. */
  readonly output: Output;
  /** The network, the clock and the entropy to use. */
  ports(): Ports;
  /**
   * Opens the folder that a node keeps its identity, log and state in.
   *
   * @throws {ClusterError} `NOT_PERMITTED` naming the missing permission, or `STORE_FAILED`.
   */
  openDataFolder(folder: string): Promise<Store>;
  /**
   * Makes such a folder with something in it: all that `fill` puts there, or nothing.
   *
   * @throws {ClusterError} as `openDataFolder`, `BAD_REQUEST` when there is something in it, or
   * what `fill` throws.
   */
  makeDataFolder<T>(folder: string, fill: (store: Store) => T): Promise<T>;
  /** Begins to make a file, or to replace one; `NOT_PERMITTED` names the missing permission. */
  replaceFile(path: string): Promise<FileSink>;
  /** Reads a file of text; `NOT_PERMITTED` names the missing permission. */
  readFile(path: string): Promise<string>;
  /**
   * A variable of the environment, where reading it is permitted; it never asks for the permission.
   */
  environment(name: string): string | undefined;
  /** Whether that variable may be read. */
  mayReadVariable?(name: string): boolean;
  /**
   * All of the standard input.
   *
   * @throws {UsageError} when it is over `limitBytes`, or no UTF-8.
   */
  readInput(limitBytes: number): Promise<string>;
  /**
   * Calls back at each signal to end; the returned function stops listening.
   *
   * @param which the usual ones, SIGINT and SIGTERM, these and SIGHUP, or every one that would end
   * this process: for who must not end without having done something.
   */
  onEndSignal(callback: (signal: string) => void, which?: SignalChoice): () => void;
  /**
   * Lets signals end this process as usual, unless `onEndSignal` has been called.
   *
   * @returns one that came while the program was loaded.
   */
  releaseSignals?(): string | undefined;
  /**
   * Whether the program was started on a terminal, whatever of it goes elsewhere; default: its
   * output's.
   */
  readonly isOnTerminal?: boolean;
  /**
   * Makes sure that a program may and can be started, or throws `NOT_PERMITTED` naming the
   * permission.
   *
   * @returns what a person should know of what signals do not reach.
   */
  checkMayRun(program: string): string | undefined;
  /** Starts a program that shares our standard input and output. */
  startProgram(
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): ChildProgram;
}
