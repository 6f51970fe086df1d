import { type Address, ClusterError, formatAddress } from "../core/mod.ts";

/**
 * The flag without which Deno would refuse to listen at an address, or to connect to it;
 * `undefined` when it may. It asks nobody: on a terminal the attempt itself would stop the whole
 * program with a question, and nothing would come through any more, no message and no signal.
 */
export function missingNetFlag(address: Address): string | undefined {
  const host = formatAddress(address);
  const { state } = Deno.permissions.querySync({ name: "net", host });
  return state === "granted" ? undefined : `--allow-net=${host}`;
}

/**
 * Makes sure that an address may be listened at.
 *
 * @throws {ClusterError} `NOT_PERMITTED`, naming the permission that is missing.
 */
export function checkMayListen(address: Address): void {
  const flag = missingNetFlag(address);
  if (flag === undefined) return;
  throw new ClusterError(
    "NOT_PERMITTED",
    `Cannot listen on ${address.host} port ${address.port}: start with --allow-net, or with ${flag} ` +
      "and the addresses of the other members",
    { details: { missing: [flag] } },
  );
}
