import { type Address, ClusterError, messageOf } from "../core/mod.ts";

/** The error for a listening address that cannot be had. */
export function listenError(error: unknown, address: Address): ClusterError {
  const { host, port } = address;
  if (error instanceof Deno.errors.AddrInUse) {
    return new ClusterError(
      "ADDRESS_TAKEN",
      `Cannot listen on ${host} port ${port}: another program listens there; ` +
        "choose another port with --myport (0: any free one)",
      { cause: error },
    );
  }
  const advice = error instanceof Deno.errors.AddrNotAvailable
    ? "this machine has no such address; give one of its own with --host"
    : error instanceof Deno.errors.PermissionDenied
    ? "ports below 1024 need more rights; choose another with --myport"
    : messageOf(error);
  return new ClusterError("NOT_PERMITTED", `Cannot listen on ${host} port ${port}: ${advice}`, {
    cause: error,
  });
}
