/** The bounds of joining that nothing else needs, each with its unit and why that number. */

/** Milliseconds until a member that could not be dialled is dialled again by whoever let it in. */
export const ADDRESS_RECHECK_MS = 5_000;
/** Dials of a newcomer in a row without any answer after which it counts as one that cannot be dialled. */
export const ADDRESS_SILENCES = 3;
