import { assert, assertEquals } from "@std/assert";
import type { Json, JsonObject } from "../../lib/core/mod.ts";
import { AgreementCluster, type AgreementOptions } from "./agreement_cluster.ts";

/** Seeds that may show a bug at the most. */
const SEEDS = 20;

/** Bugs of what is saved of a state, below consensus: the log is right, and what it leads to is not. */
const PLANTS: Readonly<Record<string, AgreementOptions["spoil"]>> = {
  "a snapshot drops the session table": (chunks) => without(chunks, "sessions", "results"),
  "a snapshot drops what the sessions were answered": (chunks) => without(chunks, "results"),
  "a snapshot drops the history": (chunks) => without(chunks, "history"),
};

/** A snapshot without the items of some types, and whole all the same. */
function without(chunks: Json[], ...types: string[]): Json[] {
  const kept = (chunks as JsonObject[]).filter(({ type }) => !types.includes(String(type)));
  const items = kept.reduce((sum, { items }) => sum + (Array.isArray(items) ? items.length : 0), 0);
  return kept.map((chunk) => chunk.type === "end" ? { ...chunk, items } : chunk) as Json[];
}

/** One member after another crashes and comes back to what it saved, while clients work; what was wrong then. */
async function violationOf(seed: number, spoil: AgreementOptions["spoil"]): Promise<unknown> {
  try {
    const cluster = await AgreementCluster.of(3, seed, { isDurable: true, spoil });
    for (const number of [1, 2, 3]) {
      await cluster.run(6_000);
      cluster.members.member(number).process.kill();
      await cluster.run(500);
      await cluster.restart([number]);
    }
    await cluster.finish();
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const [name, spoil] of Object.entries(PLANTS)) {
  Deno.test(`the simulated cluster finds that ${name}`, async () => {
    let seed = 1;
    while (seed <= SEEDS && await violationOf(seed, spoil) === undefined) seed++;
    assert(seed <= SEEDS, `${SEEDS} seeds did not show that ${name}`);
  });
}

Deno.test("the same cluster without a bug has none", async () => {
  for (let seed = 1; seed <= 3; seed++) assertEquals(await violationOf(seed, undefined), undefined);
});
