import { assertEquals } from "@std/assert";
import { foreignSpeech, isHttp2Settings, mayBecomeHttp } from "../../lib/wire/foreign_speech.ts";

const TEXT = new TextEncoder();

Deno.test("another protocol is known from how its programs begin", () => {
  const table: [bytes: Uint8Array | string, name: string, isAnswered: boolean][] = [
    ["GET / HTTP/1.1\r\n", "HTTP", true],
    ["\r\nLINK /a HTTP/1.1\r\n", "HTTP", true],
    ["HTTP/1.1 400 Bad Request\r\n", "HTTP", false],
    ["<!DOCTYPE html>", "HTTP", false],
    ["SSH-2.0-OpenSSH_9.2\r\n", "SSH", false],
    ["220 mail.example ESMTP\r\n", "SMTP or FTP", false],
    ["220-mail.example\r\n", "SMTP or FTP", false],
    ["2200 is no reply\r\n", "another protocol", false],
    ["+OK ready\r\n", "POP3", false],
    ["* OK IMAP4rev1\r\n", "IMAP", false],
    ["-ERR unknown command\r\n", "Redis", false],
    ["INFO {}\r\n", "NATS", false],
    ["RFB 003.008\n", "VNC", false],
    ["AMQP\0\0\x09\x01", "AMQP", false],
    ["@RSYNCD: 31.0\n", "rsync", false],
    ["ERROR\r\n", "memcached", false],
    ["help\n", "another protocol", false],
    [Uint8Array.of(0x16, 3, 1, 2, 0, 1), "TLS", true],
    [Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70), "TLS", false],
    [Uint8Array.of(0x17, 3, 1, 0, 2), "another protocol", false],
    [Uint8Array.of(0x16, 4, 1, 0, 2), "another protocol", false],
    [Uint8Array.of(0x4a, 0, 0, 0, 0x0a, 0x38), "MySQL", false],
    [Uint8Array.of(0x4a, 0, 0, 0, 0xff, 0x38), "MySQL", false],
    [Uint8Array.of(0x4a, 0, 0, 0, 0x0b, 0x38), "another protocol", false],
    [Uint8Array.of(0x4a, 0, 0, 1, 0x0a, 0x38), "another protocol", false],
    [Uint8Array.of(0x4a, 1, 0, 0, 0x0a, 0x38), "another protocol", false],
    [Uint8Array.of(0x4a, 0, 1, 0, 0x0a, 0x38), "another protocol", false],
    [Uint8Array.of(0x45, 0, 0, 0, 0x8e), "PostgreSQL", false],
    [Uint8Array.of(0x45, 0, 0, 1, 0x8e), "another protocol", false],
    [Uint8Array.of(0x46, 0, 0, 0, 0x8e), "another protocol", false],
  ];
  for (const [given, name, isAnswered] of table) {
    const bytes = typeof given === "string" ? TEXT.encode(given) : given;
    const speech = foreignSpeech(bytes);
    assertEquals([speech.name, speech.answer !== undefined], [name, isAnswered], `${given}`);
  }
});

Deno.test("only whoever seems to type is told what to type", () => {
  const isTold = (bytes: Uint8Array) => foreignSpeech(bytes).complaint.includes("to type");
  assertEquals(isTold(TEXT.encode("help\n")), true);
  assertEquals(isTold(TEXT.encode("\t~ a")), true);
  for (const byte of [0, 8, 14, 31, 127, 200]) {
    assertEquals(isTold(Uint8Array.of(0x61, 0x62, 0x63, byte)), false, `${byte}`);
  }
});

Deno.test("an answer of HTTP has a body of the length that it says, and none for HEAD", () => {
  const answerTo = (request: string) =>
    new TextDecoder().decode(foreignSpeech(TEXT.encode(request)).answer);
  const [head = "", body = ""] = answerTo("GET / HTTP/1.1\r\n").split("\r\n\r\n");
  assertEquals(/Content-Length: (\d+)/.exec(head)?.[1], `${body.length}`);
  assertEquals(answerTo("HEAD / HTTP/1.1\r\n"), `${head}\r\n\r\n`);
});

Deno.test("more is waited for while it may become HTTP, up to 64 bytes", () => {
  const table: [begun: string, mayBecome: boolean][] = [
    ["UPDA", true],
    ["\r\n\r\n", true],
    ["M-SE", true],
    ["LINK ht", true],
    ["LINK http:/", true],
    ["LINK http://", false],
    ["LINK / ", false],
    ["link", false],
    ["GET ", false],
    ["SSH-", false],
    ["A".repeat(63), true],
    ["A".repeat(64), false],
  ];
  for (const [begun, mayBecome] of table) {
    assertEquals(mayBecomeHttp(TEXT.encode(begun)), mayBecome, begun);
  }
});

Deno.test("an HTTP/2 server's settings are known once all of their head is there", () => {
  const head = Uint8Array.of(0, 0, 0x12, 4, 0, 0, 0, 0, 0);
  assertEquals(isHttp2Settings(head), true);
  assertEquals(isHttp2Settings(Uint8Array.of(...head, 0, 3)), true);
  assertEquals(isHttp2Settings(head.subarray(0, 8)), false);
  for (let at = 3; at < head.length; at++) {
    assertEquals(isHttp2Settings(head.with(at, 1)), false, `byte ${at}`);
  }
});
