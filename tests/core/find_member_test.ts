import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import {
  type Findable,
  findMember,
  findOnlyMember,
  supersededOf,
} from "../../lib/core/find_member.ts";

const id = (last: number) => `0189000${last}-0000-7000-8000-000000000000`;

function member(
  last: number,
  name: string,
  state = "alive",
  port = 8000 + last,
  removed = false,
): Findable {
  return { id: id(last), name, address: `127.0.0.1:${port}`, state, removed };
}

function failure(find: () => unknown): ClusterError {
  return assertThrows(find, ClusterError);
}

Deno.test("a name that a living and gone members had means the living one, wherever it is asked", () => {
  for (const [live, gone] of [[1, 2], [2, 1]] as const) {
    for (const state of ["dead", "left"]) {
      const members = [member(live, "web"), member(gone, "web", state)];
      assertEquals(findMember(members, "web").id, id(live));
    }
  }
  const members = [member(1, "web", "dead"), member(3, "web", "left"), member(2, "web", "dead")];
  assertEquals(findMember(members, "web").id, id(3));
});

Deno.test("where a mistake cannot be undone a name of several is refused with their ids", () => {
  const members = [member(1, "web", "dead"), member(2, "web"), member(3, "db")];
  const error = failure(() => findOnlyMember(members, "web"));
  assertEquals(error.code, "BAD_REQUEST");
  for (const part of [id(1), id(2), "dead", "alive", "127.0.0.1:8001"]) {
    assertStringIncludes(error.message, part);
  }
  assertEquals(
    (error.details?.["members"] as Findable[]).map(({ id }) => id).sort(),
    [id(1), id(2)],
  );
  // Each of them is meant by its id, or by what tells its id from the other.
  for (const last of [1, 2]) {
    assertEquals(findOnlyMember(members, id(last)).id, id(last));
    assertEquals(findOnlyMember(members, `0189000${last}`).id, id(last));
  }
  assertEquals(failure(() => findOnlyMember(members, "0189")).code, "BAD_REQUEST");
  assertEquals(failure(() => findOnlyMember(members, "nobody")).code, "UNKNOWN_MEMBER");
});

Deno.test("an address that a gone member had, and another has, is refused too", () => {
  const members = [member(1, "web", "dead", 8001), member(2, "db", "alive", 8001)];
  assertEquals(failure(() => findOnlyMember(members, "127.0.0.1:8001")).code, "BAD_REQUEST");
  assertEquals(findOnlyMember(members, "web").id, id(1));
  assertEquals(findOnlyMember(members, "db").id, id(2));
});

Deno.test("an earlier life at the same name and address is superseded, and its name is not ambiguous", () => {
  const members = [
    member(1, "web", "dead", 8001),
    member(2, "web", "left", 8001),
    member(3, "web", "alive", 8001),
    member(4, "db", "dead", 8002),
    member(5, "db", "dead", 8002),
    member(6, "web", "dead", 8006),
  ];
  assertEquals([...supersededOf(members)].sort(), [id(1), id(2), id(4)]);
  assertEquals(findOnlyMember(members.slice(0, 5), "web").id, id(3));
  assertEquals(findOnlyMember(members, "db").id, id(5));
  assertEquals(findOnlyMember(members, id(1)).id, id(1));
  assertEquals(failure(() => findOnlyMember(members, "web")).code, "BAD_REQUEST");
});

Deno.test("who was removed is not in the way of others of its name, and may be named again", () => {
  const gone = member(1, "web", "left", 8001, true);
  assertEquals(findOnlyMember([gone, member(2, "web")], "web").id, id(2));
  assertEquals(findOnlyMember([gone, member(2, "web", "dead")], "web").id, id(2));
  assertEquals(findOnlyMember([gone], "web").id, id(1));
});

Deno.test("a name is found however its accents are written", () => {
  const members = [member(1, "caf\u00e9")];
  assertEquals(findMember(members, "cafe\u0301").id, id(1));
  assertEquals(findOnlyMember(members, "cafe\u0301").id, id(1));
});
