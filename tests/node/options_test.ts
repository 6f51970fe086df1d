import { assertEquals, assertObjectMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ClusterError, EXPECTED_NODES, NAME_CHARACTERS } from "../../lib/core/mod.ts";
import { completeOptions, type NodeOptions } from "../../lib/node/options.ts";

Deno.test("without options a node is the tutorial's: port 8001 on loopback, joins at 8001", () => {
  assertEquals(completeOptions({}), {
    port: 8001,
    host: "127.0.0.1",
    advertise: undefined,
    join: [{ host: "127.0.0.1", port: 8001 }],
    makeMasterOnError: false,
    expect: undefined,
    forceNewCluster: false,
    name: undefined,
    tags: {},
    voter: true,
    profile: "lan",
    insecure: false,
    drainTimeoutMs: 10_000,
  });
});

const INVALID: Array<[NodeOptions, string]> = [
  [{ port: -1 }, "port -1"],
  [{ port: 65_536 }, "port 65536"],
  [{ port: 1.5 }, "port 1.5"],
  [{ port: NaN }, "port NaN"],
  [{ name: "" }, 'name ""'],
  [{ name: "two words" }, "without spaces"],
  [{ name: "line\nbreak" }, "without spaces"],
  [{ name: "n".repeat(129) }, "1 to 128"],
  [{ tags: { big: "x".repeat(3_000) } }, "tags"],
  [{ profile: "moon" as "lan" }, "lan, wan, local"],
  [{ profile: "constructor" as "lan" }, "lan, wan, local"],
  [{ advertise: { host: "0.0.0.0", port: 1 } }, "wildcard"],
  [{ advertise: { host: "::", port: 1 } }, "wildcard"],
  [{ advertise: { host: "10.0.0.1", port: 0 } }, "port 0"],
];

for (const [options, part] of INVALID) {
  Deno.test(`${JSON.stringify(options).slice(0, 60)} makes no sense, and the error says why`, () => {
    assertStringIncludes(assertThrows(() => completeOptions(options), TypeError).message, part);
  });
}

Deno.test("what is at its limit is taken, and what is one past it is not", () => {
  const tagsOf = (bytes: number) => ({ tags: { a: "x".repeat(bytes - '{"a":""}'.length) } });
  const table: [last: NodeOptions, past: NodeOptions, part: string][] = [
    [{ port: 0 }, { port: -1 }, "port"],
    [{ port: 65_535 }, { port: 65_536 }, "port"],
    [{ name: "n".repeat(NAME_CHARACTERS) }, { name: "n".repeat(NAME_CHARACTERS + 1) }, "name"],
    [tagsOf(2_048), tagsOf(2_049), "together they are over 2048 bytes"],
    [{ expect: 1 }, { expect: 0 }, "Cannot expect 0 nodes"],
    [
      { expect: EXPECTED_NODES },
      { expect: EXPECTED_NODES + 1 },
      `Cannot expect ${EXPECTED_NODES + 1} nodes`,
    ],
  ];
  for (const [last, past, part] of table) {
    assertObjectMatch(completeOptions(last), last as Record<string, unknown>);
    assertStringIncludes(assertThrows(() => completeOptions(past), TypeError).message, part);
  }
});

for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"]) {
  Deno.test(`${host} is this machine alone, and needs no permission`, () => {
    assertEquals(completeOptions({ host }).host, host);
  });
}

for (const host of ["0.0.0.0", "::", "10.0.0.7", "example.org", "127.0.0.1.example.org"]) {
  Deno.test(`${host} is beyond this machine: refused unless it is opened on purpose`, () => {
    const error = assertThrows(() => completeOptions({ host }), ClusterError);
    assertEquals(error.code, "NOT_PERMITTED");
    assertStringIncludes(error.message, "--insecure");
    assertEquals(completeOptions({ host, insecure: true }).host, host);
  });
}
