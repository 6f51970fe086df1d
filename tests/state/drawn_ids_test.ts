import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { randomId, SeededRandom } from "../../lib/core/mod.ts";
import type { ConsensusService } from "../../lib/consensus/mod.ts";
import { StateService } from "../../lib/state/state_service.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import { type ApplyResult, PROTOCOL_1_TABLES, State } from "../../lib/state/store/mod.ts";

/** Draws what the test gives, again and again. */
function scripted(...draws: number[]): { next(): number } {
  let at = 0;
  return { next: () => draws[at++ % draws.length] as number };
}

/** A state of one replica, whose log takes whatever is proposed. */
class Replica {
  readonly state = new State();
  readonly log: unknown[] = [];
  readonly service: StateService;

  constructor(random: { next(): number }) {
    const propose = (data: unknown) => {
      this.log.push(data);
      return Promise.resolve(this.state.apply(this.log.length, data).outcome);
    };
    const consensus = { raft: { propose } } as unknown as ConsensusService;
    this.service = new StateService(undefined as never, consensus, PROTOCOL_1_TABLES, random);
  }

  // deno-lint-ignore no-explicit-any
  async do(command: Record<string, unknown>): Promise<any> {
    const body = { op: "apply", command } as never;
    const outcome = await this.service.serve(body, { signal: new AbortController().signal });
    return (outcome as unknown as ApplyResult["outcome"] & { ok: true }).result;
  }
}

Deno.test("an id has 53 random bits, is never 0, and is exact in JSON", () => {
  assertEquals(randomId(scripted(1 - 2 ** -32)), Number.MAX_SAFE_INTEGER);
  assertEquals(randomId(scripted(0, 0, 0, 2 ** -32)), 1);
  const random = new SeededRandom(1);
  const ids = new Set(Array.from({ length: 1_000 }, () => randomId(random)));
  assertEquals(ids.size, 1_000);
  const high = [...ids].filter((id) => id >= 2 ** 52).length;
  assert(high > 400 && high < 600, `${high} of 1,000 ids have their highest bit set`);
  for (const id of ids) assert(Number.isSafeInteger(id) && id > 0);
});

Deno.test("who proposes a lease or session writes a drawn id into the command", async () => {
  const replica = new Replica(scripted(0.5, 0.25, 0.75, 0.125));
  const { lease } = await replica.do({ type: "lease-grant", ttlMs: 10_000 });
  assertEquals(lease, 2 ** 52 + 2 ** 30);
  // What a client wrote there counts for nothing.
  const { session } = await replica.do({ type: "session-open", ttlMs: 10_000, drawnId: 3 });
  assertEquals(session, 3 * 2 ** 51 + 2 ** 29);
  await replica.do({ type: "put", key: "a", value: 1 });
  assertEquals(replica.log.map((data) => (data as { drawnId?: number }).drawnId), [
    lease,
    session,
    undefined,
  ]);
  const other = new State();
  replica.log.forEach((data, at) => other.apply(at + 1, data));
  assertEquals(other.digest(), replica.state.digest());
});

Deno.test("an id that is taken is drawn anew", async () => {
  const replica = new Replica(scripted(0.5, 0.25, 0.5, 0.25, 0.5, 0.75));
  const ids = [];
  for (let grant = 0; grant < 2; grant++) {
    ids.push((await replica.do({ type: "lease-grant", ttlMs: 10_000 })).lease);
  }
  assertEquals(ids, [2 ** 52 + 2 ** 30, 2 ** 52 + 3 * 2 ** 30]);
  assertEquals(replica.log.length, 3);
});

Deno.test("two clusters' first leases have different ids", async () => {
  const options = { port: 0, join: [], makeMasterOnError: true, profile: "local" } as const;
  const ids = [];
  for (let cluster = 0; cluster < 2; cluster++) {
    await using node = await startNode(systemPorts(), options);
    await using lease = await node.lease();
    ids.push(lease.id);
  }
  assertNotEquals(ids[0], ids[1]);
});
