/**
 * The benchmark: calls between two node processes beside a bare framer that does nothing else, what
 * a node costs at its start and at rest, and durable writes beside etcd; all of it interleaved in
 * one run.
 *
 * @module
 */
import { measureCalls } from "./calls.ts";
import { type BenchFlags, HELP, readFlags } from "./flags.ts";
import { measureIdle, measureStarts } from "./idle.ts";
import { callTable, idleTable, startTable, writeTable } from "./table.ts";
import { measureWrites } from "./writes.ts";

/** Measures one section after the other, and prints each as soon as it is there. */
async function measure(flags: BenchFlags): Promise<void> {
  const { sections, seconds, rounds, json } = flags;
  const document: Record<string, unknown> = { seconds, rounds };
  const report = <T>(section: string, result: T, table: (result: T) => string): void => {
    document[section] = result;
    if (!json) console.log(`${table(result)}\n`);
  };
  if (sections.has("calls")) report("calls", await measureCalls(seconds, rounds), callTable);
  if (sections.has("start")) report("startMs", await measureStarts(rounds), startTable);
  if (sections.has("idle")) report("idleBytes", await measureIdle(), idleTable);
  if (sections.has("writes")) report("writes", await measureWrites(flags), writeTable);
  if (json) console.log(JSON.stringify(document, undefined, 2));
}

if (import.meta.main) {
  const flags = readFlags(Deno.args);
  if (typeof flags === "string") {
    console.error(flags);
    Deno.exit(2);
  }
  if (flags.help) console.log(HELP);
  else await measure(flags);
}
