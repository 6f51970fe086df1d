import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { utf8Bytes } from "../../lib/core/mod.ts";

Deno.test("the bytes of a text are as many as its encoding has, whatever halves of pairs are in it", () => {
  const encoder = new TextEncoder();
  const unit = fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 0xd700, max: 0xe0ff }));
  fc.assert(
    fc.property(fc.array(unit.map((code) => String.fromCharCode(code))), (units) => {
      const text = units.join("");
      assertEquals(utf8Bytes(text), encoder.encode(text).length);
    }),
  );
});
