import { assertEquals, assertRejects } from "@std/assert";
import { inputText } from "../../../lib/cli/terminal/input_text.ts";
import { parseBody } from "../../../lib/cli/json_body.ts";
import { UsageError } from "../../../lib/cli/usage_error.ts";

/** The bytes in pieces, as a pipe has them: characters are cut. */
function* pieces(bytes: readonly number[]): Generator<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}

function read(bytes: readonly number[], limitBytes = 100): Promise<string> {
  return inputText(ReadableStream.from(pieces(bytes)), limitBytes);
}

Deno.test("what is read from the standard input has the same bytes as a text", async () => {
  for (const text of ["", "blue", "a\tb\x1b[31m\0\r\n\n", "é \u{1f600}", "\ufeffmarked"]) {
    const bytes = [...new TextEncoder().encode(text)];
    assertEquals([...await read(bytes)], [...text]);
  }
  // Before JSON the mark is no part of it.
  assertEquals(parseBody(await read([0xef, 0xbb, 0xbf, 0x5b, 0x31, 0x5d])), [1]);
});

Deno.test("bytes that are no text are refused, and not kept as others", async () => {
  for (const bytes of [[0xff, 0xfe], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    await assertRejects(() => read(bytes), UsageError, "no text in UTF-8");
  }
  await assertRejects(() => read([1, 2, 3], 2), UsageError, "over 2 bytes");
});
