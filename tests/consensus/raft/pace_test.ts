import { assert, assertEquals } from "@std/assert";
import { Consensus, type ConsensusMessage } from "../../../lib/consensus/raft/mod.ts";
import { RoundTrips, timeoutFor } from "../../../lib/consensus/raft/pace.ts";
import { type Message, SeededRandom } from "../../../lib/core/mod.ts";
import { appendOf, tell } from "./single_machine.ts";

Deno.test("one stall among a node's answers counts for nothing, a longer way counts soon", () => {
  const trips = new RoundTrips();
  assertEquals(trips.median, Infinity);
  for (let i = 0; i < 8; i++) trips.add(2);
  trips.add(900);
  trips.add(750);
  assertEquals(trips.median, 2);
  for (let i = 0; i < 4; i++) trips.add(400);
  assertEquals(trips.median, 400);
});

Deno.test("the election timeout that round trips ask for is three of them, in steps", () => {
  const table = [
    [-Infinity, 0],
    [0, 0],
    [1, 50],
    [16, 50],
    [17, 100],
    [400, 1_200],
    [401, 1_250],
    [Infinity, 0],
  ] as const;
  for (const [roundTripMs, timeoutMs] of table) {
    assertEquals(timeoutFor(roundTripMs), timeoutMs, `${roundTripMs} ms`);
  }
});

const NODES = ["n1", "n2", "n3"];

/** A machine whose two peers answer everything after a while. */
function lead(roundTripMs: number, mostMs?: number) {
  const machine = new Consensus({
    id: "n1",
    random: new SeededRandom(1),
    timing: {
      electionTimeoutMs: 700,
      heartbeatMs: 150,
      ...(mostMs === undefined ? {} : { electionTimeoutMostMs: mostMs }),
    },
    bootstrap: { voters: NODES },
  });
  const waiting: { at: number; from: string; message: ConsensusMessage }[] = [];
  const told: (number | undefined)[] = [];
  let deposed = 0;
  for (let now = 0, wasLeader = false; now < 20_000; now += 5) {
    const due = waiting.filter(({ at }) => at <= now);
    for (const each of due) waiting.splice(waiting.indexOf(each), 1);
    const inputs = due.map(({ from, message }) =>
      ({ type: "message", from, message: message as unknown as Message }) as const
    );
    for (const input of [...inputs, { type: "tick" } as const]) {
      for (const effect of machine.handle(now, input)) {
        if (effect.type !== "send") continue;
        const { to: from, message } = effect;
        if (message.type === "append") told.push(message.electionTimeoutMs);
        const answer = answerTo(message);
        if (answer !== undefined) waiting.push({ at: now + roundTripMs, from, message: answer });
      }
    }
    if (wasLeader && !machine.isLeader) deposed++;
    wasLeader = machine.isLeader;
  }
  return { machine, told, deposed };
}

function answerTo(message: ConsensusMessage): ConsensusMessage | undefined {
  if (message.type === "vote-request") {
    const { term, pre } = message;
    return { type: "vote", term, pre, granted: true };
  }
  if (message.type !== "append") return undefined;
  const { term, previousIndex, entries, round, sentAt } = message;
  const index = previousIndex + entries.length;
  return { type: "appended", term, ok: true, index, hintIndex: 0, hintTerm: 0, round, sentAt };
}

Deno.test("a leader whose voters answer after 400 ms stays, if it may take the time, and tells them", () => {
  const fixed = lead(400);
  assert(fixed.deposed > 5, `${fixed.deposed}`);
  assertEquals(new Set(fixed.told), new Set([undefined]));
  const paced = lead(400, 2_500);
  assertEquals([paced.deposed, paced.machine.isLeader, paced.told.at(-1)], [0, true, 1_200]);
  // No more than it may.
  assertEquals(lead(400, 1_000).told.at(-1), 1_000);
  // Near voters change nothing.
  assertEquals(new Set(lead(20, 2_500).told), new Set([undefined]));
});

Deno.test("a follower waits as long as its leader takes, within its own bounds, until it is told otherwise", () => {
  const machine = new Consensus({
    id: "n2",
    random: new SeededRandom(1),
    timing: {
      electionTimeoutMs: 700,
      electionTimeoutMostMs: 2_500,
      electionJitterMs: 0,
      heartbeatMs: 150,
    },
    bootstrap: { voters: NODES },
  });
  for (
    const [told, waits] of [[1_250, 1_250], [undefined, 700], [100, 700], [9_000, 2_500]] as const
  ) {
    tell(machine, 1_000, "n1", appendOf(told === undefined ? {} : { electionTimeoutMs: told }));
    assertEquals(machine.nextDeadline(), 1_000 + waits);
  }
});

Deno.test("of an even number of round trips the smaller middle one counts, and of many the last eight", () => {
  const trips = new RoundTrips();
  assertEquals(trips.median, Infinity);
  const seen = [5, 1, 9, 3, 7, 7, 7, 7, 2, 2, 2, 2, 2].map((trip) => {
    trips.add(trip);
    return trips.median;
  });
  assertEquals(seen, [5, 1, 5, 3, 5, 5, 7, 7, 7, 7, 3, 2, 2]);
});
