import { assertEquals } from "@std/assert";
import type { Member, MemberState } from "../../lib/membership/swim/mod.ts";
import { VoterDrain, type VoterDrainOwner } from "../../lib/consensus/voter_drain.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A voter among others that are in those states. */
function voterAmong(states: Readonly<Record<string, MemberState>>) {
  const members = Object.entries({ self: "alive" as const, ...states }).map(([id, state]) =>
    ({ id, state, isSelf: id === "self", incarnation: 1, tags: {} }) as unknown as Member
  );
  const sent: string[] = [];
  const owner: VoterDrainOwner = {
    id: "self",
    ports: { clock: new ManualClock() } as never,
    isStopped: false,
    patienceMs: 8_000,
    voters: members.map(({ id }) => id),
    master: undefined,
    hasVote: () => true,
    members: () => members,
    member: (id) => members.find((member) => member.id === id),
    send: (to) => sent.push(to),
    release: () => [],
  };
  return { handover: new VoterDrain(owner), sent };
}

Deno.test("a voter that leaves is missed by who is there or may be, but by nobody who is dead or has left", () => {
  for (const state of ["alive", "suspect", "dead", "left"] as const) {
    const { handover } = voterAmong({ other: state, dead: "dead" });
    assertEquals(handover.isNeeded(), state === "alive" || state === "suspect", state);
  }
});

Deno.test("who leaves as well misses nobody, also while it is suspected", () => {
  for (const state of ["alive", "suspect"] as const) {
    const { handover } = voterAmong({ other: state, third: "left" });
    handover.onVoterLeaving("other");
    assertEquals(handover.isNeeded(), false, state);
  }
  const { handover } = voterAmong({ other: "suspect", third: "alive" });
  for (const voter of ["other", "third"]) handover.onVoterLeaving(voter);
  assertEquals(handover.isNeeded(), false);
});

Deno.test("one that is only suspected hears that a voter leaves", async () => {
  const { handover, sent } = voterAmong({ other: "suspect", third: "dead" });
  const parting = handover.run(0.001, () => {});
  handover.stop();
  await Promise.race([parting, Promise.resolve()]);
  assertEquals(sent, ["other"]);
});
