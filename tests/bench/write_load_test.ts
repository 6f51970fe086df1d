import { assert, assertEquals } from "@std/assert";
import { loadWrites, type Put } from "../../scripts/bench/write_load.ts";

const BRIEF = { warmUpMs: 1, durationMs: 20 };

/** Acknowledges a write in a later turn, and knows how many were ever under way at once. */
class Register {
  readonly keys = new Set<string>();
  most = 0;
  #underWay = 0;

  readonly put: Put = async (key, value) => {
    assertEquals(value.length, 100);
    this.keys.add(key);
    this.most = Math.max(this.most, ++this.#underWay);
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#underWay--;
  };
}

Deno.test("each client has one write under way, over its own connection", async () => {
  const registers = [new Register(), new Register()];
  const sample = await loadWrites(registers.map(({ put }) => put), { clients: 6, ...BRIEF });
  assertEquals(registers.map(({ most }) => most), [3, 3]);
  assert(sample.writesPerSecond > 0 && sample.p50Ms <= sample.p99Ms);
  assertEquals(sample.failed, 0);
  // No key is written by two clients.
  assertEquals(registers[0]?.keys.intersection(registers[1]?.keys ?? new Set()).size, 0);
});

Deno.test("writes that fail are counted apart, and measured by no figure", async () => {
  const refuse = () => Promise.reject(new Error("no"));
  const sample = await loadWrites([refuse], { clients: 2, ...BRIEF });
  assert(sample.failed > 0);
  assertEquals(sample.writesPerSecond, 0);
});
