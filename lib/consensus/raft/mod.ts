/**
 * Who leads, and what is agreed: Raft (Ongaro's dissertation, "D" below) as a pure machine.
 *
 * ```text
 *            shell: ticks, messages, links, proposals, reads
 *                             │ ConsensusInput
 *   ┌─────────────────────────▼──────────────────────────┐
 *   │ Consensus    routes inputs, answers queries        │
 *   │   ├─ Replica      term, vote, log, config, commit; │
 *   │   │               gathers effects, one persist     │
 *   │   ├─ Election     every role but leader            │
 *   │   ├─ Follower     append, snapshot                 │
 *   │   └─ Leadership   one per term led: Progress per   │
 *   │                   node, reads, changes, transfer   │
 *   └─────────────────────────┬──────────────────────────┘
 *                             │ ConsensusEffect, in order
 *            shell: disk, links, state, snapshots
 *
 *   autopilot: (committed config, progress, members) → next Change | transfer | nothing
 * ```
 *
 * ### Roles
 * ```text
 *   learner ──promoted──▶ follower ──timeout, broken link──▶ pre-candidate ──majority──▶ candidate
 *                            ▲  ▲                                 │   ▲                      │
 *                            │  └────── hears from a leader ──────┘   └─── split vote ───────┤
 *                            └── higher term, no majority heard ◀── leader ◀──majority───────┘
 * ```
 * While the leader is known as broken, a (pre-)candidate tries again every E/20 to E/10.
 * `timeout-now` makes a follower a candidate at once. A node that is not a voter of its own log's
 * latest configuration never campaigns, but it votes when asked: it may be a voter and not know
 * yet.
 *
 * ### Messages
 * | type | from → to | answer |
 * |---|---|---|
 * | `vote-request` (`pre`) | (pre-)candidate → voters | `vote` |
 * | `append` | leader → everyone in the configuration | `appended` (none for commit news that fits) |
 * | `timeout-now` | leader → transfer target | an election |
 * | `read-request` | follower → leader | `read-reply` |
 *
 * Snapshots travel outside: `send-snapshot` asks the shell to move the state over the data link;
 * the receiving shell hands over `snapshot-received`; the answer is an `appended`.
 *
 * ### What the shell owes
 * - Effects are performed in order, each finished before the next; `persist`, `install` and
 *   `compact` are on disk when finished. A `persist` that fails ends the node: the machine already
 *   counts on it.
 * - Nothing is handed in between an input and the end of its effects.
 * - A `batch` groups what one turn brought: one `persist`, one `append` per follower.
 * - A leader's own `append`s stand *before* its `persist` where that is safe (D §10.2.1: the term
 *   is durable, nothing in them is committed by this write, and none is a configuration): flush
 *   links before syncing to overlap both.
 *
 * ### Time
 * With `E = electionTimeoutMs`, `J = electionJitterMs` (default E), `H = heartbeatMs`:
 * - a follower waits `E + random·J` since it last heard from a leader;
 * - a voter refuses (pre-)votes for `E` since it last heard from a leader (D §4.2.3), unless that
 *   leader asked for the election, or this voter's own link to it broke;
 * - every `append` carries the leader's clock (`sentAt`) and the answer brings it back. A leader
 *   serves while a majority has answered something sent in the last `0.9·E`, and steps down at that
 *   moment.
 *
 * So the old leader stops first: a voter that answered an `append` sent at `s` heard it at some
 * `h ≥ s`, and neither campaigns nor lets others before `h + E ≥ s + E`. Every majority that could
 * elect another leader holds one of the voters that the old leader counts on, so no election ends
 * before `s + E`, while the old one refused writes from `s + 0.9·E` (the tenth pays for clocks that
 * run at different rates and for timers that fire late; whatever the timers do, each input is
 * judged by this rule first). Where links *break*, voters do not wait; the old leader's links broke
 * too, and it steps down when it is told so of a majority. This is a promise about refusing early;
 * safety never rests on it: reads are confirmed by a round of messages, writes by a majority's
 * logs.
 *
 * *Far voters.* A leader's first answers come two round trips after its campaign began. Where a
 * round trip takes more than E/3 no leader lasts, so E grows: a leader takes three round trips of
 * its nearest majority (the median of their last heartbeats; of its own election at first), up to
 * `electionTimeoutMostMs`, and says so in each `append` (`electionTimeoutMs`, there only when it is
 * longer); who follows it waits, and refuses votes, for as long. While E changes, followers lag one
 * message behind, and the promise above with them.
 *
 * For `lan` (H 150, E 700): a silent cut costs 0.7–1.4 s plus two round trips, usually under 1 s
 * with several followers (`FIGURES.md` has both tables); a crash (broken link) a stagger of up to
 * {@linkcode LINK_BROKEN_STAGGER_MS} plus two round trips.
 *
 * ### Folders that were put back
 * Raft counts on disks that keep what they were given. Where one was put back to what it was
 * before, two nodes may hold different entries for committed; then `contradicted` ends one of them,
 * whatever it is doing:
 * - a leader's append, or snapshot, has another term where an entry is committed here;
 * - an only voter leads terms again that it has led: the no-op that begins a term, and each
 *   `append`, carry the leader's `life`, the process, so that an equal term of another life counts
 *   as another term;
 * - an `append` says how much of it the receiver has acknowledged (`held`), and the log here ends
 *   before;
 * - an answer to a leader shows more committed than its log has.
 *
 * How far the log is committed is noted behind each `apply`, without a sync, and restored: without
 * it a restart would drop in silence what contradicts its leader, and could read nothing before it
 * hears of one. Not found is a contradiction between entries that are in snapshots on both sides,
 * or that a loss of power made unknown; and a follower that comes back under another leader just
 * catches up: what it had acknowledged to the one before is lost where the others of that majority
 * are gone, and shows only if one of them comes back.
 *
 * ### Tables that not every version knows
 * A command of a further table of the state names that table in its entry, beside the data: no
 * client can write it there, so that what an earlier leader let through as data is never taken for
 * one. A node says in its answers to appends, once a round, which further tables it knows
 * (`tables`; nothing where there is none). A leader puts such a command into its log only when
 * every node of the configuration in force has said so since its link was made, or when one was
 * applied before: whoever takes part has to know the table by then. Whoever does not, and is handed
 * a committed one all the same, stops: that is the shell's part.
 *
 * ### The voters' floor and the second copy
 * A configuration names those of its nodes that keep nothing (`memory`); the others find their log
 * again after a restart, and so a dead one of three is waited for until another with a folder has
 * caught up. Then two consecutive entries take the one out (`vacant`) and put the other in: the
 * other way round four voters, one of them dead, would need all three that live. (`autopilot.ts`
 * has the whole order.)
 *
 * While there is one voter, its **commit index** waits for a learner with a folder that is in step
 * (`second_copy.ts`): `commit = min(own last index, the greatest match of such learners)`. It falls
 * out at once when its link breaks, it is dead or has left, and when for E it has answered nothing
 * or lacks what the log ended with E ago; it comes in when it has kept up for a second. A new
 * leader counts those that it finds as in step until they fall out: it cannot know what was
 * acknowledged because they had it. Of two voters the second is demoted, and stays in step; a
 * leader of two does not take itself out.
 *
 * `copies` says in how many logs, and folders, an acknowledged entry is: before anything is
 * acknowledged that is in fewer, and when all is in more. copies = majority(v), disks = majority(v)
 * − voters without a folder, and one more of each beside a single voter with a learner in step (a
 * single voter without a folder: 0 disks).
 *
 * ### Where we depart from the dissertation
 * - Heartbeats are appends (as D §3.5 has it, unlike etcd): one path finds lost messages and lost
 *   links.
 * - A broken link to the leader starts a pre-vote at once; a voter whose link is whole still
 *   refuses.
 * - The configuration a cluster starts from is a snapshot of index 0, not an entry.
 * - Check-quorum counts from the time of *sending*, so that the promise above needs no bound on
 *   delay.
 * - A candidate that is refused tries again after a tenth to a quarter of `E`: it was told in the
 *   pre-vote that nobody hears a leader, so the vote was split, and with two voters left a whole
 *   timeout more would be common.
 * - A voter is added only as a learner that has caught up (D §4.2.1 counts rounds; we look at the
 *   lag).
 * - A leader that removes itself goes on until that is committed, then hands over rather than falls
 *   silent.
 *
 * @module
 */
export * from "./autopilot.ts";
export * from "./autopilot_rules.ts";
export * from "./consensus.ts";
export * from "./effect.ts";
export * from "./entry.ts";
export * from "./input.ts";
export * from "./messages.ts";
export * from "./options.ts";
export * from "./parse.ts";
export * from "./quorum.ts";
export * from "./rules.ts";
export * from "./second_copy.ts";
export * from "./status.ts";
