import { assertEquals } from "@std/assert";
import type { ConsensusService } from "../../lib/consensus/mod.ts";
import { ClusterError, type Json, SeededRandom } from "../../lib/core/mod.ts";
import { EmbeddedEngine, kvClientOf } from "../../lib/state/mod.ts";
import { StateService } from "../../lib/state/state_service.ts";
import { type Command, State, TableRegistry } from "../../lib/state/store/mod.ts";
import { failureOf } from "../support/local_cluster.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { scriptedRoute } from "../support/scripted_route.ts";
import { TALLY } from "./store/tally_table.ts";

const registry = new TableRegistry([TALLY]);
const ADD = { type: "tally-add", name: "a", by: 2 };

/** A leader whose log takes what `propose` lets in, with the tables that entries name. */
function leaderOf(propose: (table: string | undefined) => void = () => {}) {
  const state = new State(registry);
  const tables: (string | undefined)[] = [];
  const raft = {
    propose: (data: Json, table?: string) =>
      Promise.try(() => {
        propose(table);
        tables.push(table);
        return state.apply(tables.length, data, table).outcome;
      }),
  };
  const consensus = { raft, nameOf: (node: string) => `name of ${node}` };
  const service = new StateService(
    undefined as never,
    consensus as unknown as ConsensusService,
    registry,
    new SeededRandom(1),
  );
  const apply = (command: object) => service.answer({ op: "apply", command: command as Command });
  return { apply, tables };
}

Deno.test("a registered table's command is proposed with its table, and no other is", async () => {
  const { apply, tables } = leaderOf();
  const outcome = await apply(ADD);
  assertEquals<unknown>(outcome, { ok: true, revision: 1, result: { type: "tally", count: 2 } });
  await apply({ type: "put", key: "a", value: 1 });
  assertEquals(tables, ["tally", undefined]);
});

Deno.test("what a table gives to nobody but the leader no client may propose", async () => {
  const { apply, tables } = leaderOf();
  for (const type of ["tally-reset", "advance", "expire", "tally-unheard-of"]) {
    assertEquals((await failureOf(apply({ type }))).code, "BAD_REQUEST", type);
  }
  assertEquals(tables, []);
});

Deno.test("while a node has not said that it knows the table, the error names it", async () => {
  const { apply } = leaderOf((table) => {
    if (table === undefined) return;
    throw new ClusterError("NOT_READY", "not all know it", { details: { missing: ["n3"] } });
  });
  const { code, message, retryable, details } = await failureOf(apply(ADD));
  assertEquals([code, retryable, details], ["NOT_READY", true, {
    table: "tally",
    missing: ["name of n3"],
  }]);
  assertEquals(message.includes("name of n3"), true);
  assertEquals((await apply({ type: "put", key: "a", value: 1 })).ok, true);
});

Deno.test("who waits for an older node is told so in the end, and that nothing was done", async () => {
  const clock = new ManualClock();
  const route = scriptedRoute((_, body) => {
    const { command } = body as { command: { type: string } };
    if (command.type !== "session-open") {
      return Promise.reject(new ClusterError("NOT_READY", "n3 is of an older version"));
    }
    const result = { type: "session", session: 1, ttlMs: 60_000 };
    return Promise.resolve({ ok: true, revision: 1, result });
  });
  const kv = kvClientOf(new EmbeddedEngine(clock, route, registry));
  const failing = failureOf(kv.apply(ADD as unknown as Command));
  for (let at = 0; at <= 4_000; at += 20) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.advance(at);
  }
  const { code, message, details } = await failing;
  assertEquals([code, message, details], ["NOT_READY", "n3 is of an older version", undefined]);
});
