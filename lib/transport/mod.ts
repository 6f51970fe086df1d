/**
 * Links: how one begins, what is known of it while it is open, and which of them lead to members.
 *
 *     Network ─ a link arrives ──► FrontDoor ─ hello, judged ──► Session ──► Sessions
 *     PeerLinks ─ dials ──► openLink ─ hello, welcome ──────────► Session ──┘
 *
 * A link is a *control* link (membership, consensus: small) or a *data* link (calls, bulk), one that a
 * client made or one between members. In clusters of up to `LINKS_TO_ALL` members control links are
 * kept to all; past that they are dialled on demand, and the oldest closes first. Calls go one way on a
 * data link: each side dials its own.
 *
 * | owns                                        | file                              |
 * |---------------------------------------------|-----------------------------------|
 * | a link that arrives, until it is a session  | `front_door.ts`, `complaints.ts`, `out_of_files.ts` |
 * | a link that is dialled, until it is one     | `open_link.ts`                    |
 * | hello, welcome, refuse: written and judged  | `handshake.ts`                    |
 * | an open link, and all of them: silence, keep-alive | `session.ts`, `sessions.ts` |
 * | the links to members                        | `peer_links.ts`, `dial_back_off.ts`, `strangers.ts` |
 * | where it listens, and how others reach it   | `own_address.ts`                  |
 *
 * @module
 */
export * from "./complaints.ts";
export * from "./dial_back_off.ts";
export * from "./front_door.ts";
export * from "./handshake.ts";
export * from "./out_of_files.ts";
export * from "./own_address.ts";
export * from "./peer_links.ts";
export * from "./session.ts";
export * from "./sessions.ts";
export { type DialLimits, type FailedDial, openFirstLink } from "./first_link.ts";
export { type Opening, openLink } from "./open_link.ts";
