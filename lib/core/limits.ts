/**
 * Every bound of the program, with its unit and why that number. Nothing grows without one of
 * these.
 */

// ---- names and metadata ----

/**
 * Characters of a member's name: room for a host name (253) is not needed by people who read
 * tables.
 */
export const NAME_CHARACTERS = 128;
/** Characters of a service's or topic's name. */
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
/** Characters of a message's type. */
export const TYPE_CHARACTERS = 64;
/** Bytes queued on a link past which its sender is told to wait. */
export const LINK_HIGH_WATER_BYTES = 1_048_576;
/** Bytes queued on a link at which it is broken: its owner did not heed the high-water mark. */
export const LINK_QUEUE_BYTES = 16_777_216;
/**
 * Milliseconds for which one link reads before others have their turn: ten that flood cost 20 ms.
 */
export const READ_SLICE_MS = 2;
/** Milliseconds that one write may take while the other side does not read. */
export const WRITE_STALL_MS = 10_000;
/** Milliseconds that a closing link waits for the other side to have read our last words. */
export const LINGER_MS = 500;
/** Milliseconds from accepting a connection to its first whole message. */
export const HANDSHAKE_MS = 5_000;
/** Milliseconds that dialling may take. */
export const DIAL_MS = 2_000;
/**
 * Milliseconds after which the next of several addresses is dialled beside a silent one (RFC 8305,
 * 8).
 */
export const DIAL_STAGGER_MS = 250;
/** Milliseconds of silence after which a link is asked whether it is alive. */
export const KEEP_ALIVE_MS = 15_000;
/** Milliseconds of silence after which a link is closed: two unanswered questions. */
export const LINK_IDLE_MS = 45_000;
/** Milliseconds after which a person's silent line connection is closed. */
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
/** Requests of one link that wait for what another member says. */
export const REQUESTS_PER_LINK = 64;
/**
 * Characters of an error's message, and of its details as JSON: what a handler throws may quote
 * anything.
 */
export const ERROR_CHARACTERS = 4_096;
/** Characters of an error's code: it is a name, also a later version's. */
export const ERROR_CODE_CHARACTERS = 64;
/** Milliseconds that a call may take unless its caller says otherwise. */
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
 * Milliseconds after its last answer for which a leaving node lets the callers close their links.
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
/**
 * Milliseconds for which a node that comes back asks where it was before whether it still runs
 * there.
 */
export const TWIN_MS = 1_000;
/** Milliseconds between two looks of a node that has moved at its former address. */
export const TWIN_LOOK_MS = 5_000;
/** Milliseconds that joining may take while some address is silent, or answers "not yet". */
export const JOIN_MS = 10_000;
/** Nodes that found a cluster together: all of them ask each other. */
export const EXPECTED_NODES = 64;
/**
 * Milliseconds between two looks of a node that waits for the others to start: a person waits too.
 */
export const GATHER_LOOK_MS = 200;
/** Rounds in which nothing listens at any of the addresses before a join is given up. */
export const JOIN_ROUNDS = 3;
/** Milliseconds before the second round of a join; doubles with each. */
export const JOIN_BACK_OFF_MS = 200;
/**
 * Milliseconds from listening to founding, for members of an older cluster to dial this address:
 * two dials of theirs fall into it (`RETURN_DIAL_MS`), so that one may be late. At a port that
 * nobody can know there is no wait.
 */
export const FOUNDING_WAIT_MS = 500;
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
/**
 * Milliseconds for which that address is dialled so often: a person who starts it anew had lunch at
 * most.
 */
export const RETURN_WATCH_MS = 3_600_000;
/** Addresses that one member looks after so, the latest: 20 dials a second are 0.4 % of a core. */
export const RETURNS_WATCHED = 4;
/**
 * Addresses that a cluster looks after so, the latest: at most 320 dials a second, whoever comes
 * and goes.
 */
export const RETURNS_KNOWN = 64;
/**
 * Probes in a row that only helpers could answer, after which the links to a member are made anew.
 */
export const RELAYED_ACKS = 2;
/** Dead and left members a node remembers: a hundred restarts a day of ten nodes. */
export const GONE_MEMBERS = 1_024;
/**
 * Milliseconds for which a dead or left member is remembered: 24 hours, a night and a working day.
 */
