import { assertEquals } from "@std/assert";
import { ClusterError, isJsonObject, type Json } from "../../lib/core/mod.ts";
import { askedKeyValue } from "./asked_key_value.ts";

Deno.test("a watch from now on tells what changed while its first master went", async () => {
  let revision = 4;
  let isLost = false;
  const event = { type: "put", key: "a", revision: 5, value: 1 };
  const answer = async (body: Json): Promise<Json> => {
    const { fromRevision, waitMs } = isJsonObject(body) ? body : {};
    await null;
    // While the watch waits here, the key changes and the master goes.
    if (waitMs !== 0 && !isLost) {
      isLost = true;
      revision = 5;
      throw new ClusterError("UNREACHABLE", "The link broke");
    }
    const from = fromRevision as number ?? revision + 1;
    const events = from <= 5 && revision === 5 ? [event] : [];
    return { ok: true, revision, events, nextRevision: revision + 1 } as unknown as Json;
  };
  const giveUp = new AbortController();
  let asked = 0;
  const kv = askedKeyValue((body) => {
    // What is not told soon is not told at all.
    if (++asked > 10) giveUp.abort();
    return answer(body);
  });
  const told: number[] = [];
  for await (const { events } of kv.watch("a", { signal: giveUp.signal })) {
    told.push(...events.map((each) => (each as unknown as { revision: number }).revision));
    break;
  }
  assertEquals(told, [5]);
});
