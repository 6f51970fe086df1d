import { assertEquals, assertMatch } from "@std/assert";
import { OutOfFiles } from "../../lib/transport/mod.ts";
import type { NodeEvent } from "../../lib/node/mod.ts";

Deno.test("that no file is left is said once a minute, and in status for as long", () => {
  let now = 5_000;
  const told: NodeEvent[] = [];
  const outOfFiles = new OutOfFiles({ now: () => now }, { emit: (event) => told.push(event) });
  assertEquals(outOfFiles.notes(), []);
  for (; now < 64_000; now += 100) outOfFiles.met();
  assertEquals(told.length, 1);
  assertEquals(outOfFiles.notes().length, 1);
  assertMatch(outOfFiles.notes()[0] as string, /ulimit -n/);
  now = 65_000;
  outOfFiles.met();
  assertEquals(told.length, 2);
  now += 59_999;
  assertEquals(outOfFiles.notes().length, 1);
  now += 1;
  assertEquals(outOfFiles.notes(), []);
});
