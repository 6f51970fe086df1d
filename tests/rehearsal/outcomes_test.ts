import { assertEquals } from "@std/assert";
import { RECORDED, tellOutcome } from "./outcomes.ts";

const FOLDER = new URL("./outcomes/", import.meta.url);

// `deno test --allow-all tests/rehearsal/outcomes_test.ts -- --update` records them anew: review
// the diff.
const isUpdate = Deno.args.includes("--update");

for (const [name, recorded] of Object.entries(RECORDED)) {
  Deno.test(`what comes of ${name.replaceAll("_", " ")} is as it was reviewed`, () => {
    const file = new URL(`${name}.txt`, FOLDER);
    const outcome = tellOutcome(recorded);
    if (isUpdate) Deno.writeTextFileSync(file, outcome);
    else assertEquals(outcome, Deno.readTextFileSync(file));
  });
}
