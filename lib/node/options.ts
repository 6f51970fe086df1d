import {
  type Address,
  CALL_TIMEOUT_MAX_MS,
  ClusterError,
  composedName,
  DEFAULT_PORT,
  DRAIN_MS,
  EXPECTED_NODES,
  formatAddress,
  isInteger,
  isLoopback,
  isNonEmptyString,
  isReservedName,
  isWildcard,
  METADATA_BYTES,
  type Millis,
  NAME_CHARACTERS,
  utf8Bytes,
} from "../core/mod.ts";
import {
  OBSERVER_TAG,
  type ProfileName,
  PROFILES,
  RESERVED_TAG_PREFIX,
} from "../membership/swim/mod.ts";

/** How a node is started. */
export interface NodeOptions {
  /** The port to listen on; 0: any free one. Default 8001. */
  port?: number;
  /** The address to bind. Default 127.0.0.1; beyond loopback needs `insecure`. */
  host?: string;
  /** The address that others dial; inferred when not given. */
  advertise?: Address;
  /**
   * Members to join through, tried overlapping; if none of them lets it in, then members that dial
   * this node meanwhile, since it was one of theirs before (unless it left them in order and names
   * others than itself). Empty: it joins nobody. Default 127.0.0.1:8001; with a store that lasts
   * none but those that it remembers.
   */
  join?: readonly Address[];
  /** Founds a new cluster when none of `join` answers. Default false. */
  makeMasterOnError?: boolean;
  /**
   * Founds one cluster together with as many nodes (this one counted), which all name each other in
   * `join`.
   */
  expect?: number;
  /**
   * Makes this node, which has a store with the cluster's log, the only voter: the way out when a
   * majority of the voters is lost for good. What only they had is lost. Default false.
   */
  forceNewCluster?: boolean;
  /** A name for people, unique in the cluster. Default the address. */
  name?: string;
  /** Metadata that other members see; keys that begin with `muster.` are the program's own. */
  tags?: Record<string, string>;
  /**
   * Whether it may get a vote. Without one it is an observer: a member that calls, serves, locks
   * and watches, and never counts for a majority. It founds no cluster. Default true.
   */
  voter?: boolean;
  /** Timing. Default `lan`. */
  profile?: ProfileName;
  /** Allows an open cluster beyond loopback. Default false. */
  insecure?: boolean;
  /**
   * How long leaving may take, in milliseconds: it waits for the calls that are under way. Default
   * 10,000.
   */
  drainTimeoutMs?: Millis;
}

/** Options with every default in its place. */
export type CompleteOptions = Required<Omit<NodeOptions, "advertise" | "expect" | "name">> & {
  expect: number | undefined;
  advertise: Address | undefined;
  name: string | undefined;
};

/**
 * The flags that start a node where this one is, without those that say how it finds a cluster.
 *
 * @param port where it listens.
 * @param isDurable whether it has a data folder: one cluster's is of no use in another.
 */
export function flagsOf(options: CompleteOptions, port: number, isDurable: boolean): string {
  const { host, advertise, name, insecure } = options;
  return [
    `--myport ${port}`,
    ...(host === "127.0.0.1" ? [] : [`--host ${host}`]),
    ...(advertise === undefined ? [] : [`--advertise ${formatAddress(advertise)}`]),
    ...(name === undefined ? [] : [`--name ${name}`]),
    ...(insecure ? ["--insecure"] : []),
    ...(isDurable ? ["--data AN_EMPTY_FOLDER"] : []),
  ].join(" ");
}

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws {TypeError} when an option makes no sense.
 * @throws {ClusterError} `NOT_PERMITTED` when the host is not loopback and `insecure` is not set.
 */
export function completeOptions(options: NodeOptions): CompleteOptions {
  const complete: CompleteOptions = {
    port: options.port ?? DEFAULT_PORT,
    host: options.host ?? "127.0.0.1",
    advertise: options.advertise,
    join: options.join ?? [{ host: "127.0.0.1", port: DEFAULT_PORT }],
    makeMasterOnError: options.makeMasterOnError ?? false,
    expect: options.expect,
    forceNewCluster: options.forceNewCluster ?? false,
    name: options.name === undefined ? undefined : composedName(options.name),
    tags: options.tags ?? {},
    voter: options.voter ?? true,
    profile: options.profile ?? "lan",
    insecure: options.insecure ?? false,
    drainTimeoutMs: options.drainTimeoutMs ?? DRAIN_MS,
  };
  const { port, host, name, tags, profile, advertise, expect } = complete;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`Invalid port ${port}: it is a number from 0 to 65535`);
  }
  if (
    name !== undefined && (!isNonEmptyString(name, NAME_CHARACTERS) || /[\p{Cc}\s]/u.test(name))
  ) {
    throw new TypeError(
      `Invalid name "${name}": it is 1 to ${NAME_CHARACTERS} characters without spaces`,
    );
  }
  const reserved = Object.keys(tags).find((key) => key.startsWith(RESERVED_TAG_PREFIX));
  if (reserved !== undefined) {
    throw new TypeError(
      `Invalid tag "${reserved}": what begins with ${RESERVED_TAG_PREFIX} is the program's own`,
    );
  }
  if (name !== undefined && isReservedName(name)) {
    throw new TypeError(`Invalid name "${name}": it means whichever node is the master`);
  }
  if (utf8Bytes(JSON.stringify(tags)) > METADATA_BYTES / 2) {
    throw new TypeError(`Invalid tags: together they are over ${METADATA_BYTES / 2} bytes`);
  }
  checkDrainTimeout(complete.drainTimeoutMs);
  if (expect !== undefined && !isInteger(expect, 1, EXPECTED_NODES)) {
    throw new TypeError(`Cannot expect ${expect} nodes: it is 1 to ${EXPECTED_NODES}`);
  }
  if (expect !== undefined && complete.makeMasterOnError) {
    throw new TypeError(
      "--expect and --makeMasterOnError: a cluster is founded in one of the two ways",
    );
  }
  if (!complete.voter) {
    if (complete.makeMasterOnError || expect !== undefined || complete.forceNewCluster) {
      throw new TypeError(
        "An observer (--observer) never votes, and so founds no cluster: it joins one that is there",
      );
    }
    complete.tags = { ...tags, [OBSERVER_TAG]: "true" };
  }
  if (!Object.hasOwn(PROFILES, profile)) {
    throw new TypeError(
      `Invalid profile "${profile}": it is one of ${Object.keys(PROFILES).join(", ")}`,
    );
  }
  if (advertise !== undefined && (isWildcard(advertise.host) || advertise.port === 0)) {
    throw new TypeError("Invalid advertised address: others cannot dial a wildcard or port 0");
  }
  if (!isLoopback(host) && !complete.insecure) {
    throw new ClusterError(
      "NOT_PERMITTED",
      `Refusing to listen on ${host}: beyond loopback anybody who reaches the port could join and ` +
        "call; secured clusters do not exist yet, so say --insecure to open it on purpose",
      { details: { missing: "insecure" } },
    );
  }
  return complete;
}

/**
 * Checks how long a leave may take.
 *
 * @throws {TypeError} when it makes no sense.
 */
export function checkDrainTimeout(timeoutMs: Millis): void {
  if (isInteger(timeoutMs, 0, CALL_TIMEOUT_MAX_MS)) return;
  throw new TypeError(
    `Invalid drainTimeoutMs ${timeoutMs}: it is 0 to ${CALL_TIMEOUT_MAX_MS} milliseconds`,
  );
}