export const DEAD_RECORD_MS = 86_400_000;
/** Records that ride on one message. */
export const GOSSIP_RECORDS = 32;
/** Characters of JSON of the records that ride on one message: two records of the largest size. */
export const GOSSIP_BYTES = 16_384;
/** Shares into which a view is cut to find where two differ: 4 records each up to 4,096 members. */
export const SYNC_SHARES = 1_024;
/** Records in one page of an exchange. */
export const SYNC_RECORDS = 1_024;
/**
 * Bytes of JSON of the records in one page of an exchange: one page a round trip, and nothing
 * urgent waits long.
 */
export const SYNC_BYTES = 262_144;
/** Observers named in one record: more than ever decide anything. */
export const OBSERVERS_MAX = 8;
/** Characters of a record's cause. */
export const CAUSE_CHARACTERS = 200;
/** Gone holders of its name that one record names: more than ever wake to claim it again. */
export const REPLACED_MAX = 8;
/** Tags of one member; `METADATA_BYTES` bounds them too. */
export const TAGS_MAX = 64;
/** Characters of a tag's key. */
export const TAG_KEY_CHARACTERS = 64;
/** Services of one member; `METADATA_BYTES` bounds them too. */
export const SERVICES_MAX = 256;
/** By how much an incarnation may exceed the known one: nobody refutes a million times unheard. */
export const INCARNATION_JUMP = 1_000_000;
/** Recorded events of one member: enough for a day of trouble, 4 kB. */
export const HISTORY_EVENTS = 32;
/** Probes that a node makes for others at once. */
export const RELAYS_MAX = 256;
/**
 * Messages and connections that were refused of which a node tells in a second: the rest is only
 * counted.
 */
export const REJECTED_PER_SECOND = 5;
/** Attempts, in a row, to reach a member whose address refused; then the suspicion decides. */
export const REFUSED_RETRIES = 8;
/** Members, in clusters past `LINKS_TO_ALL`, that a leaving member tells itself. */
export const LEAVE_WITNESSES = 8;

/** Chunks of one snapshot: at 256 KiB each, four times what the state may hold. */
export const SNAPSHOT_CHUNKS = 4_096;
/** Entries applied since the last snapshot at which the next is taken. */
export const SNAPSHOT_ENTRIES = 10_000;
/**
 * Bytes of entries applied since then at which it is taken, however few they are: the log is in
 * memory, too.
 */
export const SNAPSHOT_BYTES = 67_108_864;
/**
 * Milliseconds that a request waits for a master while so many voters are dead that none can be
 * elected.
 */
export const NO_QUORUM_WAIT_MS = 500;
/** Milliseconds that a request waits for a master to be elected before it fails. */
export const MASTER_WAIT_MS = 3_000;
/**
 * Milliseconds that a node keeps of its caller's time for the answer's way back, or a fifth where
 * that is less: timers of a busy machine are late by tens of milliseconds.
 */
export const ANSWER_MARGIN_MS = 100;
/**
 * Milliseconds after its start for which a node that has known no master advises nobody to give
 * voters up: machines that start together do so within seconds.
 */
export const YOUTH_MS = 10_000;
/** Milliseconds between two looks of the master at its voters. */
export const AUTOPILOT_MS = 500;
/** Milliseconds between two looks at how far apart the voters are: it hardly ever changes. */
export const PACE_LOOK_MS = 5_000;
/**
 * Milliseconds between two lines of the log that say so: a person reads the first, and a later one
 * in a new log.
 */
export const PACE_WARNING_MS = 60_000;
/** Milliseconds between two looks of the master at its voters while one of them wants to go. */
export const LEAVING_LOOK_MS = 50;
/**
 * Milliseconds between two tellings of a voter that it wants to go: it may not know the next master
 * yet.
 */
export const LEAVING_RETRY_MS = 200;
/**
 * Milliseconds after which a voter that does not say any more that it wants to go stays: ten
 * tellings lost.
 */
export const LEAVING_FORGOTTEN_MS = 2_000;
/**
 * Milliseconds that a leaving voter waits for the others to do without it, beyond the time after
 * which a dead one is removed: so long it may take until one that fell silent is held for dead.
 */
export const LEAVING_GRACE_MS = 5_000;
/**
 * Milliseconds for which a command waits for a voter to go: longer than one waits, whatever its
 * profile.
 */
export const DEPARTURE_MS = 20_000;
/** Milliseconds that a leaving voter waits before it says for whom. */
export const LEAVING_SAY_MS = 1_000;
/** Milliseconds that handing the master's part over may take. */
export const HANDOVER_MS = 8_000;
/** Recorded changes of master, for `why master`: a bad night of elections, 8 kB. */
export const MASTER_CHANGES = 64;
/**
 * Milliseconds that the master may take to say why it is; then the asked node tells what it knows.
 */
