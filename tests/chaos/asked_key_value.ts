import type { Json } from "../../lib/core/mod.ts";
import { EmbeddedEngine, type KvClient, kvClientOf } from "../../lib/node/mod.ts";
import { scriptedRoute } from "../support/scripted_route.ts";

/**
 * A node's key-value store in front of one master, whose answers `ask` gives; its timers fire at
 * once.
 */
export function askedKeyValue(ask: (body: Json) => Promise<Json>): KvClient {
  const clock = {
    now: () => 0,
    wallTime: () => 0,
    setTimer: (_: number, callback: () => void) => {
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
  return kvClientOf(new EmbeddedEngine(clock, scriptedRoute((_, body) => ask(body))));
}
