/** The bounds of membership that nothing else needs, each with its unit and why that number. */

/**
 * Milliseconds by which a member that was stopped is borne with at the most, the next time that it
 * is silent.
 */
export const STALL_MAX_MS = 10_000;
/** Milliseconds for which that holds: what stops a machine twice does so within a minute. */
export const STALL_REMEMBERED_MS = 60_000;
/**
 * Milliseconds between two tellings that others reach a member whose address refuses our dials: a
 * person reads the first.
 */
export const OUT_OF_REACH_TOLD_MS = 600_000;
/**
 * Milliseconds for which the address of one who went is dialled every `RETURN_DIAL_MS`: a person
 * who starts it anew had lunch at most.
 */
export const RETURN_WATCH_MS = 3_600_000;
/** Addresses that one member dials so, the latest: 20 dials a second are 0.4 % of a core. */
export const RETURNS_WATCHED = 4;
/**
 * Addresses that a cluster dials so, the latest: at most 320 dials a second, whoever comes
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
/** Characters of JSON of the records that ride on one message: two records of the largest size. */
export const GOSSIP_BYTES = 16_384;
/** Shares into which a view is cut to find where two differ: 4 records each up to 4,096 members. */
export const SYNC_SHARES = 1_024;
/** Records in one page of an exchange: the work of one message is bounded. */
export const SYNC_RECORDS = 1_024;
/** Observers named in one record: more than ever decide anything. */
export const OBSERVERS_MAX = 8;
/** Characters of a record's cause: a sentence. */
export const CAUSE_CHARACTERS = 200;
/** Gone holders of its name that one record names: more than ever wake to claim it again. */
export const REPLACED_MAX = 8;
/** Tags of one member; `METADATA_BYTES` bounds them too. */
export const TAGS_MAX = 64;
/** Services of one member; `METADATA_BYTES` bounds them too. */
export const SERVICES_MAX = 256;
/** Recorded events of one member: enough for a day of trouble, 4 kB. */
export const HISTORY_EVENTS = 32;
/** Probes that a node makes for others at once: each is remembered until it is answered. */
export const RELAYS_MAX = 256;
/** Attempts, in a row, to reach a member whose address refused; then the suspicion decides. */
export const REFUSED_RETRIES = 8;
/** Members, in clusters past `LINKS_TO_ALL`, that a leaving member tells itself. */
export const LEAVE_WITNESSES = 8;
