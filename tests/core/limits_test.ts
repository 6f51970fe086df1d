import { assertEquals, assertMatch } from "@std/assert";
import * as bootstrap from "../../lib/bootstrap/limits.ts";
import * as cli from "../../lib/cli/limits.ts";
import * as client from "../../lib/client/limits.ts";
import * as consensus from "../../lib/consensus/limits.ts";
import * as raft from "../../lib/consensus/raft/limits.ts";
import { GOVERNANCE_TIMING } from "../../lib/consensus/timing.ts";
import * as core from "../../lib/core/limits.ts";
import { type Profile, type ProfileName, PROFILES } from "../../lib/membership/swim/mod.ts";
import * as swim from "../../lib/membership/swim/limits.ts";
import * as store from "../../lib/state/store/limits.ts";
import * as transport from "../../lib/transport/limits.ts";
import { readTree } from "../tidy/source.ts";

const TOP = new URL("../../", import.meta.url);

/** The files of limits; a folder's own stand beside what they bound. */
const FILES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "lib/bootstrap/limits.ts": bootstrap,
  "lib/cli/limits.ts": cli,
  "lib/client/limits.ts": client,
  "lib/consensus/limits.ts": consensus,
  "lib/consensus/raft/limits.ts": raft,
  "lib/core/limits.ts": core,
  "lib/membership/swim/limits.ts": swim,
  "lib/state/store/limits.ts": store,
  "lib/transport/limits.ts": transport,
};

/** What a limit's doc speaks of, by the end of its name. */
const UNITS: readonly [end: RegExp, unit: RegExp][] = [
  [/(?<!_PER)_MS$/, /\bMilliseconds\b/],
  [/_CHARACTERS$/, /\bCharacters\b/],
  [/_BYTES$/, /\b(?:Bytes|Characters)\b/],
  [/_DEPTH$/, /\bLevels\b/],
];

const L = {
  ...core,
  ...bootstrap,
  ...cli,
  ...client,
  ...consensus,
  ...raft,
  ...store,
  ...swim,
  ...transport,
};

const FASTEST_FIRST: readonly ProfileName[] = ["local", "lan", "wan"];

Deno.test("every file of limits is known to this test, and no name stands in two", () => {
  const found = readTree(TOP, ["lib"]).filter(({ path }) => path.endsWith("/limits.ts"));
  assertEquals(found.map(({ path }) => path), Object.keys(FILES));
  const names = Object.values(FILES).flatMap((limits) => Object.keys(limits));
  assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
});

Deno.test("every limit is a positive whole number, and says its unit and why", () => {
  for (const [path, limits] of Object.entries(FILES)) {
    const text = Deno.readTextFileSync(new URL(path, TOP));
    for (const [name, value] of Object.entries(limits)) {
      assertEquals(Number.isSafeInteger(value) && value > 0, true, `${path}: ${name}`);
      const [before = ""] = text.split(`export const ${name} =`);
      assertEquals(before.endsWith("*/\n"), true, `${path}: ${name} has no doc`);
      const doc = before.slice(before.lastIndexOf("/**"));
      // The reason follows the unit, as in "Bytes of a page: it fits a frame".
      assertMatch(doc, /[:;,]/, `${path}: ${name} does not say why`);
      for (const [end, unit] of UNITS) {
        if (end.test(name)) assertMatch(doc, unit, `${path}: ${name} does not say its unit`);
      }
    }
  }
});

