import { assertEquals, assertThrows } from "@std/assert";
import {
  formatAddress,
  isAddress,
  isLoopback,
  isWildcard,
  parseAddress,
  parsePort,
  parseTypedAddress,
} from "../../lib/core/mod.ts";

const HOST_253 = "a".repeat(253);

const SOUND: [text: string, host: string, port: number][] = [
  ["127.0.0.1:8001", "127.0.0.1", 8001],
  ["localhost:1", "localhost", 1],
  ["a:65535", "a", 65_535],
  ["node_1.example-net.org:80", "node_1.example-net.org", 80],
  ["[::1]:8001", "::1", 8001],
  ["[fe80::1%eth0]:8001", "fe80::1%eth0", 8001],
  [`${HOST_253}a:65535`, `${HOST_253}a`, 65_535],
];

for (const [text, host, port] of SOUND) {
  Deno.test(`an address is read and written back: ${text.slice(0, 40)}`, () => {
    assertEquals(parseAddress(text), { host, port });
    assertEquals(formatAddress({ host, port }), text);
    assertEquals(isAddress(text), true);
  });
}

const FAULTY: [text: string, why: string][] = [
  ["", "write HOST:PORT"],
  ["localhost", "write HOST:PORT"],
  ["::1:8001", "an IPv6 address stands in brackets"],
  [":8001", '"" is not a host'],
  ["-a:8001", '"-a" is not a host'],
  ["a-:8001", '"a-" is not a host'],
  ["a b:8001", '"a b" is not a host'],
  ["[127.0.0.1]:8001", '"127.0.0.1" is not a host'],
  ["[]:8001", '"" is not a host'],
  [`${"a".repeat(255)}:1`, "is not a host"],
  ["a:0", "the port is a number from 1 to 65535"],
  ["a:65536", "the port is a number from 1 to 65535"],
  ["a:", "the port is a number from 1 to 65535"],
  ["a:8e3", "the port is a number from 1 to 65535"],
  ["a:+1", "the port is a number from 1 to 65535"],
];

for (const [text, why] of FAULTY) {
  Deno.test(`an address is refused: ${text.slice(0, 40)}`, () => {
    assertThrows(() => parseAddress(text), TypeError, why);
    assertEquals(isAddress(text), false);
  });
}

Deno.test("what is no text, or longer than any address, is none", () => {
  for (const value of [undefined, null, 8001, {}, ["a:1"], `[::1%${"a".repeat(300)}]:1`]) {
    assertEquals(isAddress(value), false);
  }
});

Deno.test("a port is a whole number from 1 to 65535", () => {
  for (const port of [1, 2, 65_534, 65_535]) assertEquals(parsePort(String(port)), port);
  for (const text of ["0", "65536", "99999", "-1", "1.5", "", "000001"]) {
    assertThrows(() => parsePort(text), TypeError);
  }
});

Deno.test("loopback is what only this machine reaches", () => {
  const inside = ["localhost", "::1", "127.0.0.1", "127.255.0.9", "::ffff:127.0.0.1"];
  const outside = ["128.0.0.1", "10.0.0.1", "127.0.0", "127.0.0.1.example.org", "::2", "0.0.0.0"];
  for (const host of inside) assertEquals(isLoopback(host), true, host);
  for (const host of outside) assertEquals(isLoopback(host), false, host);
});

Deno.test("a wildcard is every interface, in any way to write it", () => {
  for (const host of ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::0"]) {
    assertEquals(isWildcard(host), true, host);
  }
  for (const host of ["127.0.0.1", "::1", "0.0.0.1", "1::"]) {
    assertEquals(isWildcard(host), false, host);
  }
});

const TYPED: [text: string, host: string, port: number][] = [
  ["10.0.0.7", "10.0.0.7", 8001],
  ["10.0.0.7:9", "10.0.0.7", 9],
  ["localhost", "localhost", 8001],
  ["node_1.example-net.org", "node_1.example-net.org", 8001],
  ["::1", "::1", 8001],
  ["[::1]", "::1", 8001],
  ["[::1]:9", "::1", 9],
  ["fe80::1%eth0", "fe80::1%eth0", 8001],
  ["2001:db8::7:1", "2001:db8::7:1", 8001],
  ["::ffff:10.0.0.7", "::ffff:10.0.0.7", 8001],
  ["2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1", 8001],
];

for (const [text, host, port] of TYPED) {
  Deno.test(`a person may leave the port out: ${text}`, () => {
    assertEquals(parseTypedAddress(text), { host, port });
  });
}

Deno.test("what is no address with a port is none without", () => {
  for (const text of ["", ":8001", "8001", "a:", "a:0", "a b", "[]", "[a]", ":::", "::1:8001"]) {
    assertThrows(() => parseTypedAddress(text), TypeError, `Invalid address "${text}"`);
  }
  assertEquals(parseTypedAddress("a", 7), { host: "a", port: 7 });
});
