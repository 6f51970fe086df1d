import { type Json, SeededRandom } from "../../lib/core/mod.ts";
import { KvClient } from "../../lib/node/mod.ts";

/** A node's key-value store in front of one master, whose answers `ask` gives; its timers fire at once. */
export function askedKeyValue(ask: (body: Json) => Promise<Json>): KvClient {
  const clock = {
    now: () => 0,
    wallTime: () => 0,
    setTimer: (_: number, callback: () => void) => {
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
  return new KvClient({
    id: "n1",
    ports: { clock, random: new SeededRandom(1) } as never,
    isOver: () => false,
    master: () => "n2",
    replicas: () => [],
    rpc: { call: (_, { body }) => ask(body) },
    isMajorityDead: () => false,
    missingVoters: () => ({ silent: [], left: [] }),
    keptHere: () => undefined,
    failedBy: () => {},
  });
}