/** Relations between limits: each row grows from left to right, or stays. */
const ORDERS: readonly [why: string, ...values: number[]][] = [
  ["two of the largest records ride on one message", 2 * L.METADATA_BYTES, L.GOSSIP_BYTES],
  ["500 idle connections read into 2 MB", 500 * L.READ_BUFFER_SMALL_BYTES, 2_097_152],
  ["a read buffer grows", L.READ_BUFFER_SMALL_BYTES, L.READ_BUFFER_BYTES],
  ["an array frame fits at 3 bytes a character", 3 * L.BATCH_BYTES, L.FRAME_BYTES],
  ["a frame queues below the mark, and the mark below the end", ...[
    L.WRITE_CHUNK_BYTES,
    L.FRAME_BYTES,
    L.LINK_HIGH_WATER_BYTES,
    L.LINK_QUEUE_BYTES,
  ]],
  ["the next address is dialled before the first is given up", L.DIAL_STAGGER_MS, L.DIAL_MS],
  ["a dial ends before the handshake may take no longer", L.DIAL_MS, L.HANDSHAKE_MS],
  ["a link closes after two unanswered questions", 3 * L.KEEP_ALIVE_MS, L.LINK_IDLE_MS],
  ["a person may be silent for longer than a program", L.LINK_IDLE_MS, L.LINES_IDLE_MS],
  ["a client gives up after two unanswered questions", 3 * L.CLIENT_PING_MS, L.CLIENT_SILENCE_MS],
  ["a client gives up before its member does", L.CLIENT_SILENCE_MS, L.LINK_IDLE_MS],
  ["four clients fill a member's link", 4 * L.CALLS_PER_CLIENT, L.CALLS_PER_LINK],
  ["a link keeps room for the node's own calls", L.CALLS_PASSED_ON, L.CALLS_PER_LINK - 1],
  ["64 of the largest calls are under way", 64 * L.FRAME_BYTES, L.CALL_CHARACTERS_PER_LINK],
  ["a code is shorter than a message", L.ERROR_CODE_CHARACTERS, L.ERROR_CHARACTERS],
  ["message and details of an error fit a frame", 2 * 6 * L.ERROR_CHARACTERS, L.FRAME_BYTES],
  ["a call waits for a master and then has time left", ...[
    L.ANSWER_MARGIN_MS,
    L.NO_QUORUM_WAIT_MS,
    L.MASTER_WAIT_MS,
    L.CALL_TIMEOUT_MS,
    L.CALL_TIMEOUT_MAX_MS,
  ]],
  ["a leave keeps time for leases and vote", L.DRAIN_REST_MS, L.DRAIN_MS],
  ["handing the master's part over fits a leave", L.HANDOVER_MS, L.DRAIN_MS],
  ["a second's last answers fit a leave", L.LAST_ANSWER_MS, L.DRAIN_REST_MS],
  [
    "the rounds of a join fit its time",
    (2 ** L.JOIN_ROUNDS - 1) * L.JOIN_BACK_OFF_MS,
    L.JOIN_MS,
  ],
  ["two dials at an old address fall into the wait", 2 * L.RETURN_DIAL_MS, L.FOUNDING_WAIT_MS],
  [
    "one member dials 20 times a second",
    L.RETURNS_WATCHED * 1_000 / L.RETURN_DIAL_MS,
    20,
  ],
  ["a cluster dials 320 times a second", L.RETURNS_KNOWN * 1_000 / L.RETURN_DIAL_MS, 320],
  ["a node's guests are of those that all know", L.GUESTS, L.GUESTS_PER_LINK, L.GUESTS_KNOWN],
  ["a page of members leaves half a frame for guests", 2 * L.MEMBERS_PAGE_BYTES, L.FRAME_BYTES],
  ["no link takes all watches", L.WATCHES_PER_LINK, L.WATCHERS - 1],
  ["a node's services fit a record", L.SERVICES_PER_NODE, L.SERVICES_MAX],
  ["a tag's key fits the metadata", L.TAG_KEY_CHARACTERS, L.METADATA_BYTES],
  ["nodes that found a cluster fit its configuration", L.EXPECTED_NODES, L.CONFIG_NODES],
  ["a share holds 4 records up to 4,096 members", 4_096, 4 * L.SYNC_SHARES],
  ["urgent news waits for a quarter of a frame", 4 * L.SYNC_BYTES, L.FRAME_BYTES],
  ["a record that gossips fits a page", L.GOSSIP_BYTES, L.SYNC_BYTES],
  ["a message carries no more records than a page", L.GOSSIP_RECORDS, L.SYNC_RECORDS],
  ["the gone are not more than the members", L.GONE_MEMBERS, L.MEMBERS_MAX],
  ["an address is watched no longer than its record is kept", ...[
    L.RETURN_WATCH_MS,
    L.DEAD_RECORD_MS,
  ]],
  ["snapshots hold four times the state", 4 * L.STATE_BYTES, ...[
    L.SNAPSHOT_CHUNKS * L.SNAPSHOT_CHUNK_BYTES,
  ]],
  ["a chunk of a snapshot is a quarter of a frame", 4 * L.SNAPSHOT_CHUNK_BYTES, L.FRAME_BYTES],
  ["entries kept behind a snapshot", L.TRAILING_ENTRIES, L.SNAPSHOT_ENTRIES],
  ["bytes kept behind a snapshot", 4 * L.TRAILING_BYTES, L.SNAPSHOT_BYTES],
  ["the master looks more often where one wants to go", L.LEAVING_LOOK_MS, L.AUTOPILOT_MS],
  ["ten tellings of a leave are lost", 10 * L.LEAVING_RETRY_MS, L.LEAVING_FORGOTTEN_MS],
  ["half of a session's results are under way", 2 * L.SESSION_COMMANDS, L.SESSION_RESULTS],
  ["a session lives as long as a lease may", ...[
    L.LEASE_MIN_MS,
    L.LEASE_TTL_MS,
    L.SESSION_TTL_MS,
    L.LEASE_MAX_MS,
  ]],
  ["the shortest lease is tried again in its time", L.LEASE_RETRY_MS, L.LEASE_MIN_MS],
  ["a clock's leap leaves some of the shortest lease", L.LEASE_STEP_MS, L.LEASE_MIN_MS],
  ["ten times a thousand leases", 10 * 1_000, L.LEASES],
  ["many expire in one command", L.EXPIRE_BATCH, Math.min(L.LEASES, L.SESSIONS)],
  ["a backup makes room before it is forgotten", L.BACKUP_YIELD_MS, L.BACKUP_IDLE_MS],
  ["looks for a former cluster", L.REJOIN_SHORTEST_MS, L.REJOIN_LONGEST_MS],
  ["a command fits a frame, and what it writes fits it", ...[
    L.KEY_BYTES + L.VALUE_BYTES,
    L.TRANSACTION_BYTES,
    L.COMMAND_BYTES,
    L.FRAME_BYTES,
  ]],
  ["a value travels inside several", 2 * L.VALUE_DEPTH, L.MESSAGE_DEPTH],
  ["a list fits a frame", L.LIST_BYTES + L.KEY_BYTES, L.FRAME_BYTES],
  ["a watch's events fit a frame", L.WATCH_BYTES + L.KEY_BYTES, L.FRAME_BYTES],
  ["history is part of the state", L.HISTORY_BYTES, L.STATE_BYTES],
  ["a compaction is not proposed for each write", ...[
    L.HISTORY_SLACK_REVISIONS,
    L.HISTORY_REVISIONS,
  ]],
  ["revisions stay exact after nine million losses", ...[
    9_000_000 * L.REGAINED_REVISIONS,
    Number.MAX_SAFE_INTEGER,
  ]],
  ["terms stay exact after nine billion losses", ...[
    9_000_000_000 * L.REGAINED_TERMS,
    Number.MAX_SAFE_INTEGER,
  ]],
  ["a lock's name fits a key", L.LOCK_NAME_BYTES, L.KEY_BYTES],
  ["a session remembers what a transaction read", ...[
    L.TRANSACTION_BYTES,
    L.SESSION_RESULT_BYTES,
    L.SESSIONS_RESULT_BYTES,
  ]],
  ["a node serves as many watches as promised, ten times", 10 * 10_000, L.WATCHES],
  ["an append is a quarter of a frame", 4 * L.APPEND_BYTES, L.FRAME_BYTES],
  ["sixteen of the largest appends are in flight", 16 * L.APPEND_BYTES, L.APPEND_BYTES_IN_FLIGHT],
  ["what is in flight was proposed", L.APPEND_BYTES_IN_FLIGHT, L.UNCOMMITTED_BYTES],
  ["a learner lacks less than one append", L.PROMOTE_LAG, L.APPEND_ENTRIES],
  ["more than one question fits a singleton's silence", ...[
    2 * L.SINGLETON_POLL_MS,
    L.SINGLETON_SILENCE_MS,
  ]],
  ["the last lines of a log are read in a program's grace", L.OUTPUT_FLUSH_MS, L.PROGRAM_GRACE_MS],
  ["a waiting command looks often", L.HEALTH_POLL_MS, L.HEALTH_WAIT_MS],
  ["a rehearsal fits a cluster", L.REHEARSAL_NODES, L.MEMBERS_MAX],
  ["dials back off", L.DIAL_BACK_OFF_SHORTEST_MS, L.DIAL_BACK_OFF_LONGEST_MS],
  ["dials of strangers back off", L.STRANGER_REDIAL_SHORTEST_MS, L.STRANGER_REDIAL_MS],
  ["a join that is given up ends before its time", L.GIVE_UP_MS, L.JOIN_MS],
  ["a machine's stall is borne with while it is remembered", ...[
    L.STALL_MAX_MS,
    L.STALL_REMEMBERED_MS,
  ]],
];

