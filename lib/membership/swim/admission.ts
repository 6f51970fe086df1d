import type { Admission } from "./interface.ts";
import { isLive, type MemberRecord } from "./record.ts";
import type { Roster } from "./roster.ts";

/**
 * Whether a node may join as `record`, by what `roster` knows.
 *
 * @param isAddressVerified whether the shell has found that the member that had the address is
 * gone.
 */
export function admissionOf(
  roster: Roster,
  record: Pick<MemberRecord, "id" | "name" | "address">,
  isAddressVerified: boolean,
): Admission {
  const { id, name, address } = record;
  if (roster.get(id)?.record.forced) {
    const message =
      `Cannot join as ${name}: this node was removed from the cluster; start it anew, and without its old data folder`;
    return { ok: false, code: "REMOVED", message };
  }
  const neighbour = roster.holderOfAddress(address);
  if (neighbour !== undefined && neighbour.record.id !== id) {
    const isSelf = neighbour.record.id === roster.selfId;
    if (isSelf || (neighbour.record.state === "alive" && !isAddressVerified)) {
      const message = `Cannot join at ${address}: the member ${neighbour.record.name} is there; ` +
        "give the address of this node with --advertise";
      return { ok: false, code: "ADDRESS_TAKEN", holder: roster.view(neighbour), message };
    }
  }
  const namesake = roster.holderOfName(name);
  // Whoever comes from the very address of its namesake is that node, started anew.
  if (
    namesake !== undefined && namesake.record.id !== id && isLive(namesake.record.state) &&
    namesake.record.address !== address
  ) {
    const message = `Cannot join as ${name}: the member at ${namesake.record.address} has that ` +
      "name; choose another with --name";
    return { ok: false, code: "NAME_TAKEN", holder: roster.view(namesake), message };
  }
  return { ok: true };
}
