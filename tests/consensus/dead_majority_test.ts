import { assertEquals } from "@std/assert";
import { SeededRandom, Signal } from "../../lib/core/mod.ts";
import { ConsensusService } from "../../lib/consensus/consensus_service.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { VoterNames } from "../../lib/consensus/voter_names.ts";
import type { MembershipService } from "../../lib/membership/mod.ts";
import type { NodeContext } from "../../lib/part/mod.ts";
import type { PeerPool } from "../../lib/transport/mod.ts";
import type { Member } from "../../lib/membership/swim/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

type State = Member["state"];

/** What a member that does not vote holds, of those voters, the rest of whom is in those states. */
function heldBy(
  voters: readonly string[],
  states: Readonly<Record<string, State>>,
  master?: string,
): ConsensusService {
  const member = (id: string) => {
    const state = states[id];
    return state && { id, name: id, address: `${id}:1`, state, tags: {}, services: [] };
  };
  const never = () => {
    throw new Error("Nobody is asked");
  };
  const context = {
    id: "x",
    ports: {
      clock: new ManualClock(),
      random: new SeededRandom(1),
      ids: { next: () => "id" },
      network: { listen: never, dial: never },
    },
    store: new MemoryStore(),
  } as unknown as NodeContext;
  const membership = {
    onChange: new Signal(),
    members: () => Object.keys(states).map(member),
    member,
  } as unknown as MembershipService;
  const peers = {} as PeerPool;
  const service = new ConsensusService(context, "lan", new VoterNames(), membership, peers, never);
  service.expect({ master, term: 1, voters, learners: ["l"] });
  return service;
}

Deno.test("a majority is dead when fewer live than it takes: who is suspect lives, who left does not", () => {
  const table: [states: State[], isDead: boolean][] = [
    [[], false],
    [["alive"], false],
    [["dead"], true],
    [["alive", "alive"], false],
    [["alive", "dead"], true],
    [["alive", "suspect", "dead"], false],
    [["alive", "dead", "dead"], true],
    [["alive", "left", "dead"], true],
    [["alive", "alive", "dead", "dead"], true],
    [["alive", "alive", "suspect", "dead"], false],
    [["alive", "alive", "alive", "dead", "dead"], false],
    [["alive", "alive", "dead", "dead", "dead"], true],
  ];
  for (const [states, isDead] of table) {
    const voters = states.map((_, at) => `v${at}`);
    const known = Object.fromEntries(voters.map((id, at) => [id, states[at] as State]));
    assertEquals(heldBy(voters, known).isMajorityDead(), isDead, states.join());
  }
  // Of whom membership knows nothing nobody can say that it lives.
  assertEquals(heldBy(["v0", "v1", "v2"], { v0: "alive", v1: "alive" }).isMajorityDead(), false);
  assertEquals(heldBy(["v0", "v1", "v2"], { v0: "alive" }).isMajorityDead(), true);
});

Deno.test("the master that is told is one as long as it lives", () => {
  for (const [state, master] of [["alive", "a"], ["suspect", "a"], ["dead", undefined]] as const) {
    const service = heldBy(["a", "b"], { a: state, b: "alive", l: "alive", m: "alive" }, "a");
    const roles = ["a", "b", "l", "m"].map((id) => service.roleOf(id));
    const first = master === undefined ? "voter" : "master";
    assertEquals([service.master, roles], [master, [first, "voter", "learner", "member"]]);
  }
  assertEquals(heldBy(["a"], { b: "alive" }, "a").master, undefined);
});
