/** The signals that ask a program to end, on this system. */
const USUAL: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** The number of a signal, which the exit code of a process that it ended tells. */
const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/**
 * The signals that would end us, and may be heard. SIGPIPE is not among them, for Deno ignores it;
 * nor are those that tell of a fault of the process itself (SIGSEGV, SIGBUS, SIGTRAP), which would
 * come for ever.
 */
const EVERY: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : [
    "SIGINT",
    "SIGTERM",
    "SIGHUP",
    "SIGQUIT",
    "SIGABRT",
    "SIGUSR1",
    "SIGUSR2",
    "SIGALRM",
    "SIGVTALRM",
    "SIGPROF",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGSYS",
    ...(Deno.build.os === "linux" ? ["SIGSTKFLT", "SIGIO", "SIGPWR"] as const : []),
  ];

/** Which signals to listen for. */
export type SignalChoice = "usual" | "with-hangup" | "every";

const SIGNALS: Readonly<Record<SignalChoice, readonly Deno.Signal[]>> = {
  "usual": USUAL,
  "with-hangup": [...USUAL, "SIGHUP"],
  "every": EVERY,
};

/** The exit code of a process that such a signal ended, as shells tell it. */
export function exitCodeOfSignal(signal: string): number {
  return 128 + (NUMBERS[signal] ?? 0);
}

/**
 * Calls back at each signal to end; the returned function stops listening.
 *
 * @param which the usual ones, these and the one of a terminal that is closed, or every one that
 * would end this process.
 */
export function onEndSignal(
  callback: (signal: string) => void,
  which: SignalChoice = "usual",
): () => void {
  const signals = SIGNALS[which];
  const listeners = signals.map((signal) => [signal, () => callback(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