export const WHY_MASTER_MS = 1_000;
/** Commands of one node's session under way at once: half of what a session remembers. */
export const SESSION_COMMANDS = 512;
/** Milliseconds of silence after which a node's session ends. */
export const SESSION_TTL_MS = 60_000;
/** Milliseconds that a watch waits for news before it asks again. */
export const WATCH_POLL_MS = 20_000;
/** Milliseconds that a lease or lock lives without a keep-alive unless its owner says otherwise. */
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
/** Milliseconds after which a backup that nobody reads on is forgotten. */
export const BACKUP_IDLE_MS = 30_000;
/** Milliseconds after which a backup that nobody reads on makes room for another, if it must. */
export const BACKUP_YIELD_MS = 2_000;

/** Milliseconds between two savings of who the node is: members come and go in swarms. */
export const IDENTITY_SAVE_MS = 1_000;
/**
 * Members that a node remembers on disk, to find one of them again: 256 records are 75 kB a save.
 */
export const REMEMBERED_MEMBERS = 256;
/** Milliseconds before a node that came back and found nobody looks again; doubles each time. */
export const REJOIN_SHORTEST_MS = 500;
/** Milliseconds between two such looks at the most. */
export const REJOIN_LONGEST_MS = 5_000;

// ---- shared state ----

/** Bytes of a key in UTF-8: a path of names, not a document. */
export const KEY_BYTES = 1_024;
/**
 * Bytes of a value as JSON: a command with it, its key and the envelope stays under the 1-MiB
 * frame.
 */
export const VALUE_BYTES = 524_288;
/** Levels of nesting of a value: half of what a message may have, as it travels inside several. */
export const VALUE_DEPTH = 32;
/** Compares, and operations of each branch, in one transaction: etcd's default. */
export const TRANSACTION_OPERATIONS = 128;
/**
 * Bytes of all that one transaction writes or reads as JSON: it travels in one frame, both ways.
 */
export const TRANSACTION_BYTES = 786_432;
/**
 * Bytes of one command as JSON: an `append` with it alone fits a frame, whatever its numbers are.
 */
export const COMMAND_BYTES = 1_044_480;
/** Entries that one list gives: a longer one is read page by page. */
export const LIST_ENTRIES = 1_000;
/**
 * Bytes of the entries that one list gives, unless the first alone is larger: the reply fits a
 * frame.
 */
export const LIST_BYTES = 524_288;
/**
 * Bytes of all keys, values and history: they live in memory, several times that size as objects.
 */
export const STATE_BYTES = 268_435_456;
/** Bytes that one version of a key counts beyond its key and value: the objects that hold it. */
export const VERSION_BYTES = 256;
/** Revisions of history kept for watches that resume: minutes at a hundred writes a second. */
export const HISTORY_REVISIONS = 10_000;
/** Revisions past `HISTORY_REVISIONS` at which a compaction is proposed: not one for each write. */
export const HISTORY_SLACK_REVISIONS = 1_000;
/**
 * Revisions by which a state goes on higher once writes may be lost, by a restore or a forced
 * cluster: more than anybody wrote since. Nine million times so much is below 2^53, where JSON
 * numbers are exact.
 */
export const REGAINED_REVISIONS = 1_000_000_000;
/**
 * Terms by which its elections go on higher then: more than were held since; nine billion times so
 * much fits.
 */
export const REGAINED_TERMS = 1_000_000;
/** Bytes of history past which it is compacted to the half, however few the revisions. */
export const HISTORY_BYTES = 67_108_864;
/** Leases at once: ten times the thousand that we promise. */
export const LEASES = 10_000;
/** Keys of one lease: its expiry deletes them all in one revision. */
export const LEASE_KEYS = 10_000;
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
/** Leases or sessions in one keep-alive or expire command. */
export const EXPIRE_BATCH = 256;
/** Milliseconds until an expiry that has not committed is proposed again. */
export const EXPIRE_RETRY_MS = 1_000;
/** Sessions at once: one a client or node that writes. */
export const SESSIONS = 10_000;
/** Results kept of one session, and so the commands that it may have under way at once. */
export const SESSION_RESULTS = 1_024;
/** Bytes of the results kept of one session: only reads within transactions are ever large. */
export const SESSION_RESULT_BYTES = 1_048_576;
/** Bytes of remembered outcomes of all sessions: past that each keeps its share of so much. */
export const SESSIONS_RESULT_BYTES = 67_108_864;
/** Bytes of a lock's name in UTF-8: its keys must fit `KEY_BYTES`. */
export const LOCK_NAME_BYTES = 512;
/** Waiters of one lock at once. */
export const LOCK_WAITERS = 1_024;
/** Watches at once on one node: ten times the ten thousand that we promise would still fit. */
export const WATCHES = 100_000;
/** Events that a watch gives at once, unless one revision has more. */
export const WATCH_EVENTS = 1_024;
/**
 * Bytes of the events that a watch gives at once, unless one alone is larger: the reply fits a
 * frame.
 */
