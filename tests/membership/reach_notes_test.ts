import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Member } from "../../lib/membership/swim/mod.ts";
import {
  outOfOurReach,
  reachNotes,
  undialableMember,
  undialableSelf,
} from "../../lib/membership/reach_notes.ts";

function member(name: string, changes: Partial<Member> = {}): Member {
  const address = `10.0.0.1:${name.length}`;
  const calm = { state: "alive", isSelf: false, isUndialable: false, isOutOfReach: false } as const;
  return { name, address, ...calm, ...changes } as Member;
}

Deno.test("nothing is noted of members that can be dialled, or are gone", () => {
  const gone = { state: "dead", isUndialable: true, isOutOfReach: true } as const;
  assertEquals(reachNotes([]), []);
  assertEquals(reachNotes([member("a", { isSelf: true }), member("b"), member("c", gone)]), []);
});

Deno.test("a node that cannot be dialled is told so of itself, and apart from it of others", () => {
  const ada = member("ada", { isSelf: true, isUndialable: true });
  const grace = member("grace", { isUndialable: true, state: "suspect" });
  assertEquals(reachNotes([ada]), [undialableSelf(ada.address)]);
  const [own, others, ...rest] = reachNotes([ada, grace]);
  assertEquals([own, rest], [undialableSelf(ada.address), []]);
  assertStringIncludes(others ?? "", "Others cannot dial grace at 10.0.0.1:5:");
  assert(others?.includes("ada") === false);
});

Deno.test("who is out of our reach is noted once, as what it is to everybody where it is that", () => {
  const far = member("far", { isOutOfReach: true });
  const both = member("both", { isOutOfReach: true, isUndialable: true });
  assertEquals(reachNotes([far]), [outOfOurReach([far])]);
  assertEquals(reachNotes([both]).length, 1);
  assertStringIncludes(reachNotes([both])[0] ?? "", "Others cannot dial both");
  assertEquals(reachNotes([far, both]).length, 2);
});

Deno.test("five are named, of more the rest is a number; a name that is an address is said once", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `n${at}`, address: `a:${at}` }));
  assertStringIncludes(
    outOfOurReach(many(5)),
    "n0 at a:0, n1 at a:1, n2 at a:2, n3 at a:3, n4 at a:4,",
  );
  assertStringIncludes(outOfOurReach(many(6)), "n4 at a:4 and 1 other,");
  assertStringIncludes(outOfOurReach(many(7)), "n4 at a:4 and 2 others,");
  assertStringIncludes(outOfOurReach([{ name: "a:1", address: "a:1" }]), "dials a:1,");
});

Deno.test("why an address cannot be dialled is said where it is known", () => {
  assertStringIncludes(undialableSelf("a:1", "refused"), "at a:1 (refused): it gets no vote");
  assertStringIncludes(undialableSelf("a:1"), "at a:1: it gets no vote");
  assertStringIncludes(
    undialableMember("ada", "a:1", "refused"),
    "Cannot dial ada at a:1 (refused)",
  );
});
