import { importsOf, type SourceFile } from "./source.ts";

/** The pure machines: sub-folders that import `core` alone. */
const MACHINES = [
  "consensus/raft",
  "membership/swim",
  "pubsub/fanout",
  "state/store",
  "workers/supervision",
];

/** The layers that touch no IO, time or randomness. */
const PURE_LAYERS: ReadonlySet<string> = new Set([
  "core",
  "wire",
  "rehearsal",
  "simulation",
  ...MACHINES,
]);

/** Pure files of folders that are not: the same rule as for a pure folder. */
const PURE_FILES: ReadonlySet<string> = new Set([
  "lib/rpc/pending_calls.ts",
  "lib/services/balancer.ts",
]);

/** The only files that choose real sockets, disks and clocks: they alone import `io`. */
export const COMPOSITION_ROOTS: ReadonlySet<string> = new Set([
  "main.ts",
  "lib/mod.ts",
  "lib/cli/compose.ts",
]);

// From the bottom up: each row may import what the rows before it may, and those rows themselves.
const RPC = ["core", "wire", "transport"];
const PART = [...RPC, "rpc"];
const MEMBERSHIP = [...PART, "part"];
const CONSENSUS = [...MEMBERSHIP, "membership", "membership/swim"];
const STATE = [...CONSENSUS, "consensus", "consensus/raft"];
const SERVICES = [...STATE, "state", "state/store"];
const CAPABILITY = [...SERVICES, "services"];
const ADMIN = [...CAPABILITY, "security"];
const NODE = [
  ...ADMIN,
  ...["workers", "workers/supervision", "pubsub", "queues", "transactions", "metrics", "http"],
  ...["bootstrap", "client", "admin", "tutorial", "maelstrom"],
];

/**
 * Which layer may import which: a capability imports only those below it. `cli/compose.ts`,
 * `lib/mod.ts` and `main.ts` choose the world that a node runs in, so that they alone import `io`
 * beside.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  wire: ["core"],
  ...Object.fromEntries(MACHINES.map((machine) => [machine, ["core"]])),
  io: ["core", "wire"],
  transport: ["core", "wire"],
  rpc: RPC,
  part: PART,
  membership: [...MEMBERSHIP, "membership/swim"],
  consensus: [...CONSENSUS, "consensus/raft"],
  state: [...STATE, "state/store"],
  services: SERVICES,
  security: SERVICES,
  workers: [...CAPABILITY, "workers/supervision"],
  pubsub: CAPABILITY,
  queues: [...CAPABILITY, "workers", "pubsub"],
  transactions: [...CAPABILITY, "queues"],
  bootstrap: [...SERVICES, "security"],
  client: [...RPC, "rpc", "state", "state/store"],
  admin: ADMIN,
  metrics: ["core", "part"],
  http: ["core", "admin", "services", "state", "metrics", "security"],
  tutorial: ["core", "wire", "transport", "membership", "admin"],
  simulation: ["core", "wire"],
  rehearsal: ["core", "simulation", "membership/swim", "node"],
  node: NODE,
  cli: ["core", "wire", "client", "node", "state", "admin", "rehearsal", "door"],
  door: ["core", "node", "client"],
  main: ["cli"],
};

/**
 * The layer that a path belongs to: a folder of `lib/`, a pure machine in one, `door` for
 * `lib/mod.ts`, `main`.
 */
export function layerOf(path: string): string | undefined {
  if (path === "main.ts") return "main";
  if (path === "lib/mod.ts") return "door";
  const [, folder, inner] = /^lib\/([^/]+)\/(?:([^/]+)\/)?/.exec(path) ?? [];
  return inner !== undefined && MACHINES.includes(`${folder}/${inner}`)
    ? `${folder}/${inner}`
    : folder;
}

/** Whether a file may touch no IO, time, randomness or event loop. */
export function isPure(path: string): boolean {
  return PURE_LAYERS.has(layerOf(path) ?? "") || PURE_FILES.has(path);
}

/** The folder of a file. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** The files of the tree that a file imports, by their paths. */
function targetsOf(file: SourceFile): string[] {
  return importsOf(file).filter((specifier) => specifier.startsWith("."))
    .map((specifier) => new URL(specifier, `file:///${file.path}`).pathname.slice(1));
}

/** What is wrong with an import of a file of the program: against the direction, or past a door. */
export function importFaults(path: string, specifier: string): string[] {
  const layer = layerOf(path);
  if (layer === "std") return [];
  const allowed = layer === undefined ? undefined : MAY_IMPORT[layer];
  if (layer === undefined || allowed === undefined) {
    return [`no layer of the design; give "${layer ?? path}" its place in MAY_IMPORT`];
  }
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  const targetLayer = layerOf(target);
  if (!specifier.startsWith(".") || targetLayer === "std") {
    return isPure(path) ? [`${layer} is pure, and ${specifier} is not of the program`] : [];
  }
  const isAllowed = targetLayer === layer ||
    (targetLayer === "io"
      ? COMPOSITION_ROOTS.has(path)
      : targetLayer !== undefined && allowed.includes(targetLayer));
  return [
    ...isAllowed ? [] : [`${layer} may not import ${targetLayer}`],
    ...isPastDoor(path, target) ? [`enter ${folderOf(target)} by its mod.ts`] : [],
  ];
}

/** A folder is entered by its door, but from inside of it and from the folders that it holds. */
function isPastDoor(from: string, target: string): boolean {
  if (!target.startsWith("lib/") || target.endsWith("/mod.ts")) return false;
  if (/\.(?:json|html|css|js|svg)$/.test(target)) return false;
  return !`${folderOf(from)}/`.startsWith(`${folderOf(target)}/`);
}

/**
 * The files that import each other in a circle, by however many steps and be it for a type, sorted.
 */
export function circularFiles(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  // Whoever nobody of the rest imports, or imports nobody of it, is in no circle: take them away
  // until none is left.
  for (let before = Infinity; targets.size < before;) {
    before = targets.size;
    const imported = new Set([...targets.values()].flat());
    for (const [path, of] of targets) {
      if (!imported.has(path) || !of.some((target) => targets.has(target))) targets.delete(path);
    }
  }
  const reached = (from: string) => {
    const seen = new Set(targets.get(from));
    for (const path of seen) for (const target of targets.get(path) ?? []) seen.add(target);
    return seen;
  };
  return [...targets.keys()].filter((path) => reached(path).has(path)).toSorted();
}
