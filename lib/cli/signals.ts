/** The signals that ask a program to end, on this system. */
const USUAL: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * The signals that would end us, and may be heard. SIGPIPE is not among them, for Deno ignores it; nor are
 * those that tell of a fault of the process itself (SIGSEGV, SIGBUS, SIGTRAP), which would come for ever.
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

/**
 * Calls back at each signal to end; the returned function stops listening.
 *
 * @param which the usual ones, or every one that would end this process.
 */
export function onEndSignal(
  callback: (signal: string) => void,
  which: "usual" | "every" = "usual",
): () => void {
  const signals = which === "every" ? EVERY : USUAL;
  const listeners = signals.map((signal) => [signal, () => callback(signal)] as const);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
