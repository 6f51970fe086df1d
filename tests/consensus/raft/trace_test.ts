import { assertEquals } from "@std/assert";
import { tellTrace } from "./trace.ts";

const FOLDER = new URL("./traces/", import.meta.url);

// `deno test --allow-all tests/consensus/raft/trace_test.ts -- --update` tells them anew: review
// the diff.
const isUpdate = Deno.args.includes("--update");

for (const { name } of [...Deno.readDirSync(FOLDER)].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`the trace of ${name.replace(".txt", "").replaceAll("_", " ")} is as it was reviewed`, () => {
    const file = new URL(name, FOLDER);
    const before = Deno.readTextFileSync(file);
    const after = tellTrace(before);
    if (isUpdate) Deno.writeTextFileSync(file, after);
    else assertEquals(after, before);
  });
}
