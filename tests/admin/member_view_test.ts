import { assertEquals } from "@std/assert";
import type { Member } from "../../lib/membership/swim/mod.ts";
import type { MemberView } from "../../lib/wire/mod.ts";
import { viewMember } from "../../lib/admin/member_view.ts";

const MEMBER = {
  id: "a",
  name: "ada",
  address: "10.0.0.1:8001",
  state: "alive",
  tags: { zone: "x" },
  services: ["s"],
  since: 5,
  removed: false,
} as unknown as Member;

const VIEW: MemberView = {
  id: "a",
  name: "ada",
  address: "10.0.0.1:8001",
  state: "alive",
  role: "voter",
  tags: { zone: "x" },
  services: ["s"],
  since: "1970-01-01T00:00:01.005Z",
};

Deno.test("a view says of a member what is so, and nothing of what is not", () => {
  const view = (changes: Partial<Member> = {}) =>
    viewMember({ ...MEMBER, ...changes }, "voter", (at) => 1_000 + at);
  assertEquals(view(), VIEW);
  assertEquals(view({ isUndialable: false, isOutOfReach: false }), VIEW);
  assertEquals(view({ removed: true }), { ...VIEW, removed: true });
  assertEquals(view({ isUndialable: true }), { ...VIEW, undialable: true });
  assertEquals(view({ isOutOfReach: true }), { ...VIEW, outOfReach: true });
  // In milliseconds, to a microsecond.
  for (const [measured, shown] of [[0, 0], [1.2344, 1.234], [1.2346, 1.235], [0.0004, 0]]) {
    assertEquals(view({ roundTripMs: measured as number }), {
      ...VIEW,
      roundTripMs: shown as number,
    });
  }
});

Deno.test("a view keeps a copy of the services", () => {
  const services = ["s"];
  const view = viewMember({ ...MEMBER, services }, "voter", (at) => at);
  services.push("later");
  assertEquals(view.services, ["s"]);
});