for (const [why, ...values] of ORDERS) {
  Deno.test(`limits: ${why}`, () => {
    assertEquals(values, values.toSorted((a, b) => a - b));
  });
}

for (const name of FASTEST_FIRST) {
  Deno.test(`timing "${name}": each time stands in its order to the others`, () => {
    const swimTiming = PROFILES[name];
    const { heartbeatMs, electionTimeoutMs, electionTimeoutMostMs = 0, autopilot } =
      GOVERNANCE_TIMING[name];
    const orders: [why: string, ...values: number[]][] = [
      ["a direct and an indirect probe fit a period", ...[
        2 * swimTiming.probeTimeoutMs,
        swimTiming.probeIntervalMs,
      ]],
      ["gossip runs more often than probes", ...[
        swimTiming.gossipIntervalMs,
        swimTiming.probeIntervalMs,
      ]],
      ["a member that refused is asked again within a period", ...[
        swimTiming.refusedRetryMs,
        swimTiming.probeIntervalMs,
      ]],
      ["a leave is told more than once", 4 * swimTiming.leaveRetryMs, swimTiming.leaveTimeoutMs],
      ["a leave fits its drain", swimTiming.leaveTimeoutMs, L.DRAIN_MS],
      ["the dead are reached for before views are exchanged", ...[
        swimTiming.reconnectIntervalMs,
        swimTiming.syncIntervalMs,
      ]],
      ["two heartbeats may be lost", ...[
        3 * heartbeatMs,
        electionTimeoutMs,
        electionTimeoutMostMs - 1,
      ]],
      [
        "a broken link's stagger is shorter than a heartbeat",
        L.LINK_BROKEN_STAGGER_MS,
        heartbeatMs,
      ],
      ["an election is over before a silent voter is replaced", ...[
        electionTimeoutMs,
        autopilot.deadMs,
      ]],
      ["a leaving voter goes no later than a dead one", autopilot.leaveMs, autopilot.deadMs],
      ["the master looks before a voter counts as dead", L.AUTOPILOT_MS, autopilot.deadMs],
      ["a command waits longer than a leaving voter", ...[
        L.LEAVING_GRACE_MS + autopilot.deadMs,
        L.DEPARTURE_MS - 1,
      ]],
      ["a master is elected while requests wait, unless sites are apart", ...[
        name === "wan" ? 0 : electionTimeoutMostMs,
        L.MASTER_WAIT_MS,
      ]],
    ];
    for (const [why, ...values] of orders) {
      assertEquals(values, values.toSorted((a, b) => a - b), why);
    }
  });
}

Deno.test("no time of a slower profile is shorter than the faster one's", () => {
  const timesOf = (name: ProfileName): number[] => {
    const { autopilot, ...raft } = GOVERNANCE_TIMING[name];
    const times = Object.entries(PROFILES[name]).filter(([key]) =>
      key.endsWith("Ms") && key !== ("syncIntervalMs" satisfies keyof Profile)
    );
    return [
      ...times.map(([, value]) => value),
      ...Object.values(raft),
      ...Object.values(autopilot),
    ];
  };
  for (const [index, slower] of FASTEST_FIRST.slice(1).entries()) {
    const faster = timesOf(FASTEST_FIRST[index] ?? "local");
    timesOf(slower).forEach((time, at) => assertEquals(time >= (faster[at] ?? Infinity), true));
  }
});

Deno.test("an election among the machines of a site begins when a singleton's answer is late", () => {
  assertEquals(L.SINGLETON_SILENCE_MS, GOVERNANCE_TIMING.lan.electionTimeoutMs);
});
