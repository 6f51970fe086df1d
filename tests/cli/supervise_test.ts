import { assertEquals } from "@std/assert";
import type { CommandContext } from "../../lib/cli/context.ts";
import { supervise } from "../../lib/cli/supervise.ts";
import { shutdownSignal } from "../../lib/cli/shutdown_signal.ts";

Deno.test("a signal that comes while the program is being started is passed on to it", async () => {
  const listeners = new Set<(signal: string) => void>();
  const ended = Promise.withResolvers<number>();
  const passed: string[] = [];
  const context = {
    output: { closed: new Promise(() => {}) },
    onEndSignal: (listener: (signal: string) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startProgram: () => {
      // It reaches those who listen at this moment, in the next turn.
      const hearing = [...listeners];
      queueMicrotask(() => {
        for (const listener of hearing) listener("SIGTERM");
        ended.resolve(143);
      });
      return { ended: ended.promise, signal: (signal: string) => void passed.push(signal) };
    },
  } as unknown as CommandContext;
  const end = shutdownSignal(context, undefined, "every");
  assertEquals(await supervise(context, ["sh"], {}, end, new AbortController().signal), 143);
  assertEquals(passed, ["SIGTERM"]);
  // To one that has ended nothing is sent.
  for (const listener of listeners) listener("SIGTERM");
  assertEquals([passed.length, end.signal.aborted], [1, true]);
  end[Symbol.dispose]();
  assertEquals(listeners.size, 0);
});
