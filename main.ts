import type { EarlySignals } from "./lib/cli/process/mod.ts";

if (import.meta.main) {
  const early = listen();
  const { main } = await import("./lib/cli/mod.ts");
  Deno.exit(await main(Deno.args, early));
}

/**
 * Listens for signals while the program is loaded, which takes longer than it takes to change one's
 * mind. To the first process of a container a signal without a listener is lost; to any other it is
 * an end without a word. Hence nothing is imported before.
 */
function listen(): EarlySignals {
  const heard: string[] = [];
  const signals: Deno.Signal[] = ["SIGINT", "SIGHUP"];
  signals.push(Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM");
  const listeners = signals.map((signal) => [signal, () => void heard.push(signal)] as const);
  for (const [signal, hear] of listeners) Deno.addSignalListener(signal, hear);
  return {
    take: () => {
      for (const [signal, hear] of listeners.splice(0)) Deno.removeSignalListener(signal, hear);
      return heard.splice(0);
    },
  };
}
