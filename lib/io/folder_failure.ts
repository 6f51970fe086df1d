import { ClusterError } from "../core/mod.ts";

/** A data folder that cannot be used, with why. */
export function folderFailure(folder: string, what: string, cause?: unknown): ClusterError {
  return new ClusterError("STORE_FAILED", `Cannot use the data folder ${folder}: ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { folder },
  });
}

/** A data folder that another process uses. */
export function inUse(folder: string, cause?: unknown): ClusterError {
  return folderFailure(folder, "another process uses it; two nodes never share a folder", cause);
}

/** A data folder that lacks something which it held once, with what to do. */
export function folderDamage(folder: string, what: string, cause?: unknown): ClusterError {
  return folderFailure(
    folder,
    `${what}, and what a node once stored it must not do without. Nothing in the folder was changed: put ` +
      "back what is missing and start again; or start with another, empty folder, so that the node joins " +
      "as a new member; or restore a backup (muster restore)",
    cause,
  );
}
