import { isJsonObject } from "../core/mod.ts";
import type { MembersView, MemberView } from "./views.ts";

/** The members of an answer of the wire, with every field that a later or odd node left out. */
export function readMembersView(answer: Readonly<Record<string, unknown>>): MembersView {
  const { cluster, master, term, members, ...more } = answer;
  return {
    ...more,
    cluster: typeof cluster === "string" ? cluster : null,
    master: typeof master === "string" ? master : null,
    term: typeof term === "number" ? term : 0,
    members: Array.isArray(members) ? members.filter(isJsonObject).map(readMemberView) : [],
  };
}

/** A member of an answer of the wire. */
export function readMemberView(value: Readonly<Record<string, unknown>>): MemberView {
  const { tags, services, roundTripMs, ...rest } = value;
  const view = {
    ...rest,
    id: String(rest["id"]),
    name: String(rest["name"]),
    address: String(rest["address"]),
    state: String(rest["state"]) as MemberView["state"],
    role: String(rest["role"]) as MemberView["role"],
    tags: Object.fromEntries(
      Object.entries(isJsonObject(tags) ? tags : {}).map(([key, text]) => [key, String(text)]),
    ),
    services: Array.isArray(services) ? services.map(String) : [],
    since: String(rest["since"]),
  };
  return typeof roundTripMs === "number" ? { ...view, roundTripMs } : view;
}
