/**
 * The bounds that several folders share, each with its unit and why that number; what a folder
 * alone needs stands in its own `limits.ts`. Nothing grows without one of these.
 */

// ---- names and metadata ----

/**
 * Characters of a member's name: room for a host name (253) is not needed by people who read
 * tables.
 */
export const NAME_CHARACTERS = 128;
/** Characters of a service's or topic's name: as long as a member's name. */
export const SERVICE_NAME_CHARACTERS = 128;
/**
 * Bytes of one member's tags and services as JSON: a record must fit a gossip message with others.
 */
export const METADATA_BYTES = 4_096;

// ---- wire ----

/** Bytes of one frame's payload: 1 MiB, so that one message never holds a link for long. */
export const FRAME_BYTES = 1_048_576;
/** Bytes of a new link's read buffer: 500 idle connections cost 2 MB. */
export const READ_BUFFER_SMALL_BYTES = 4_096;
/**
 * Bytes of a busy link's read buffer: measured best at 64 kB (256 kB costs 30 % at 1,024 calls).
 */
export const READ_BUFFER_BYTES = 65_536;
/**
 * Bytes of one output chunk, and so of one write call: a thousand calls of 10 kB cost a quarter
 * less than at 64 kB.
 */
export const WRITE_CHUNK_BYTES = 262_144;
/** Messages in one array frame: past 32 there is nothing to gain. */
export const BATCH_MESSAGES = 32;
/**
 * Characters in one array frame: a bound well below the frame limit, even at 3 bytes a character.
 */
export const BATCH_BYTES = 16_384;
/** Levels of nesting of a message: deeper JSON would overflow the stack of whoever walks it. */
export const MESSAGE_DEPTH = 64;
/** Characters of a message's type: it is a name, as an error's code is. */
export const TYPE_CHARACTERS = 64;
/** Bytes queued on a link past which its sender is told to wait: one whole frame may be queued. */
export const LINK_HIGH_WATER_BYTES = 1_048_576;
/** Bytes queued on a link at which it is broken: its owner did not heed the high-water mark. */
export const LINK_QUEUE_BYTES = 16_777_216;
/**
 * Milliseconds for which one link reads before others have their turn: ten that flood cost 20 ms.
 */
export const READ_SLICE_MS = 2;
/**
 * Milliseconds that one write may take while the other side does not read: a machine that swaps or
 * is stopped for a moment reads on within seconds.
 */
export const WRITE_STALL_MS = 10_000;
/**
 * Milliseconds that a closing link waits for the other side to have read our last words: several
 * round trips between far sites.
 */
export const LINGER_MS = 500;
/**
 * Milliseconds from accepting a connection to its first whole message: longer than a dial, on a
 * machine that is busy, too.
 */
export const HANDSHAKE_MS = 5_000;
/**
 * Milliseconds that dialling may take: more than a lost packet that TCP sends again after a
 * second.
 */
export const DIAL_MS = 2_000;
/**
 * Milliseconds after which the next of several addresses is dialled beside a silent one (RFC 8305,
 * 8).
 */
export const DIAL_STAGGER_MS = 250;
/**
 * Milliseconds of silence after which a link is asked whether it is alive: a third of
 * `LINK_IDLE_MS`.
 */
export const KEEP_ALIVE_MS = 15_000;
/** Milliseconds of silence after which a link is closed: two unanswered questions. */
export const LINK_IDLE_MS = 45_000;
/**
 * Milliseconds after which a person's silent line connection is closed: five minutes, in which a
 * person thinks or reads.
 */
export const LINES_IDLE_MS = 300_000;
/** Inbound connections at once: each costs some kB, and a process has a bounded number of files. */
export const CONNECTIONS = 4_096;

// ---- node ----

/**
 * Calls that one member's link may have under way: its handlers that run, also for callers who gave
 * up.
 */
export const CALLS_PER_LINK = 65_536;
/**
 * Calls that one client's link may have under way: four times as many would be all that a member's
 * link takes.
 */
export const CALLS_PER_CLIENT = 16_384;
/** Characters of the calls of one link that are under way: 64 of the largest. */
export const CALL_CHARACTERS_PER_LINK = 67_108_864;
/**
 * Calls passed on to one member for clients: the rest of what its link takes is for the node
 * itself.
 */
