import type { NodeId } from "../../../lib/core/mod.ts";
import type { MemberRecord } from "../../../lib/membership/swim/mod.ts";

/** An id whose order is that of `n`. */
export function idOf(n: number): NodeId {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** The number whose id that is. */
export function numberOf(id: NodeId): number {
  return parseInt(id.slice(-12), 16);
}

/** What is said of member `n`: that it is alive, unless the changes say otherwise. */
export function recordOf(n: number, changes: Partial<MemberRecord> = {}): MemberRecord {
  return {
    id: idOf(n),
    name: `n${n}`,
    address: `10.0.0.1:${n}`,
    incarnation: 1,
    state: "alive",
    tags: {},
    services: [],
    ...changes,
  };
}
