import { assert, assertEquals } from "@std/assert";
import { type ClusterError, type Json, SeededRandom } from "../../lib/core/mod.ts";
import type { ConsensusInput } from "../../lib/consensus/raft/mod.ts";
import { RaftNode } from "../../lib/consensus/raft_node.ts";
import type { AgreementOwner } from "../../lib/consensus/agreement_owner.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { Snapshots } from "../../lib/consensus/snapshots.ts";
import { State } from "../../lib/state/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ReplicatedState } from "../support/replicated_state.ts";

const CONFIG = { voters: ["a"], learners: [] };

/** A disk that counts the states and chunks that it is given, and may have no room for more. */
class CountingStore extends MemoryStore {
  readonly snapshotEntries = 5;
  begun: number[] = [];
  chunks = 0;
  isFull = false;

  override saveChunks(index: number, first: number, chunks: readonly Json[]): void {
    if (this.isFull) throw new Error("database or disk is full");
    if (first === 0) this.begun.push(index);
    this.chunks += chunks.length;
    super.saveChunks(index, first, chunks);
  }
}

/** A founder that takes a snapshot every five entries, and the turns of its event loop. */
function founder() {
  const clock = new ManualClock();
  const store = new CountingStore();
  const failures: ClusterError[] = [];
  const owner = {
    id: "a",
    ports: { clock, random: new SeededRandom(1), ids: { next: () => "id" } },
    store,
    members: () => [],
    leadershipChanged: () => {},
    leading: () => {},
    applied: () => {},
    reconfigured: () => {},
    storeFailed: (error: ClusterError) => failures.push(error),
  } as unknown as AgreementOwner;
  const agreement = new RaftNode(owner, GOVERNANCE_TIMING.lan, true);
  const machine = new ReplicatedState();
  agreement.attach(machine);
  agreement.start();
  const put = async (count: number) => {
    for (let i = 0; i < count; i++) await agreement.propose({ type: "put", key: "k", value: i });
  };
  return { agreement, machine, store, failures, put, turn: () => clock.advance(clock.time) };
}

Deno.test("what is applied while a snapshot is taken is behind it, and no other begins meanwhile", async () => {
  const { agreement, machine, store, put, turn } = founder();
  // The first entry is the one that begins the term.
  await put(4);
  turn();
  const [index] = store.begun as [number];
  assertEquals(index, agreement.status().appliedIndex);
  const { revision } = machine.state.status();
  await put(30);
  assertEquals([store.begun, agreement.status().snapshot?.index], [[index], 0]);
  while (agreement.status().snapshot?.index === 0) turn();
  assertEquals(agreement.status().snapshot?.index, index);
  const { chunks } = store.latestSnapshot() ?? { chunks: [] };
  assertEquals(State.restore(chunks).status().revision, revision);
  // So much came meanwhile that the next is due.
  await put(1);
  turn();
  assertEquals(store.begun, [index, agreement.status().appliedIndex]);
  agreement.stop();
});

Deno.test("a node that stops writes no more of the snapshot that it was taking", async () => {
  const { agreement, store, put, turn } = founder();
  await put(5);
  turn();
  assertEquals(store.chunks, 1);
  agreement.stop();
  for (let i = 0; i < 10; i++) turn();
  assertEquals([store.chunks, store.latestSnapshot()], [1, undefined]);
});

Deno.test("a disk that fails while a snapshot is taken stops the node, and it says why", async () => {
  const { store, failures, put, turn } = founder();
  await put(5);
  turn();
  store.isFull = true;
  turn();
  assertEquals(failures.map(({ code }) => code), ["STORE_FAILED"]);
  store.isFull = false;
  for (let i = 0; i < 10; i++) turn();
  assertEquals([store.chunks, failures.length], [1, 1]);
});

Deno.test("a snapshot that is installed takes the place of the one that is being taken", () => {
  const clock = new ManualClock();
  const store = new CountingStore();
  const told: ConsensusInput[] = [];
  const snapshots = new Snapshots({
    clock,
    store,
    rpc: { call: () => Promise.resolve(null) },
    step: (input) => told.push(input),
    failed: (error) => assert(false, String(error)),
  });
  const machine = new ReplicatedState();
  machine.apply(3, { type: "put", key: "k", value: "old" });
  snapshots.take(3, machine);
  clock.advance(0);
  machine.apply(9, { type: "put", key: "k", value: "new" });
  const meta = { index: 9, term: 2, config: CONFIG };
  const chunks = [...machine.snapshot()];
  let adopted = 0;
  const adopt = () => void adopted++;
  snapshots.receive({ from: "b", term: 2, meta, chunks, adopt });
  assertEquals(adopted, 0);
  snapshots.install(meta);
  assertEquals(adopted, 1);
  assertEquals(snapshots.isTaking, false);
  for (let i = 0; i < 10; i++) clock.advance(0);
  assertEquals(told.map(({ type }) => type), ["snapshot-received"]);
  assertEquals(store.latestSnapshot(), { meta, chunks });
});