export const CALLS_PASSED_ON = 49_152;
/** Calls that may wait for room on one link, or for it to be made. */
export const CALLS_WAITING = 65_536;
/**
 * Calls that one sweep of the deadlines looks at per millisecond until the next: a tenth of the
 * time at most.
 */
export const SWEPT_CALLS_PER_MS = 1_000;
/**
 * Requests of one link that wait for what another member says: more than a program asks at once,
 * and no link takes a member's time alone.
 */
export const REQUESTS_PER_LINK = 64;
/**
 * Characters of an error's message, and of its details as JSON: what a handler throws may quote
 * anything.
 */
export const ERROR_CHARACTERS = 4_096;
/** Characters of an error's code: it is a name, also a later version's. */
export const ERROR_CODE_CHARACTERS = 64;
/**
 * Milliseconds that a call may take unless its caller says otherwise: an election and a retry fit
 * into it.
 */
export const CALL_TIMEOUT_MS = 5_000;
/**
 * Milliseconds that a node takes to leave at the most unless it is told otherwise: what container
 * engines wait.
 */
export const DRAIN_MS = 10_000;
/**
 * Milliseconds that leases and vote have in any case when calls took all of a leave's time: a node
 * that goes before its vote is handed over may leave a cluster that cannot write.
 */
export const DRAIN_REST_MS = 3_000;
/**
 * Milliseconds after its last answer for which a leaving node lets the callers close their links:
 * a part of what a leave may take.
 */
export const LAST_ANSWER_MS = 1_000;
/** Milliseconds that any call may take: an hour; longer work is for a job queue. */
export const CALL_TIMEOUT_MAX_MS = 3_600_000;
/** Messages that wait for a control link to be made; gossip repeats what is dropped. */
export const CONTROL_QUEUE_MESSAGES = 64;
/**
 * Members up to which every node keeps a control link to every other; past that they are dialled on
 * demand.
 */
export const LINKS_TO_ALL = 64;
/** Milliseconds that joining may take while some address is silent, or answers "not yet". */
export const JOIN_MS = 10_000;
/** Nodes that found a cluster together: all of them ask each other. */
export const EXPECTED_NODES = 64;
/**
 * Milliseconds before a member's address where another cluster, or no Muster, answers is dialled
 * again, at the most.
 */
export const STRANGER_REDIAL_MS = 30_000;
/** Member records in the answer to a join; the full exchange that follows brings the rest. */
export const JOINED_RECORDS = 512;
/** Guests that one link may introduce: each costs every member a message and a line of its log. */
export const GUESTS_PER_LINK = 64;
/** Guests that one node remembers, the newest: they say hello once and never good-bye. */
export const GUESTS = 16;
/**
 * Guests that one node knows of in all, the newest: they go with every answer to `members` and each
 * `joined`.
 */
export const GUESTS_KNOWN = 256;
/**
 * Bytes of the members in one answer, guests aside: with these, and in whatever script, it fits a
 * frame.
 */
export const MEMBERS_PAGE_BYTES = 524_288;
/** Watches at one node, of all its clients. */
export const WATCHERS = 1_024;
/** Watches over one link: more than a program needs, and no link takes them all. */
export const WATCHES_PER_LINK = 16;
/** Events that wait for a slow embedding program; past that the oldest are dropped and counted. */
export const EVENTS_WAITING = 1_024;
/** Services that one node offers: their names travel in its record. */
export const SERVICES_PER_NODE = 64;

// ---- membership ----

/**
 * Members a node keeps, alive or not: ten times what one cluster is meant for would not fit memory.
 */
export const MEMBERS_MAX = 20_000;
/**
 * Milliseconds between two dials of the address of one who went lately: a shorter time costs more,
 * and finds nobody earlier.
 */
export const RETURN_DIAL_MS = 200;
/** Records that ride on one message: the work of one message is bounded. */
export const GOSSIP_RECORDS = 32;
/**
 * Bytes of JSON of the records in one page of an exchange: one page a round trip, and nothing
 * urgent waits long.
 */
export const SYNC_BYTES = 262_144;
/** Characters of a tag's key: it is a name. */
export const TAG_KEY_CHARACTERS = 64;
/** By how much an incarnation may exceed the known one: nobody refutes a million times unheard. */
export const INCARNATION_JUMP = 1_000_000;
/**
 * Messages and connections that were refused of which a node tells in a second: the rest is only
 * counted.
 */
