/**
 * The nodes of the tutorial that Muster grew out of: they say one sentence in JSON, are listed as guests, and are
 * never probed.
 *
 * | owns                                          | file               |
 * |-----------------------------------------------|--------------------|
 * | who they are, told to all members             | `guests.ts`        |
 * | what they say when they come                  | `receive_guest.ts` |
 *
 * @module
 */
export { type Guest, Guests, parseGuest } from "./guests.ts";
export { receiveGuest } from "./receive_guest.ts";