export const WATCH_BYTES = 524_288;
/** Bytes of one chunk of a snapshot as JSON, unless one item alone is larger. */
export const SNAPSHOT_CHUNK_BYTES = 262_144;

// ---- consensus ----

/**
 * Milliseconds: followers that lost their link to the leader wait up to this, so as not to collide.
 */
export const LINK_BROKEN_STAGGER_MS = 10;
/** Entries of one append: bounds the work of one message. */
export const APPEND_ENTRIES = 1_024;
/** Bytes of one append's entries, unless one entry alone is larger: a quarter of a frame. */
export const APPEND_BYTES = 262_144;
/** Appends sent to one follower without an answer: enough to fill a wide-area link. */
export const APPENDS_IN_FLIGHT = 64;
/** Bytes sent to one follower without an answer. */
export const APPEND_BYTES_IN_FLIGHT = 4_194_304;
/** Bytes of proposals that are not committed yet; further ones are refused as overloaded. */
export const UNCOMMITTED_BYTES = 67_108_864;
/** Reads of one node that wait for a confirmation; further ones are refused as overloaded. */
export const READS_PENDING = 65_536;
/** Read batches that other nodes wait for at a leader. */
export const REMOTE_READS_PENDING = 4_096;
/** Nodes of one configuration, learners included. */
export const CONFIG_NODES = 64;
/** Entries kept behind a snapshot, so that a slow follower rarely needs the snapshot itself. */
export const TRAILING_ENTRIES = 4_096;
/** Bytes of entries kept behind a snapshot at the most: a quarter of what comes between two. */
export const TRAILING_BYTES = 16_777_216;
/**
 * Milliseconds for which a learner keeps up before a single voter's commit waits for it: past the
 * longest election timeout's stall a slow one would cost a stall each second at the most.
 */
export const STEADY_MS = 1_000;
/** Entries that a learner may lack and still become a voter: less than one append. */
export const PROMOTE_LAG = 1_000;

// ---- command line ----

/** Characters of a node's log that wait for a reader; past that lines are lost, and counted. */
export const LOG_WAITING_CHARACTERS = 1_048_576;
/** Milliseconds for the last lines of a node's log to be read: a stopped terminal may never. */
export const OUTPUT_FLUSH_MS = 1_000;
/**
 * Members that a command remembers, so as to go on when its own dies: more never die in one
 * command.
 */
export const KNOWN_MEMBERS = 16;
/**
 * Milliseconds that a command which outlives its member waits for the next to answer its dialling.
 */
export const REDIAL_MS = 1_000;
/**
 * Milliseconds from asking a program to end to killing it: as long as most service managers' grace.
 */
export const PROGRAM_GRACE_MS = 5_000;
/**
 * Milliseconds between two questions whether the node that decides over a singleton still answers.
 */
export const SINGLETON_POLL_MS = 300;
/**
 * Milliseconds that this answer may take: with a silence of 700 ms the others elect another master.
 */
export const SINGLETON_SILENCE_MS = 700;

// ---- rehearsal ----

/**
 * Members of one rehearsal: they know each other, so memory grows with the square; a thousand take
 * 1 GB.
 */
export const REHEARSAL_NODES = 1_000;
/** Milliseconds of one rehearsal: an hour shows what a day would. */
export const REHEARSAL_MS = 3_600_000;
/**
 * Beliefs that a rehearsal's timeline keeps: a hundred members' mutual beliefs, a hundred times
 * over.
 */
export const REHEARSAL_BELIEFS = 1_000_000;
/** Milliseconds between two looks of `health --wait`: an election takes tens, a start hundreds. */
export const HEALTH_POLL_MS = 200;
/**
 * Milliseconds that `health --wait` waits: machines that start at once find each other in seconds.
 */
export const HEALTH_WAIT_MS = 60_000;
/** Members that `status --cluster` asks at once: a laptop has files for so many. */
export const STATUS_DIALS = 64;
