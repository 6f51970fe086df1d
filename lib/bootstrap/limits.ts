/** The bounds of joining that nothing else needs, each with its unit and why that number. */

/**
 * Milliseconds until a member that could not be dialled is dialled again by whoever let it in: a
 * firewall or a container's network may need seconds.
 */
export const ADDRESS_RECHECK_MS = 5_000;
/**
 * Dials of a newcomer in a row without any answer after which it counts as one that cannot be
 * dialled: one or two may be lost by a busy machine.
 */
export const ADDRESS_SILENCES = 3;
/**
 * Milliseconds for the answer to a join, when a node is told to end meanwhile: a member may have
 * let it in, and it leaves in order then, where the others would see a crash.
 */
export const GIVE_UP_MS = 250;
/**
 * Members of other clusters that dialled a joining node and that it remembers: each is tried in
 * turn.
 */
export const CALLERS = 8;
/** Milliseconds between two lines on members of one other cluster, however often they dial. */
export const OTHER_CLUSTER_TOLD_MS = 60_000;
/** Other clusters of which a node keeps notes, and addresses of each. */
export const OTHER_CLUSTERS = 8;
/**
 * Milliseconds for which a node that comes back asks where it was before whether it still runs
 * there: one that runs answers in milliseconds.
 */
export const TWIN_MS = 1_000;
/**
 * Milliseconds between two looks of a node that has moved at its former address: rare enough to
 * cost nothing.
 */
export const TWIN_LOOK_MS = 5_000;
/**
 * Milliseconds between two looks of a node that waits for the others to start: a person waits too.
 */
export const GATHER_LOOK_MS = 200;
/**
 * Rounds in which nothing listens at any of the addresses before a join is given up: with the
 * back-off, more than half a second in which a process starts.
 */
export const JOIN_ROUNDS = 3;
/** Milliseconds before the second round of a join; doubles with each. */
export const JOIN_BACK_OFF_MS = 200;
/**
 * Milliseconds from listening to founding, for members of an older cluster to dial this address:
 * two dials of theirs fall into it (`RETURN_DIAL_MS`), so that one may be late. At a port that
 * nobody can know there is no wait.
 */
export const FOUNDING_WAIT_MS = 500;
/** Milliseconds between two savings of who the node is: members come and go in swarms. */
export const IDENTITY_SAVE_MS = 1_000;
/**
 * Members that a node remembers on disk, to find one of them again: 256 records are 75 kB a save.
 */
export const REMEMBERED_MEMBERS = 256;
/** Milliseconds before a node that came back and found nobody looks again; doubles each time. */
export const REJOIN_SHORTEST_MS = 500;
/** Milliseconds between two looks of a node that came back and found nobody, at the most. */
export const REJOIN_LONGEST_MS = 5_000;
/**
 * Terms by which elections go on higher once writes may be lost, by a restore or a forced cluster:
 * more than were held since. Nine billion times so much is below 2^53.
 */
export const REGAINED_TERMS = 1_000_000;
