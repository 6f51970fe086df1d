import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError, SeededRandom } from "../../lib/core/mod.ts";
import { type MemberRecord, Membership, PROFILES } from "../../lib/membership/swim/mod.ts";
import { Directory } from "../../lib/membership/directory.ts";

const id = (last: number) => `01890000-0000-7000-8000-${String(last).padStart(12, "0")}`;

function record(last: number, change: Partial<MemberRecord> = {}): MemberRecord {
  const address = `127.0.0.1:${8000 + last}`;
  const tags = {};
  return {
    id: id(last),
    name: `n${last}`,
    address,
    incarnation: 1,
    state: "alive",
    tags,
    services: [],
    ...change,
  };
}

/** The directory of node 1, which knows those records, and how to tell it of more. */
function directory(...records: MemberRecord[]): [Directory, (record: MemberRecord) => void] {
  const { name, address } = record(1);
  const membership = new Membership({
    self: { id: id(1), name, address },
    profile: PROFILES.lan,
    random: new SeededRandom(1),
  });
  const found = new Directory({ machine: membership });
  const tell = (member: MemberRecord) => {
    membership.handle(0, { type: "admit", member });
    found.changed();
  };
  for (const each of records) tell(each);
  return [found, tell];
}

Deno.test("a member is found by its id, its name, its address and the beginning of its id", () => {
  const [found] = directory(record(2), record(3));
  for (const text of [id(2), "n2", "127.0.0.1:8002"]) assertEquals(found.find(text).id, id(2));
  const [usual] = directory(record(2, { address: "127.0.0.2:8001" }));
  assertEquals(usual.find("127.0.0.2").id, id(2));
  const [other] = directory(record(2, { id: `02890000-0000-7000-8000-${"0".repeat(12)}` }));
  assertEquals(other.find("0289").name, "n2");
});

Deno.test("what means nobody is unknown, and a beginning that means several is refused", () => {
  const [found] = directory(record(2), record(3));
  for (const text of ["n9", "018", ""]) {
    assertEquals(assertThrows(() => found.find(text), ClusterError).code, "UNKNOWN_MEMBER");
  }
  assertEquals(assertThrows(() => found.find("0189"), ClusterError).code, "BAD_REQUEST");
});

Deno.test("of a name that several had the one that lives is meant, and else the newest", () => {
  const [found, tell] = directory(record(2, { name: "x" }));
  tell(record(2, { name: "x", state: "left", incarnation: 2 }));
  tell(record(3, { name: "x" }));
  assertEquals(found.find("x").id, id(3));
  tell(record(3, { name: "x", state: "left", incarnation: 2 }));
  assertEquals(found.find("x").id, id(3));
});

Deno.test("a service is offered by the members that are alive and say so, a built-in one by all", () => {
  const [found, tell] = directory(
    record(2, { services: ["greet"] }),
    record(3, { services: ["greet", "other"] }),
    record(4, { services: ["greet"], state: "suspect", by: [id(3)] }),
  );
  assertEquals([...found.offering("greet")].sort(), [id(2), id(3)]);
  assertEquals(found.offering("nothing"), []);
  assertEquals(found.offering("echo").length, 3);
  tell(record(2, { services: [], incarnation: 2 }));
  assertEquals(found.offering("greet"), [id(3)]);
});

Deno.test("of those that offer a service, one that nobody can dial is the last resort", () => {
  const services = ["greet"];
  const [found, tell] = directory(record(2, { services, undialable: true }));
  assertEquals(found.offering("greet"), [id(2)]);
  assertEquals(found.offering("echo"), [id(1)]);
  tell(record(3, { services }));
  assertEquals(found.offering("greet"), [id(3)]);
  tell(record(2, { services, incarnation: 2 }));
  assertEquals(found.offering("greet"), [id(2), id(3)]);
});
