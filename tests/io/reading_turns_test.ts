import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { FRAME_BYTES } from "../../lib/core/mod.ts";
import { ReadingTurns } from "../../lib/io/reading_turns.ts";
import { TCP_LIMITS, TcpLink } from "../../lib/io/mod.ts";
import { Flood, frames } from "./flood.ts";
import { until } from "./until.ts";

/** As costly to parse as any mebibyte that may pass: objects of as many shapes. */
function costly(): string {
  const objects = Array.from(
    { length: FRAME_BYTES / 20 },
    (_, n) => `{"${n.toString(36).padStart(7, "0")}":1}`,
  );
  return `{"type":"a","b":[${objects.join(",")}]}`;
}

Deno.test("of links that flood one is read at a time, and a quiet one between any two of them", async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  const open = (name: string, bytes: Uint8Array) => {
    const link = new TcpLink(new Flood(bytes), () => {}, TCP_LIMITS, turns);
    link.attach({ message: () => order.push(name), closed: () => {} });
    return link;
  };
  const text = costly();
  const floods = Array.from({ length: 5 }, () => open("flood", frames(text)));
  const quiet = open("quiet", frames('{"type":"a"}'));
  await until(() => order.length === 6, "all frames");
  assert(order.indexOf("quiet") <= 1, `it was read after ${order.indexOf("quiet")} of the others`);
  for (const link of [...floods, quiet]) link.abort({ kind: "local", message: "done" });
  await until(() => turns.isFree, "the last turn");
});

Deno.test("who waits for a turn goes on in its order, one a turn of the event loop", async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  for (const name of ["a", "b", "c"]) {
    turns.wait(() => {
      order.push(name);
      setImmediate(() => order.push("others"));
    });
  }
  const cancel = turns.wait(() => order.push("never"));
  assertEquals(turns.isFree, false);
  cancel();
  await until(() => order.length === 6, "all turns");
  assertEquals(order, ["a", "others", "b", "others", "c", "others"]);
  assertEquals(turns.isFree, true);
});

Deno.test("after a long turn three times as long passes before much is read again", async () => {
  const turns = new ReadingTurns();
  let wentOnAt = 0;
  turns.spent(30);
  const spentAt = performance.now();
  turns.wait(() => wentOnAt = performance.now());
  await until(() => wentOnAt > 0, "the next turn");
  assert(wentOnAt - spentAt >= 89, `after ${wentOnAt - spentAt} ms`);
});
