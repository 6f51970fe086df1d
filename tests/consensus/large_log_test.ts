import { assert } from "@std/assert";
import { SeededRandom } from "../../lib/core/mod.ts";
import { SNAPSHOT_BYTES, SNAPSHOT_CHUNKS } from "../../lib/consensus/limits.ts";
import { RaftNode } from "../../lib/consensus/raft_node.ts";
import type { AgreementOwner } from "../../lib/consensus/agreement_owner.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ReplicatedState } from "../support/replicated_state.ts";

Deno.test("few entries that are large are followed by a snapshot, and the log lets go of them", async () => {
  const clock = new ManualClock();
  const owner = {
    id: "n1",
    ports: { clock, random: new SeededRandom(1), ids: { next: () => "id" } },
    store: new MemoryStore(),
    members: () => [],
    leadershipChanged: () => {},
    leading: () => {},
    applied: () => {},
    reconfigured: () => {},
  } as unknown as AgreementOwner;
  const agreement = new RaftNode(owner, GOVERNANCE_TIMING.lan, true);
  agreement.attach(new ReplicatedState());
  agreement.start();
  const value = "x".repeat(500_000);
  const writes = Math.ceil(SNAPSHOT_BYTES / value.length) + 10;
  for (let i = 0; i < writes; i++) await agreement.propose({ type: "put", key: "a", value });
  // It is taken one chunk a turn.
  for (let turn = 0; turn < SNAPSHOT_CHUNKS; turn++) clock.advance(clock.time);
  const { snapshot, firstIndex, lastIndex } = agreement.status();
  assert(snapshot !== undefined && snapshot.index > 0);
  assert(lastIndex - firstIndex < writes / 2, `${firstIndex} to ${lastIndex}`);
  agreement.stop();
});
