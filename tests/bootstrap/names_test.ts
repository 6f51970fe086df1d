import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SeededRandom } from "../../lib/core/mod.ts";
import { Membership, parseRecord, PROFILES } from "../../lib/membership/swim/mod.ts";
import { validateJoin } from "../../lib/bootstrap/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { completeOptions } from "../../lib/node/options.ts";
import { failureOf, LocalCluster } from "../support/local_cluster.ts";
import { run } from "../cli/harness.ts";

const COMPOSED = "caf\u00e9";
const DECOMPOSED = "cafe\u0301";
const ID = "01890000-0000-7000-8000-000000000002";

Deno.test("names that look alike are one name, however their accents are written", async () => {
  await using cluster = new LocalCluster();
  const first = await cluster.found({ name: DECOMPOSED });
  assertEquals(first.name, COMPOSED);
  for (const name of [COMPOSED, DECOMPOSED]) {
    assertEquals((await failureOf(cluster.join(first, { name }))).code, "NAME_TAKEN");
    const info = await first.call("info", null, { node: name }) as { id: string };
    assertEquals(info.id, first.id);
    const at = ["--clusterip", first.address];
    assertEquals((await run(["why", name, ...at])).code, 0);
    assertEquals((await run(["rtt", name, ...at])).code, 0);
    assertEquals((await run(["transfer", name, ...at])).code, 0);
  }
  const second = await cluster.join(first, { name: "e\u0301te\u0301" });
  await cluster.settled();
  const removed = await run(["remove", "e\u0301te\u0301", "--clusterip", first.address]);
  assertEquals(removed.code, 0);
  assertEquals((await second.stopped).error?.code, "REMOVED");
});

Deno.test("a record and a join carry the composed name, whoever wrote it", async () => {
  const record = {
    id: ID,
    name: DECOMPOSED,
    address: "10.0.0.1:1",
    incarnation: 1,
    state: "alive",
    tags: {},
    services: [],
  };
  const parsed = parseRecord(record);
  assert(parsed.ok);
  assertEquals(parsed.value.name, COMPOSED);
  const { membership } = someMembership();
  assertEquals((await validateJoin(systemPorts(), membership, ID, record)).name, COMPOSED);
});

function someMembership(): { membership: Membership } {
  const self = { id: ID.replace(/2$/, "1"), name: "n1", address: "10.0.0.9:1" };
  const random = new SeededRandom(1);
  return { membership: new Membership({ self, profile: PROFILES.lan, random }) };
}

for (const name of ["master", "Master", "MASTER"]) {
  Deno.test(`${name} is the name of no node: at the flag, to a program, in a join, in gossip`, async () => {
    assertThrows(() => completeOptions({ name }), TypeError, "master");
    const { code, err } = await run(["--name", name, "--myport", "0"]);
    assertEquals(code, 2);
    assertStringIncludes(err, name);
    const record = { id: ID, name, address: "10.0.0.1:1", tags: {}, services: [] };
    const { membership } = someMembership();
    const refused = await failureOf(validateJoin(systemPorts(), membership, ID, record));
    assertEquals(refused.code, "BAD_MESSAGE");
    assert(!parseRecord({ ...record, incarnation: 1, state: "alive" }).ok);
    const self = { id: ID, name, address: "10.0.0.1:1" };
    const random = new SeededRandom(1);
    assertThrows(() => new Membership({ self, profile: PROFILES.lan, random }), TypeError);
  });
}
