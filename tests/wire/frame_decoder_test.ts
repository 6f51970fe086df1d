import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FrameDecoder, WireError } from "../../lib/wire/mod.ts";
import { feed, frame, join } from "./feed.ts";

const TEXT = new TextEncoder();

interface Rejection {
  what: string;
  bytes: Uint8Array;
  code: WireError["code"];
  reason: string;
}

const REJECTIONS: Rejection[] = [
  {
    what: "a length of zero",
    bytes: new Uint8Array([0, 0, 0, 0]),
    code: "BAD_MESSAGE",
    reason: "A frame of length 0; a frame is 1 to 100 bytes of JSON",
  },
  {
    what: "one byte over the limit",
    bytes: new Uint8Array([0, 0, 0, 101]),
    code: "TOO_LARGE",
    reason: "A frame of 101 bytes is over the limit; the limit is 100 bytes",
  },
  {
    what: "the largest length that four bytes can say",
    bytes: new Uint8Array([255, 255, 255, 255]),
    code: "TOO_LARGE",
    reason: "A frame of 4294967295 bytes",
  },
  {
    what: "a length whose first byte is that of an old client's greeting",
    bytes: TEXT.encode("\n{}\n"),
    code: "TOO_LARGE",
    reason: "This is text",
  },
  {
    what: "typed text",
    bytes: TEXT.encode("help\n"),
    code: "TOO_LARGE",
    reason: "This is text",
  },
  {
    what: "HTTP",
    bytes: TEXT.encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    code: "TOO_LARGE",
    reason: "This is HTTP",
  },
  {
    what: "HTTP that sends",
    bytes: TEXT.encode("DELETE /x HTTP/1.1\r\n"),
    code: "TOO_LARGE",
    reason: "This is HTTP",
  },
  {
    what: "a TLS hello",
    bytes: new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    code: "TOO_LARGE",
    reason: "This is a TLS hello",
  },
  {
    what: "a byte that UTF-8 never has",
    bytes: frame(new Uint8Array([0x22, 0xff, 0x22])),
    code: "BAD_MESSAGE",
    reason: "not UTF-8",
  },
  {
    what: "UTF-8 that is cut in the middle of a character",
    bytes: frame(new Uint8Array([0x22, 0xe2, 0x82])),
    code: "BAD_MESSAGE",
    reason: "not UTF-8",
  },
  {
    what: "an overlong encoding",
    bytes: frame(new Uint8Array([0xc0, 0xaf])),
    code: "BAD_MESSAGE",
    reason: "not UTF-8",
  },
  {
    what: "a lone surrogate",
    bytes: frame(new Uint8Array([0xed, 0xa0, 0x80])),
    code: "BAD_MESSAGE",
    reason: "not UTF-8",
  },
  {
    what: "a line that is not UTF-8",
    bytes: new Uint8Array([0x7b, 0xff, 0x0a]),
    code: "BAD_MESSAGE",
    reason: "not UTF-8",
  },
  {
    what: "a line that never ends",
    bytes: TEXT.encode(`{${"x".repeat(100)}`),
    code: "TOO_LARGE",
    reason: "A line is over the limit of 100 bytes",
  },
  {
    what: "a line that ends too late",
    bytes: TEXT.encode(`{${"x".repeat(100)}\n`),
    code: "TOO_LARGE",
    reason: "A line is over the limit of 100 bytes",
  },
];

for (const { what, bytes, code, reason } of REJECTIONS) {
  Deno.test(`${what} is rejected with the reason, in one chunk and byte by byte`, () => {
    for (const sizes of [[], [1]]) {
      const error = assertThrows(() => feed(new FrameDecoder(100), bytes, sizes), WireError);
      assertEquals(error.code, code);
      assertStringIncludes(error.message, reason);
    }
  });
}

Deno.test("what came before the rejected frame is read", () => {
  const decoder = new FrameDecoder(100);
  const space = decoder.space();
  const bytes = join([frame("a"), new Uint8Array(4)]);
  space.set(bytes);
  decoder.filled(bytes.length);
  assertEquals(decoder.next(), "a");
  assertThrows(() => decoder.next(), WireError);
});

Deno.test("the first byte decides how the other side speaks", () => {
  const table: [first: number, mode: string][] = [[0x7b, "lines"], [0, "frames"], [0x5b, "frames"]];
  for (const [first, mode] of table) {
    const decoder = new FrameDecoder();
    assertEquals(decoder.mode, undefined);
    decoder.space()[0] = first;
    decoder.filled(1);
    assertEquals(decoder.mode, mode);
  }
});

Deno.test("lines end with a newline, or with the brace that closes them", () => {
  const table: [given: string, texts: string[], pendingBytes: number][] = [
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}'], 0],
    ['{"a":1}\r\n\r\n\n{"b":2}\r\n', ['{"a":1}', '{"b":2}'], 0],
    ['{"a":1}{"b":{}}', ['{"a":1}', '{"b":{}}'], 0],
    ['{"a":"}"}', ['{"a":"}"}'], 0],
    ['{"a":"\\"}"}{"b":"\\\\"}', ['{"a":"\\"}"}', '{"b":"\\\\"}'], 0],
    ['{"a":[{"b":{}}]}', ['{"a":[{"b":{}}]}'], 0],
    ['{"a":1', [], 6],
    ["{}\nnonsense\n", ["{}", "nonsense"], 0],
    ['{"é":"ü"}', ['{"é":"ü"}'], 0],
  ];
  for (const [given, texts, pendingBytes] of table) {
    for (const sizes of [[], [1], [3]]) {
      const decoder = new FrameDecoder();
      assertEquals(feed(decoder, TEXT.encode(given), sizes), texts, given);
      assertEquals(decoder.pendingBytes, pendingBytes, given);
    }
  }
});

Deno.test("empty lines cost nothing, however many", () => {
  const decoder = new FrameDecoder(100);
  const text = `{}${"\n".repeat(10_000)}{"a":1}`;
  assertEquals(feed(decoder, TEXT.encode(text), [7]), ["{}", '{"a":1}']);
});
