import { assertEquals, assertThrows } from "@std/assert";
import type { OutgoingRequest } from "../../lib/rpc/mod.ts";
import { ClusterError, type Json } from "../../lib/core/mod.ts";
import { sendSnapshot, SnapshotReceiver } from "../../lib/consensus/snapshot_transfer.ts";
import { TableRegistry } from "../../lib/state/store/mod.ts";
import { TALLY } from "../state/store/tally_table.ts";
import { ReplicatedState } from "../support/replicated_state.ts";

const META = { index: 3, term: 1, config: { voters: ["n1"], learners: [] } };

/** A state with a key, as chunks. */
function chunksOfState(): Json[] {
  const machine = new ReplicatedState();
  machine.apply(3, { type: "put", key: "a", value: 1 });
  return JSON.parse(JSON.stringify([...machine.snapshot()]));
}

/** What a snapshot is sent as. */
async function bodiesOf(chunks: Json[]): Promise<Json[]> {
  const bodies: Json[] = [];
  const call = (_: string, { body }: OutgoingRequest) => {
    bodies.push(body);
    return Promise.resolve(null);
  };
  await sendSnapshot({ call }, "n2", 7, { meta: META, chunks });
  return bodies;
}

Deno.test("a snapshot that is sent arrives as the state that it was taken of", async () => {
  const machine = new ReplicatedState();
  const receiver = new SnapshotReceiver(machine);
  const received = (await bodiesOf(chunksOfState())).map((body) => receiver.take("n1", body));
  assertEquals(received.slice(0, -1).every((each) => each === undefined), true);
  const last = received.at(-1);
  assertEquals([last?.from, last?.term, last?.meta], ["n1", 7, META]);
  assertEquals(machine.state.revision, 1, "nothing has changed yet");
  last?.adopt();
  assertEquals(machine.state.list("").revision, 2);
});

Deno.test("a snapshot that is not whole is refused before it takes the place of anything", async () => {
  const machine = new ReplicatedState();
  const receiver = new SnapshotReceiver(machine);
  const bodies = await bodiesOf(chunksOfState().slice(0, -1));
  const last = bodies.pop() as Json;
  for (const body of bodies) receiver.take("n1", body);
  const error = assertThrows(() => receiver.take("n1", last), ClusterError);
  assertEquals(error.code, "BAD_MESSAGE");
  const again = (await bodiesOf(chunksOfState())).map((body) => receiver.take("n1", body));
  assertEquals(again.at(-1)?.meta, META);
});

Deno.test("a snapshot with a table that this version does not know takes the place of nothing", async () => {
  const newer = new ReplicatedState(new TableRegistry([TALLY]));
  newer.apply(3, { type: "tally-add", name: "a", by: 1 }, "tally");
  const machine = new ReplicatedState();
  const receiver = new SnapshotReceiver(machine);
  const bodies = await bodiesOf(JSON.parse(JSON.stringify([...newer.snapshot()])));
  const last = bodies.pop() as Json;
  for (const body of bodies) receiver.take("n1", body);
  const error = assertThrows(() => receiver.take("n1", last), ClusterError);
  assertEquals([error.code, error.retryable], ["NEWER_CLUSTER", false]);
  assertEquals(machine.state.appliedIndex, 0);
});
