import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const MAIN = new URL("../../scripts/bench/main.ts", import.meta.url).pathname;

async function bench(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", MAIN, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

// Calls take several seconds by their number alone, and etcd is not everywhere.
Deno.test("the benchmark measures writes, and prints one document", async () => {
  const args = [
    "--only",
    "writes",
    "--rounds",
    "1",
    "--seconds",
    "0.1",
    "--memory",
    "--json",
  ];
  const { code, out, err } = await bench(...args);
  assertEquals(code, 0, err);
  const { writes, calls } = JSON.parse(out);
  assertEquals(calls, undefined);
  assertEquals(writes.results.map(({ clients }: { clients: number }) => clients), [1, 64, 1_000]);
  for (const { muster } of writes.results) assertEquals(muster.failed, 0);
  // Of a thousand clients none may have its acknowledgement so soon, where others use the machine
  // too.
  assert(writes.results[0].muster.writesPerSecond > 0);
});

Deno.test("the benchmark says what it does not understand, and ends as a usage error", async () => {
  const { code, err } = await bench("--only", "everything");
  assertEquals(code, 2);
  assertStringIncludes(err, "one of calls, start, idle, writes is meant");
});
