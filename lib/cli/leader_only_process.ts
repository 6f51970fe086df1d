import type { CommandContext } from "./context.ts";
import { EXIT } from "./exit_code.ts";
import { supervise } from "./supervise.ts";
import type { ShutdownSignal } from "./shutdown_signal.ts";

/** One tenure of the master, and the program's run in it. */
interface LeaderTerm {
  readonly term: number;
  readonly over: AbortController;
}

/** A program that runs while the node beside it is the master, and in each term anew. */
export class LeaderOnlyProcess {
  /** Resolves to the exit code when the program has ended by itself, or was told to for good. */
  readonly exit: Promise<number>;
  readonly #context: CommandContext;
  readonly #command: readonly string[];
  readonly #heard: Pick<ShutdownSignal, "passTo">;
  readonly #exit = Promise.withResolvers<number>();
  #tenure: LeaderTerm | undefined;
  /** The runs so far: the next begins when the last has ended. */
  #runs: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isOver = false;
  #isEnding = false;

  /**
   * @param command the program and its arguments.
   * @param heard what listens for signals, from first to last.
   */
  constructor(
    context: CommandContext,
    command: readonly string[],
    heard: Pick<ShutdownSignal, "passTo">,
  ) {
    this.#context = context;
    this.#command = command;
    this.#heard = heard;
    this.exit = this.#exit.promise;
    void this.exit.then(() => this.#isOver = true, () => this.#isOver = true);
  }

  /** Whether it will not run again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The node is the master of a term: the program runs, once an earlier run has ended. */
  master(term: number, node: string): void {
    if (this.#tenure?.term === term || this.#isOver || this.#isEnding) return;
    this.#tenure?.over.abort();
    const tenure = { term, over: new AbortController() };
    this.#tenure = tenure;
    this.#runs = this.#runs.then(() => this.#run(tenure, node));
  }

  /** The node is not the master, or nobody knows; resolves when the program has ended. */
  onLeaderLost(): Promise<void> {
    this.#tenure?.over.abort();
    this.#tenure = undefined;
    return this.#runs;
  }

  /** We are told to end: the program is told, too, and decides over the exit code. */
  end(): void {
    this.#isEnding = true;
    if (!this.#isRunning) this.#exit.resolve(EXIT.done);
  }

  async #run({ term, over }: LeaderTerm, node: string): Promise<void> {
    if (over.signal.aborted || this.#isOver || this.#isEnding) return;
    this.#isRunning = true;
    const environment = { MUSTER_TERM: String(term), MUSTER_NODE: node };
    try {
      const code = await supervise(
        this.#context,
        this.#command,
        environment,
        this.#heard,
        over.signal,
      );
      if (!over.signal.aborted) this.#exit.resolve(code);
      else if (this.#isEnding) this.#exit.resolve(EXIT.done);
    } catch (error) {
      this.#exit.reject(error);
    } finally {
      this.#isRunning = false;
    }
  }
}