export const REJECTED_PER_SECOND = 5;

/**
 * Entries applied since the last snapshot at which the next is taken: the log stays short, and a
 * start replays no more.
 */
export const SNAPSHOT_ENTRIES = 10_000;
/**
 * Milliseconds that a request waits for a master while so many voters are dead that none can be
 * elected: less than `MASTER_WAIT_MS`, as waiting is likely to be in vain.
 */
export const NO_QUORUM_WAIT_MS = 500;
/**
 * Milliseconds that a request waits for a master to be elected before it fails: an election takes
 * less, and a call has time left then.
 */
export const MASTER_WAIT_MS = 3_000;
/**
 * Milliseconds that a node keeps of its caller's time for the answer's way back, or a fifth where
 * that is less: timers of a busy machine are late by tens of milliseconds.
 */
export const ANSWER_MARGIN_MS = 100;
/** Milliseconds that a leaving voter waits before it says for whom: most are gone by then. */
export const LEAVING_SAY_MS = 1_000;
/**
 * Milliseconds that the master may take to say why it is; then the asked node tells what it knows.
 */
export const WHY_MASTER_MS = 1_000;
/** Commands of one node's session under way at once: half of what a session remembers. */
export const SESSION_COMMANDS = 512;
/**
 * Milliseconds of silence after which a node's session ends: longer than any election or restart.
 */
export const SESSION_TTL_MS = 60_000;
/** Milliseconds that a watch waits for news before it asks again: rare enough to cost nothing. */
export const WATCH_POLL_MS = 20_000;
/**
 * Milliseconds that a lease or lock lives without a keep-alive unless its owner says otherwise:
 * several elections fit into it.
 */
export const LEASE_TTL_MS = 10_000;
/**
 * Milliseconds that all members may be silent before who waits for a lock gives up: a restart of
 * all takes less.
 */
export const MEMBERS_SILENT_MS = 30_000;
/**
 * Milliseconds between two tries to keep a lease alive, or to wait for a lock, while none succeeds.
 */
export const LEASE_RETRY_MS = 100;

// ---- disk ----

/** Backups that are read of one node at once: each holds on to the state as it was. */
export const BACKUPS = 4;
/**
 * Milliseconds after which a backup that nobody reads on is forgotten: who reads asks for the next
 * part at once.
 */
export const BACKUP_IDLE_MS = 30_000;
/** Milliseconds after which a backup that nobody reads on makes room for another, if it must. */
export const BACKUP_YIELD_MS = 2_000;

// ---- shared state ----

/** Entries that one list gives: a longer one is read page by page. */
export const LIST_ENTRIES = 1_000;
/**
 * Revisions by which a state goes on higher once writes may be lost, by a restore or a forced
 * cluster: more than anybody wrote since. Nine million times so much is below 2^53, where JSON
 * numbers are exact.
 */
export const REGAINED_REVISIONS = 1_000_000_000;
/** Milliseconds of the shortest lease or session: several round trips and a failover. */
export const LEASE_MIN_MS = 500;
/** Milliseconds of the longest lease or session: a day. */
export const LEASE_MAX_MS = 86_400_000;
/**
 * Milliseconds by which the time of leases moves at most from one look to the next, which are half
 * as far apart: a clock that leaps takes no more from a lease, and its holder believes in it for so
 * much less.
 */
export const LEASE_STEP_MS = 200;
/** Results kept of one session, and so the commands that it may have under way at once. */
export const SESSION_RESULTS = 1_024;

// ---- consensus ----

/** Nodes of one configuration, learners included. */
export const CONFIG_NODES = 64;
/** Entries kept behind a snapshot, so that a slow follower rarely needs the snapshot itself. */
export const TRAILING_ENTRIES = 4_096;

// ---- command line ----

/**
 * Members that a command remembers, so as to go on when its own dies: more never die in one
 * command.
 */
export const KNOWN_MEMBERS = 16;
/**
 * Milliseconds that a command which outlives its member waits for the next to answer its dialling:
 * shorter than a dial may else take, as there are others.
 */
export const REDIAL_MS = 1_000;

// ---- rehearsal ----

/**
 * Beliefs that a rehearsal's timeline keeps: a hundred members' mutual beliefs, a hundred times
 * over.
 */
export const REHEARSAL_BELIEFS = 1_000_000;
