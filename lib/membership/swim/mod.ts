/**
 * Who is here: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips, Currey 2018),
 * over links.
 *
 *         link-broken, unreachable, message, tick            send, notify, rejected, left, forced-out
 *                       │                                                     ▲
 *                 ┌─────▼─────────────────── Membership ──────────────────────┴────┐
 *                 │ Prober ──verdict──▶ MemberTable ──news──▶ Dissemination          │
 *                 │ probe rounds,       roster, suspicions, broadcast queue,       │
 *                 │ helpers, evidence   refutation          piggyback, gossip      │
 *                 │ AntiEntropy: full state, the dead     Leave: leave            │
 *                 └────────────────────────────────────────────────────────────────┘
 *
 * The shell owns links, dials and clocks; the machine owns what is believed. `send` is best effort:
 * a link if there is one, else a dial, whose failure comes back as `unreachable`.
 *
 * ## States
 *
 *     alive ──no answer, refused──▶ suspect ──time ran out, two refused──▶ dead ──24 h──▶ forgotten
 *       ▲ ◀──refuted (incarnation + 1)──┘                                    │
 *       └──────────────────────refuted (incarnation + 1)─────────────────────┘
 *     any ──leave (incarnation + 1)──▶ left        any ──remove──▶ left, forced (for good)
 *
 * Which of two claims on one member holds, `told` (incarnation i) over `known` (incarnation j):
 *
 * | told \ known   | alive j | suspect j | dead j | left j | left, forced j |
 * |----------------|---------|-----------|--------|--------|----------------|
 * | alive i        | i > j   | i > j     | i > j  | i > j  | never          |
 * | suspect i      | i >= j  | i > j     | i > j  | i > j  | never          |
 * | dead i         | i >= j  | i >= j    | i > j  | i > j  | never          |
 * | left i         | i >= j  | i >= j    | i >= j | i > j  | never          |
 * | left, forced i | always  | always    | always | always | i > j          |
 *
 * It is a total order, so any order and repetition of the same claims ends in the same belief. A
 * member that hears a word against itself answers with the accused incarnation + 1, unless it was
 * forced out.
 *
 * ## Messages
 *
 * | message         | sent                                                           | answer |
 * |-----------------|----------------------------------------------------------------|--------|
 * | `probe`         | each period to the next of a shuffled list; at once when a link broke | `ack` |
 * | `probe-request` | to k = 3 helpers when there was no ack in time, or a link broke | `ack` or `nack` |
 * | `gossip`        | to 3 members each gossip interval, while there is news          | none |
 * | `sync`          | after a join, each sync interval, when one of the dead answers: the digest of all that is believed | `sync-digests` when another |
 * | `sync-digests`  | the digest of each share of the view, cut by ids                | `sync-pull` |
 * | `sync-pull`     | for the shares that differ, by both sides                       | `sync-records` |
 * | `sync-records`  | their records, a page a round trip                              | `sync-pull` for the rest |
 * | `leave`         | by a member that leaves, to all (past 64: to eight who stay)    | `leave-ack` |
 *
 * All carry `gossip`: the records that were sent least, then the newest. One that speaks to us
 * while we hold it for suspect, dead or removed finds that record first in the answer (Lifeguard's
 * buddy system). One that still accuses a member of which we know better, or asks us to probe one
 * that is gone, is told what we know.
 *
 * ## Formulas (n: members alive or suspect, ourselves too)
 *
 *     probe timeout, period    given * (health + 1), health 0..8: up with our failures, down with acks
 *     shortest suspicion       min = multiplier * max(1, log10(n + 1)) * period
 *     longest suspicion        max = max multiplier * min
 *     both                     + how long it was stopped, if it said so within a minute, 10 s at the most
 *     suspicion                max(min, max - (max - min) * log(c + 1) / log(k + 1)), c: confirmations, k = min(2, n - 2)
 *     retransmissions          4 * ceil(log10(n + 1))
 *
 * | profile | period | probe timeout | suspicion at n = 5 | killed process | silent process (n = 5) |
 * |---------|--------|---------------|--------------------|----------------|------------------------|
 * | lan     | 0.5 s  | 0.2 s         | 2 to 12 s          | two round trips | 2.5 to 6 s            |
 * | wan     | 2 s    | 1 s           | 10 to 60 s         | two round trips | 12 to 28 s            |
 * | local   | 0.2 s  | 0.08 s        | 0.8 to 4.8 s       | two round trips | 1 to 2.5 s            |
 *
 * First detection of a silent member does not depend on n: somebody probes it after e/(e - 1) =
 * 1.58 periods in the mean. lan keeps the shortest suspicion at 2 s, so that a pause of 1 s never
 * kills.
 *
 * ## Evidence: how a member becomes dead
 *
 * A broken link is no verdict: it starts a probe and the helpers' probes at once. A `refused`
 * answer (nothing, or another node, listens at its address) is hard evidence, silence is not.
 * 1. Two different observers were refused: dead at once.
 * 2. Nobody else is alive to ask (a cluster of two): we were refused twice, `refusedRetryMs` apart:
 *    dead.
 * 3. The suspicion ran out. With one observer that is the longest time, during which helpers were
 *    asked, every member was told and could probe for itself, and the suspected could refute; so
 *    one observer alone never kills quickly, and never without the others having had their chance.
 *
 * Our own dials may be refused by one that is there: a firewall between the two, a wrong address.
 * Once a helper had its answer, or it has refuted, it is *out of our reach*: our dials are no
 * evidence until we hear it over a link, people are told once, and a helper that is asked speaks of
 * them only to one who was refused as well. Until then they make it suspect once a period at the
 * most. Of a member whose own record says that nobody can dial it (`undialable`) a refusal is never
 * evidence: silence decides.
 *
 * A member that answers helpers, and twice in a row not us, is there: `relink` has the shell close
 * the links to it, since a new one works at once where TCP tries one that was cut ever more seldom.
 *
 * A newcomer is not probed before two periods have passed: its machine is busy starting, and its
 * links tell when it is gone. A member that did not run for more than two periods says so
 * (`stalledMs`) with a new incarnation: whoever suspects it for that takes it back, and for a
 * minute bears with its silence for so much longer.
 *
 * A tick that comes more than a probe timeout late means that *we* were stopped: outstanding probes
 * are discarded, every timer is moved by the lateness, and our health gets worse instead of the
 * others'.
 *
 * ## Conflicts
 * - One name, two alive ids: who was given the name while the other was gone keeps it (its record
 *   names those whom it `replaces`), else who did not come back from the dead or from a data folder
 *   (`returned`), else the smaller (older) id; the other is forced out (`NAME_TAKEN`).
 * - One address, two live ids: the greater (newer) id has it, the older is dead ("replaced at its
 *   address"), and forced out (`ADDRESS_TAKEN`) if it still hears that.
 *
 * ## Where we depart from the papers and from memberlist
 * - Links instead of datagrams; broken links and refusals are evidence (above).
 * - A record always carries the whole of its member, so that one comparison decides everything.
 * - In clusters up to `LINKS_TO_ALL` the origin of news (join, refutation, new metadata, leave,
 *   removal, a death by timeout) tells all members directly; gossip still runs, for those whom that
 *   did not reach.
 * - A full exchange begins with one number, the digest of the view; only shares that differ are
 *   told. So a quiet cluster's costs nothing, whatever its size, and it need not get rarer with n.
 * - `dead` in a full exchange only makes suspect a member that is alive to us (as memberlist does),
 *   and it is told.
 * - The dead are contacted again for 24 h, the latest dead most often: a partition heals without
 *   anyone's help.
 * - Up to `LINKS_TO_ALL` members one of them dials who went in the last hour every 0.2 s
 *   (`return_watch.ts`), since a node that is about to found a cluster at an old member's address
 *   waits only 0.5 s for who dials it.
 * - `dead` and `left` records carry their age, so that no exchange of old records keeps them for
 *   ever.
 *
 * @module
 */
export { addressWinner, type NameClaim, nameWinner } from "./conflict.ts";
export type { MembershipCounters } from "./counters.ts";
export * from "./interface.ts";
export { Membership } from "./membership.ts";
export type { MembershipOptions } from "./membership.ts";
export { wasHereBefore } from "./own_record.ts";
export { parseMessage, parseRecord } from "./parse.ts";
export type { Parsed, ParsedMessage } from "./parse.ts";
export * from "./messages.ts";
export * from "./observer.ts";
export * from "./profile.ts";
export * from "./record.ts";
export { expectedConfirmations, suspicionMinMs, suspicionTimeoutMs } from "./suspicion.ts";
