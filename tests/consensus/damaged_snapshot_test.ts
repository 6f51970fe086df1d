import { assertEquals } from "@std/assert";
import {
  ClusterError,
  type Json,
  type Message,
  SeededRandom,
  type StoredSnapshot,
} from "../../lib/core/mod.ts";
import { RaftNode } from "../../lib/consensus/raft_node.ts";
import type { AgreementOwner } from "../../lib/consensus/agreement_owner.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ReplicatedState } from "../support/replicated_state.ts";

/** A disk whose snapshots cannot be read any more. */
class DamagedStore extends MemoryStore {
  readonly snapshotEntries = 5;

  override latestSnapshot(): StoredSnapshot | undefined {
    const latest = super.latestSnapshot();
    return latest && { meta: latest.meta, chunks: damaged() };
  }
}

function damaged(): Iterable<Json> {
  const next = () => {
    throw new ClusterError("STORE_FAILED", "its snapshot is not as written");
  };
  return { [Symbol.iterator]: () => ({ next }) };
}

Deno.test("a master whose snapshot is damaged stops and says so, instead of trying to send it for ever", async () => {
  const sent: Message[] = [];
  const failure = Promise.withResolvers<ClusterError>();
  const clock = new ManualClock();
  const owner = {
    id: "n1",
    ports: { clock, random: new SeededRandom(1), ids: { next: () => "id" } },
    store: new DamagedStore(),
    send: (_to: string, message: Message) => sent.push(message),
    rpc: { call: () => Promise.resolve(null) },
    members: () => [],
    leadershipChanged: () => {},
    leading: () => {},
    applied: () => {},
    reconfigured: () => {},
    storeFailed: (error: ClusterError) => failure.resolve(error),
  } as unknown as AgreementOwner;
  const agreement = new RaftNode(owner, GOVERNANCE_TIMING.lan, true);
  agreement.attach(new ReplicatedState());
  agreement.start();
  for (let i = 0; i < 20; i++) {
    await agreement.propose({ type: "put", key: "a", value: i });
    // A snapshot is taken one chunk a turn.
    clock.advance(clock.time);
  }
  agreement.step({ type: "change", request: 1_000, change: { type: "add-learner", node: "n2" } });
  const { term, previousIndex, round, sentAt } = sent.at(-1) as Message;
  const answer = { type: "appended", term, round, sentAt, ok: false, index: previousIndex };
  const message: Message = { ...answer, hintIndex: 0, hintTerm: 0 };
  agreement.step({ type: "message", from: "n2", message });
  assertEquals((await failure.promise).message, "its snapshot is not as written");
});
