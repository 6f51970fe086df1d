/**
 * Links: how one begins, what is known of it while it is open, and which of them lead to members.
 *
 *     Network ─ a link arrives ──► Acceptor ─ hello, judged ──► Connection ──► Connections
 *     PeerPool ─ dials ──► dial ─ hello, welcome ─────────────► Connection ──┘
 *     Connection ─ a message ──► Router ─ by its type ──► the part that declares it
 *
 * A link is a *control* link (membership, consensus: small) or a *data* link (calls, bulk), one
 * that a client made or one between members. In clusters of up to `LINKS_TO_ALL` members control
 * links are kept to all; past that they are dialled on demand, and the oldest closes first. Calls
 * go one way on a data link: each side dials its own.
 *
 * | owns                                               | file                              |
 * |----------------------------------------------------|-----------------------------------|
 * | a link that arrives, until it is a connection      | `acceptor.ts`                     |
 * | a link that is dialled, until it is one            | `dial.ts`, `first_link.ts`        |
 * | hello, welcome, refuse: written and judged         | `handshake.ts`                    |
 * | an open link, and all of them: silence, keep-alive | `connection.ts`, `connections.ts` |
 * | which part answers a message, and who may send it  | `router.ts`                       |
 * | the links to members                               | `peer_pool.ts`, `member_links.ts` |
 * | when whom is dialled again                         | `dial_back_off.ts`, `strangers.ts` |
 * | what a failed dial says of a member                | `unreachable.ts`                  |
 * | who the node is, and where others reach it         | `local_identity.ts`, `own_address.ts` |
 * | what a person is told of links | `rate_limited_warnings.ts`, `out_of_files.ts` |
 * | listening, as a part | `listening.ts` |
 * | bounds | `limits.ts` |
 *
 * @module
 */
export * from "./rate_limited_warnings.ts";
export * from "./dial_back_off.ts";
export * from "./acceptor.ts";
export * from "./handshake.ts";
export * from "./listening.ts";
export * from "./out_of_files.ts";
export * from "./local_identity.ts";
export * from "./own_address.ts";
export * from "./peer_pool.ts";
export * from "./connection.ts";
export * from "./connections.ts";
export * from "./router.ts";
export {
  type DialLimits,
  type FailedDial,
  type FirstLinkHandler,
  openFirstLink,
} from "./first_link.ts";
export { dial, type OpenHandler, type Opening } from "./dial.ts";
