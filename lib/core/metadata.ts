import { METADATA_BYTES } from "./limits.ts";
import { utf8Bytes } from "./utf8_bytes.ts";

/** Bytes of a node's tags and services as JSON: what `METADATA_BYTES` bounds. */
export function metadataBytes(
  tags: Readonly<Record<string, string>>,
  services: readonly string[],
): number {
  if (services.length === 0 && Object.keys(tags).length === 0) return 4;
  return utf8Bytes(JSON.stringify(tags) + JSON.stringify(services));
}

/** Whether others take a node with these tags and services. */
export function isMetadataInBounds(
  tags: Readonly<Record<string, string>>,
  services: readonly string[],
): boolean {
  return metadataBytes(tags, services) <= METADATA_BYTES;
}
