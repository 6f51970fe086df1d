import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../../lib/core/mod.ts";
import { Membership, PROFILES } from "../../../lib/membership/swim/mod.ts";
import { idOf } from "./cluster.ts";

Deno.test("a rumour of more refused observers than decide a death is taken, and does no more", () => {
  const machine = new Membership({
    self: { id: idOf(1), name: "n1", address: "10.0.0.1:1" },
    profile: PROFILES.lan,
    random: new SeededRandom(42),
  });
  const record = (n: number) => ({
    id: idOf(n),
    name: `n${n}`,
    address: `10.0.0.${n}:1`,
    state: "alive",
    incarnation: 1,
    tags: {},
    services: [],
  });
  const hear = (...gossip: unknown[]) => {
    const message = { type: "gossip", gossip };
    machine.handle(1_000, { type: "message", from: idOf(2), message });
  };
  machine.handle(1_000, { type: "tick" });
  hear(...[2, 3, 4, 5, 6].map(record));
  hear({ ...record(6), state: "suspect", by: [idOf(2)] });
  assertEquals(machine.member(idOf(6))?.state, "suspect");
  const by = [3, 4, 5].map(idOf);
  hear({ ...record(6), state: "suspect", by, refused: by });
  assertEquals(machine.member(idOf(6))?.state, "dead");
});
