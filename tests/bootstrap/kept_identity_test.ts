import { assertEquals } from "@std/assert";
import { ClusterError, type Json, type Store } from "../../lib/core/mod.ts";
import { IDENTITY_SAVE_MS } from "../../lib/bootstrap/limits.ts";
import {
  IdentityKeeper,
  type KeptIdentity,
  readIdentity,
} from "../../lib/bootstrap/kept_identity.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { idOf } from "../support/street.ts";

const IDENTITY: KeptIdentity = {
  id: idOf(1),
  cluster: idOf(2),
  isFounder: true,
  incarnation: 3,
  address: "a:1",
  members: [],
  voters: [],
};

/** A store of which only the identity is looked at. */
function storeOf(identity: Json | undefined, hasLog = false, isDurable = true): Store {
  return { isDurable, identity: () => identity, load: () => hasLog ? {} : undefined } as never;
}

Deno.test("what changes is saved once, a while later, and for the last time when the node stops", () => {
  const clock = new ManualClock();
  const saved: number[] = [];
  const store = { isDurable: true, saveIdentity: () => void saved.push(clock.now()) };
  let identity: KeptIdentity | undefined = IDENTITY;
  const keeper = new IdentityKeeper(store as never, clock, () => identity, () => {});
  keeper.changed();
  clock.time = 10;
  keeper.changed();
  assertEquals(clock.due, [IDENTITY_SAVE_MS]);
  clock.advance(IDENTITY_SAVE_MS);
  keeper.changed();
  assertEquals([saved, clock.due], [[IDENTITY_SAVE_MS], [2 * IDENTITY_SAVE_MS]]);
  identity = undefined;
  clock.advance(2 * IDENTITY_SAVE_MS);
  assertEquals(saved.length, 1);
  identity = IDENTITY;
  keeper.changed();
  keeper.stop();
  keeper.stop();
  keeper.changed();
  assertEquals([saved.length, clock.due], [2, []]);
});

Deno.test("a node stops of a store that fails, but for its last word, and a memory store keeps nothing", () => {
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const full = new ClusterError("STORE_FAILED", "full");
  const store = {
    isDurable: true,
    saveIdentity: () => {
      throw full;
    },
  };
  const fail = (error: unknown) => failures.push(error);
  const keeper = new IdentityKeeper(store as never, clock, () => IDENTITY, fail);
  keeper.changed();
  clock.advance(IDENTITY_SAVE_MS);
  assertEquals(failures, [full]);
  keeper.stop();
  assertEquals(failures.length, 1);
  const memory = { ...store, isDurable: false };
  new IdentityKeeper(memory as never, clock, () => IDENTITY, fail).changed();
  assertEquals(clock.due, []);
});

Deno.test("an identity is read whole or refused, and a log without one as well", () => {
  assertEquals(readIdentity(storeOf(IDENTITY as unknown as Json)), IDENTITY);
  assertEquals(readIdentity(storeOf(IDENTITY as unknown as Json, true, false)), undefined);
  assertEquals(readIdentity(storeOf(undefined)), undefined);
  const bad: (Json | undefined)[] = [undefined, null, [], "x"];
  const fields: [string, Json[]][] = [
    ["id", ["x", 5]],
    ["cluster", ["x", null]],
    ["incarnation", [0, 1.5, "1"]],
    ["address", [5]],
    ["members", [{}, "x"]],
  ];
  for (const [field, values] of fields) {
    for (const value of values) bad.push({ ...IDENTITY as unknown as object, [field]: value });
  }
  for (const kept of bad) {
    let code = "none";
    try {
      readIdentity(storeOf(kept, true));
    } catch (error) {
      code = (error as ClusterError).code;
    }
    assertEquals(code, "STORE_FAILED", JSON.stringify(kept));
  }
});
