import { assert, assertEquals } from "@std/assert";
import { SystemIds, SystemRandom } from "../../lib/io/system_entropy.ts";

/** Lets the machine's entropy be what a test says; gives how often it was asked. */
function withEntropy(next: () => number, run: () => void): number {
  const original = crypto.getRandomValues;
  let asked = 0;
  crypto.getRandomValues = (<T extends ArrayBufferView | null>(into: T): T => {
    asked++;
    const draws = into as unknown as Uint32Array;
    for (let at = 0; at < draws.length; at++) draws[at] = next();
    return into;
  }) as typeof crypto.getRandomValues;
  try {
    run();
  } finally {
    crypto.getRandomValues = original;
  }
  return asked;
}

Deno.test("32 bits of entropy are drawn as 0 and up to less than 1, each once", () => {
  let drawn = 0;
  const table = [0, 1, 0x8000_0000, 0xffff_ffff];
  const asked = withEntropy(() => table[drawn++ % table.length] as number, () => {
    const random = new SystemRandom();
    for (let at = 0; at < 5_000; at++) {
      assertEquals(random.next(), (table[at % table.length] as number) / 2 ** 32);
    }
  });
  assert(drawn >= 5_000 && asked < 10, `${drawn} were drawn in ${asked} turns`);
  assert(0xffff_ffff / 2 ** 32 < 1);
});

Deno.test("ids are of version 7, and none is drawn twice", () => {
  const ids = new SystemIds();
  const drawn = Array.from({ length: 1_000 }, () => ids.next());
  assertEquals(new Set(drawn).size, 1_000);
  assert(drawn.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/.test(id)));
});
