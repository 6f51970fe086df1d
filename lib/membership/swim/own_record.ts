import {
  isAddress,
  isId,
  isMetadataInBounds,
  isNonEmptyString,
  isReservedName,
  METADATA_BYTES,
  NAME_CHARACTERS,
} from "../../core/mod.ts";
import type { SelfDescription } from "./interface.ts";
import { parseRecord } from "./parse.ts";
import type { MemberRecord } from "./record.ts";

/**
 * What a node says of itself when it starts, as the record that others take.
 *
 * @throws {TypeError} when the id, name, address or metadata would be refused by others.
 */
export function ownRecord(self: SelfDescription): MemberRecord {
  const { id, name, address, tags = {}, services = [], incarnation = 1 } = self;
  if (!isId(id)) throw new TypeError(`Invalid node id "${id}": a UUID of version 7 is expected`);
  if (!isNonEmptyString(name, NAME_CHARACTERS)) {
    throw new TypeError(`Invalid name "${name}": 1 to ${NAME_CHARACTERS} characters are expected`);
  }
  if (isReservedName(name)) throw new TypeError(`Invalid name "${name}": it means who leads`);
  if (!isAddress(address)) throw new TypeError(`Invalid address "${address}": write HOST:PORT`);
  if (!isMetadataInBounds(tags, services)) {
    throw new TypeError(`Tags and services take more than ${METADATA_BYTES} bytes`);
  }
  const parsed = parseRecord({
    id,
    name,
    address,
    incarnation,
    state: "alive",
    tags,
    services,
  });
  if (!parsed.ok) throw new TypeError(`Invalid tags or services: ${parsed.reason}`);
  return wasHereBefore(incarnation) ? { ...parsed.value, returned: true } : parsed.value;
}

/**
 * Whether a first word with that number is of a node that was here before: a new one begins with 1.
 */
export function wasHereBefore(incarnation: number): boolean {
  return incarnation > 1;
}
