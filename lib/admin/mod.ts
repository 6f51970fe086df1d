/**
 * What operators ask and do: members and their state, why and how far, who is removed, the way out.
 *
 *     Client ─ members, status, watch, why, rtt, leave, remove ──► AdminApi ──► RequestTarget (the node)
 *     node.leave ──► Leave ─ calls done, services withdrawn, vote released, farewell said ──► stopped
 *
 * | owns                                          | file               |
 * |-----------------------------------------------|--------------------|
 * | what a member answers, page by page           | `admin_api.ts`      |
 * | the members, as people see them               | `members_report.ts`, `member_view.ts` |
 * | who leads and votes, and why                  | `leader_report.ts` |
 * | the node itself, as people see it             | `status_report.ts` |
 * | the way out, in order                         | `leave.ts`         |
 *
 * @module
 */
export { LeaderReport } from "./leader_report.ts";
export { MembersReport } from "./members_report.ts";
export { Leave, type LeaveParts } from "./leave.ts";
export { type ShownNode, type ShownParts, statusOf } from "./status_report.ts";
export { AdminApi, type Answer, type RequestTarget } from "./admin_api.ts";
