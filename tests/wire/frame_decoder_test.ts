import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { READ_BUFFER_BYTES, READ_BUFFER_SMALL_BYTES } from "../../lib/core/mod.ts";
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

Deno.test("a line may be as long as the limit, its newline not counted, and not a byte longer", () => {
  for (const end of ["\n", "}"]) {
    const lineOf = (bytes: number) => `{${"x".repeat(bytes - (end === "}" ? 2 : 1))}${end}`;
    for (const sizes of [[], [1], [7]]) {
      const texts = feed(new FrameDecoder(100), TEXT.encode(lineOf(100)), sizes);
      assertEquals(texts.map(({ length }) => length), [100]);
      const decode = () => feed(new FrameDecoder(100), TEXT.encode(lineOf(101)), sizes);
      const { code } = assertThrows(decode, WireError, "over the limit of 100 bytes");
      assertEquals(code, "TOO_LARGE");
    }
  }
});

Deno.test("a frame may be as large as the limit, behind others too", () => {
  const full = "x".repeat(100);
  for (const sizes of [[], [1], [7]]) {
    const bytes = join([frame(full), frame("a"), frame(full)]);
    assertEquals(feed(new FrameDecoder(100), bytes, sizes), [full, "a", full]);
  }
});

Deno.test("only what a connection begins with is another protocol: later it is a broken frame of ours", () => {
  const http = TEXT.encode("GET / HTTP/1.1\r\n");
  const settings = Uint8Array.of(0, 0, 0x12, 4, 0, 0, 0, 0, 0, ...new Uint8Array(0x1204 - 5));
  const table: [bytes: Uint8Array, foreign: string | undefined, reason: string][] = [
    [http, "HTTP", "This is HTTP"],
    [join([frame("a"), http]), undefined, "This is HTTP"],
    [settings, "HTTP/2", "HTTP/2"],
    [TEXT.encode("SSH-2.0-x\r\n"), "SSH", "the limit is"],
  ];
  for (const [bytes, foreign, reason] of table) {
    for (const sizes of [[], [1]]) {
      const error = assertThrows(() => feed(new FrameDecoder(), bytes, sizes), WireError, reason);
      assertEquals(error.foreign?.name, foreign);
    }
  }
  // What looks like settings is a frame like any other once a frame has come.
  const texts = feed(new FrameDecoder(), join([frame("a"), settings]));
  assertEquals(texts.map(({ length }) => length), [1, 0x1204]);
});

Deno.test("a method of HTTP that comes in pieces is waited for, and other bytes are not", () => {
  const fed = (text: string) => {
    const decoder = new FrameDecoder();
    return () => feed(decoder, TEXT.encode(text));
  };
  assertEquals(fed("UPDATE")(), []);
  assertThrows(fed("UPDATE /a HTTP/1.1\r\n"), WireError, "This is HTTP");
  assertThrows(fed("A".repeat(64)), WireError, "the limit is");
  assertEquals(fed("A".repeat(63))(), []);
  assertThrows(fed("help\n"), WireError, "This is text");
});

Deno.test("the buffer of an idle link is small, of a busy one larger, and a giant's is given back", () => {
  const decoder = new FrameDecoder();
  assertEquals(decoder.bufferBytes, READ_BUFFER_SMALL_BYTES);
  feed(decoder, frame("x".repeat(READ_BUFFER_SMALL_BYTES - 5)));
  assertEquals(decoder.bufferBytes, READ_BUFFER_SMALL_BYTES);
  feed(decoder, frame("x".repeat(READ_BUFFER_SMALL_BYTES)));
  assertEquals(decoder.bufferBytes, READ_BUFFER_BYTES);
  feed(decoder, frame("x".repeat(3 * READ_BUFFER_BYTES)));
  assertEquals(decoder.bufferBytes, 4 * READ_BUFFER_BYTES);
  assertEquals(decoder.pendingBytes, 0);
  assertEquals(decoder.space().length, READ_BUFFER_BYTES);
  assertEquals(decoder.bufferBytes, READ_BUFFER_BYTES);
});

Deno.test("a byte order mark is no part of JSON, and is left for the parser to refuse", () => {
  assertEquals(feed(new FrameDecoder(), frame(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))), ["\ufeffa"]);
  assertEquals(feed(new FrameDecoder(), frame("\ufffd")), ["\ufffd"], "it may be meant");
});
