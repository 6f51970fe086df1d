import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ClusterError } from "../../lib/core/mod.ts";
import { type Contradiction, Divergence } from "../../lib/consensus/divergence.ts";

/** Notices what a node "me" meets, which knows "other", and "gone", who was removed. */
function noticing({ isLeader }: { isLeader: boolean }) {
  const seen = { stops: 0, rejected: 0, failed: [] as ClusterError[] };
  const members = new Map([
    ["other", { name: "ada", removed: false }],
    ["gone", { name: "bob", removed: true }],
  ]);
  const divergence = new Divergence({
    id: "me",
    member: (id) => members.get(id),
    rejected: () => seen.rejected++,
    failed: (error) => seen.failed.push(error),
  }, { isLeader, stop: () => seen.stops++ });
  return { divergence, seen };
}

Deno.test("a contradiction ends the node, names the other and says what to do", () => {
  for (const how of ["other-entry", "lost-entries", "leader-behind"] as const) {
    const { divergence, seen } = noticing({ isLeader: how === "leader-behind" });
    divergence.contradicted({ type: "contradicted", by: "other", index: 7, how });
    assertEquals([seen.stops, seen.failed.length], [1, 1], how);
    const [error] = seen.failed;
    assertEquals([error?.code, error?.retryable], ["DIVERGED", false]);
    assertEquals(error?.details, { index: 7, how });
    for (const word of ["7", "ada", "folder", "empty folder"]) {
      assertStringIncludes(error?.message ?? "", word);
    }
  }
});

Deno.test("who is no member, or none any more, ends no node", () => {
  for (const by of ["stranger", "gone"]) {
    const { divergence, seen } = noticing({ isLeader: false });
    const claim: Contradiction = { type: "contradicted", by, index: 7, how: "other-entry" };
    divergence.contradicted(claim);
    assertEquals([seen.stops, seen.rejected, seen.failed], [0, 1, []], by);
  }
});

Deno.test("an only voter that leads stops when its cluster has a master of its own term or a later one", () => {
  const alone = { master: "me", term: 5, voters: ["me"], learners: ["other"] };
  const table: [
    what: string,
    isLeader: boolean,
    master: string | undefined,
    term: number,
    voters: string[],
    ends: boolean,
  ][] = [
    ["a later term", true, "other", 6, ["me"], true],
    ["the same term", true, "other", 5, ["me"], true],
    ["an earlier term", true, "other", 4, ["me"], false],
    ["nobody leads", true, undefined, 6, ["me"], false],
    ["it is itself", true, "me", 6, ["me"], false],
    ["it does not lead", false, "other", 6, ["me"], false],
    ["others vote: consensus tells", true, "other", 6, ["me", "other"], false],
    ["it does not vote", true, "other", 6, ["third"], false],
  ];
  for (const [what, isLeader, master, term, voters, ends] of table) {
    const { divergence, seen } = noticing({ isLeader });
    const told = { master, term, voters: ["other"], learners: [] };
    assertEquals(divergence.met(told, { ...alone, voters }), ends, what);
    assertEquals([seen.stops, seen.failed.length], ends ? [1, 1] : [0, 0], what);
    if (!ends) continue;
    assertEquals(seen.failed[0]?.code, "DIVERGED");
    assertStringIncludes(seen.failed[0]?.message ?? "", `master of term ${term}, ada`);
  }
});
