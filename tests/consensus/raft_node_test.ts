import { assertEquals } from "@std/assert";
import { type LogChange, type Message, SeededRandom, type StoredLog } from "../../lib/core/mod.ts";
import { RaftNode } from "../../lib/consensus/raft_node.ts";
import type { LeaderInfo } from "../../lib/consensus/leader_info.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ReplicatedState } from "../support/replicated_state.ts";
import { failureOf } from "../support/local_cluster.ts";
import { TableRegistry } from "../../lib/state/store/mod.ts";
import { TALLY, type Tally } from "../state/store/tally_table.ts";

const CONFIG = { voters: ["a", "b", "c"], learners: [] as string[], memory: [] as string[] };

/** A disk that tells what it was asked, in the order of everything else. */
class ToldStore extends MemoryStore {
  override readonly isDurable: boolean;
  readonly #told: string[];
  readonly #config: typeof CONFIG;

  constructor(told: string[], isDurable: boolean, config: typeof CONFIG) {
    super();
    this.#told = told;
    this.#config = config;
    this.isDurable = isDurable;
  }

  override load(): StoredLog {
    return {
      term: 1,
      votedFor: null,
      snapshot: { index: 0, term: 0, config: this.#config },
      entries: [],
    };
  }

  override persist({ vote, entries = [] }: LogChange): void {
    const what = entries.map(({ index }) => `entry ${index}`);
    this.#told.push(`disk: ${[...(vote === undefined ? [] : ["vote"]), ...what].join(", ")}`);
  }
}

/** The agreement of `a`, one of three voters, and what it does, in order. */
function agreementOf({ isDurable = true, config = CONFIG, machine = new ReplicatedState() } = {}) {
  const told: string[] = [];
  const views: LeaderInfo[] = [];
  const clock = new ManualClock();
  const agreement = new RaftNode(
    {
      id: "a",
      ports: {
        clock,
        random: new SeededRandom(1),
        ids: { next: () => "id" },
        network: {
          listen: () => {
            throw new Error("not here");
          },
          dial: () => {
            throw new Error("not here");
          },
        },
      },
      store: new ToldStore(told, isDurable, config),
      send: (to, { type }) => told.push(`${type} to ${to}`),
      flush: () => told.push("flush"),
      rpc: { call: () => Promise.reject(new Error("not here")) },
      members: () => [],
      leadershipChanged: (view) => void views.push(view),
      leading: () => {},
      applied: () => {},
      storeFailed: ({ message }) => told.push(message),
      reconfigured: () => {},
      contradicted: () => {},
      rejected: (_from, reason) => told.push(reason),
    },
    GOVERNANCE_TIMING.lan,
    false,
  );
  agreement.attach(machine);
  const take = () => told.splice(0);
  /** Hands it messages that come in one turn of the event loop. */
  const hear = async (from: string, ...messages: Message[]) => {
    for (const message of messages) agreement.step({ type: "message", from, message });
    await Promise.resolve();
  };
  return { agreement, clock, take, hear, views };
}

function append(previousIndex: number, ...indexes: number[]): Message {
  const entries = indexes.map((index) => ({ index, term: 1, type: "noop", data: null }));
  const previousTerm = previousIndex === 0 ? 0 : 1;
  return {
    type: "append",
    term: 1,
    previousIndex,
    previousTerm,
    entries,
    commit: 0,
    round: 0,
    sentAt: 0,
  };
}

/** Makes it the leader: both of its questions are answered by `b`. */
async function elect({ agreement, clock, take, hear }: ReturnType<typeof agreementOf>) {
  agreement.start();
  clock.advance(10_000);
  const vote = { type: "vote", term: 2, granted: true };
  await hear("b", { ...vote, pre: true });
  await hear("b", { ...vote, pre: false });
  // Both followers hold the entry that begins the term.
  const appended = { type: "appended", term: 2, ok: true, index: 1, hintIndex: 0, hintTerm: 0 };
  for (const node of ["b", "c"]) await hear(node, { ...appended, round: 1, sentAt: 10_000 });
  assertEquals(agreement.isLeader, true);
  take();
}

Deno.test("the appends that come in one turn share one sync, and are answered after it", async () => {
  const { agreement, take, hear } = agreementOf();
  await hear("b", append(0, 1, 2), append(2, 3), append(3, 4));
  assertEquals(take(), [
    "flush",
    "disk: entry 1, entry 2, entry 3, entry 4",
    "appended to b",
    "appended to b",
    "appended to b",
  ]);
  agreement.stop();
});

Deno.test("what is no message is taken in its turn: behind the messages that came before it", async () => {
  const { agreement, take, hear } = agreementOf();
  const heard = hear("b", append(0, 1));
  agreement.step({ type: "link-broken", node: "b" });
  assertEquals(take(), ["flush", "disk: entry 1", "appended to b"]);
  await heard;
  assertEquals(take(), []);
  agreement.stop();
});

Deno.test("a leader's entries are on their way to the others before it waits for its own disk", async () => {
  const leader = agreementOf();
  await elect(leader);
  const outcome = leader.agreement.propose({ type: "compact", revision: 1 });
  await Promise.resolve();
  assertEquals(leader.take(), ["append to b", "append to c", "flush", "disk: entry 2"]);
  leader.agreement.stop();
  await outcome.catch(() => {});
});

Deno.test("without a disk to wait for, what one turn sends shares its write", async () => {
  const leader = agreementOf({ isDurable: false });
  await elect(leader);
  const outcome = leader.agreement.propose({ type: "compact", revision: 1 });
  await Promise.resolve();
  assertEquals(leader.take(), ["append to b", "append to c", "disk: entry 2"]);
  leader.agreement.stop();
  await outcome.catch(() => {});
});

Deno.test("in how many places writes are goes with the news of who leads, and is told when it changes", async () => {
  const leader = agreementOf();
  await elect(leader);
  // The first that is told of this master says it: nobody hears of one whose copies are unknown.
  const told = leader.views.filter(({ master }) => master === "a");
  assertEquals(told.map(({ term, counts }) => [term, counts]), [[2, { copies: 2, disks: 2 }]]);
  const before = leader.views.filter(({ master }) => master !== "a");
  assertEquals(before.every(({ counts }) => counts === undefined), true);
  leader.agreement.stop();
  // The second of two falls out of step: that alone is news of the same master.
  const pair = agreementOf({ config: { voters: ["a"], learners: ["b"], memory: [] } });
  pair.agreement.start();
  const appended = { type: "appended", term: 2, ok: true, index: 1, hintIndex: 0, hintTerm: 0 };
  await pair.hear("b", { ...appended, round: 1, sentAt: 0 });
  const counts = () => pair.views.filter(({ master }) => master === "a").map((view) => view.counts);
  assertEquals(counts().at(-1), { copies: 2, disks: 2 });
  const news = counts().length;
  pair.agreement.step({ type: "link-broken", node: "b" });
  assertEquals(counts().slice(news), [{ copies: 1, disks: 1 }]);
  pair.agreement.stop();
});

Deno.test("a node stops at a committed command of a table that it does not know, and answers nothing", async () => {
  const machine = new ReplicatedState();
  const { take, hear } = agreementOf({ machine });
  const put = { index: 1, term: 1, type: "command", data: { type: "put", key: "a", value: 1 } };
  const further = {
    index: 2,
    term: 1,
    type: "command",
    data: { type: "tally-add" },
    table: "tally",
  };
  const message = { ...append(0), entries: [put, further] };
  await hear("b", message);
  take();
  // Not what it holds, but what is agreed on ends it.
  await hear("b", { ...append(2), commit: 1 });
  assertEquals(machine.state.revision, 2);
  assertEquals(take(), []);
  await hear("b", { ...append(2), commit: 2 });
  const [reason = "", ...others] = take();
  assertEquals([reason.startsWith("The cluster is newer than this node"), others], [true, []]);
  assertEquals(machine.state.appliedIndex, 1);
});

Deno.test("a node that knows a table says so, and applies what an entry names it for", async () => {
  const machine = new ReplicatedState(new TableRegistry([TALLY]));
  const { agreement, hear } = agreementOf({ machine });
  const data = { type: "tally-add", name: "a", by: 3 };
  const entry = { index: 1, term: 1, type: "command", data, table: "tally" };
  await hear("b", { ...append(0), entries: [entry], commit: 1, round: 1 });
  assertEquals((machine.state.table("tally") as Tally).counts.get("a"), 3);
  assertEquals(machine.hasUsed("tally"), true);
  agreement.stop();
});

Deno.test("a leader does not propose a command of a table before all have said that they know it", async () => {
  const machine = new ReplicatedState(new TableRegistry([TALLY]));
  const leader = agreementOf({ machine });
  await elect(leader);
  const data = { type: "tally-add", name: "a", by: 3 };
  const error = await failureOf(leader.agreement.propose(data, "tally"));
  assertEquals([error.code, error.details?.["missing"]], ["NOT_READY", ["b", "c"]]);
  const appended = { type: "appended", term: 2, ok: true, index: 1, hintIndex: 0, hintTerm: 0 };
  for (const node of ["b", "c"]) {
    await leader.hear(node, { ...appended, round: 1, sentAt: 10_000, tables: ["tally"] });
  }
  const outcome = leader.agreement.propose(data, "tally");
  await Promise.resolve();
  await leader.hear("b", { ...appended, index: 2, round: 1, sentAt: 10_000 });
  assertEquals(await outcome, { ok: true, revision: 1, result: { type: "tally", count: 3 } });
  leader.agreement.stop();
});
