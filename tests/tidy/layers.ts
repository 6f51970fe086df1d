import { codeOf, importsOf, type SourceFile } from "./source.ts";

const PURE_SIBLINGS = ["wire", "membership", "consensus", "state", "services"];

/** The folders that touch no IO, time or randomness. */
export const PURE_FOLDERS: ReadonlySet<string> = new Set(["core", ...PURE_SIBLINGS, "rehearsal"]);

/** The only files that choose real sockets, disks and clocks: they alone import `io`. */
export const COMPOSITION_ROOTS: ReadonlySet<string> = new Set([
  "main.ts",
  "lib/mod.ts",
  "lib/cli/compose.ts",
]);

const BELOW_NODE = ["core", ...PURE_SIBLINGS, "rehearsal"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  wire: ["core"],
  membership: ["core"],
  consensus: ["core"],
  state: ["core"],
  services: ["core"],
  rehearsal: ["core", "membership"],
  io: ["core", "wire"],
  node: BELOW_NODE,
  http: [...BELOW_NODE, "node"],
  cli: [...BELOW_NODE, "node", "http", "door"],
  door: [...BELOW_NODE, "node", "http"],
  main: [...BELOW_NODE, "node", "http", "cli", "door"],
};

/** The layer that a path belongs to: a folder of `lib/`, `door` for `lib/mod.ts`, `main` for `main.ts`. */
export function layerOf(path: string): string | undefined {
  if (path === "main.ts") return "main";
  if (path === "lib/mod.ts") return "door";
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

/** What breaks the direction of the dependencies, or enters a folder by another file than its door. */
export function importFaults(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  if (layer === "std") return [];
  const allowed = layer === undefined ? undefined : MAY_IMPORT[layer];
  if (layer === undefined || allowed === undefined) {
    return [
      `${file.path}: no layer of the design; give "${layer ?? file.path}" its place in MAY_IMPORT`,
    ];
  }
  const faults: string[] = [];
  for (const { specifier, line } of importsOf(file)) {
    const where = `${file.path}:${line}: `;
    if (!specifier.startsWith(".")) {
      if (PURE_FOLDERS.has(layer)) {
        faults.push(`${where}${layer} is pure and imports "${specifier}"`);
      }
      continue;
    }
    const target = new URL(specifier, `file:///${file.path}`).pathname.slice(1);
    const targetLayer = layerOf(target);
    if (targetLayer === layer) continue;
    if (targetLayer === "std") {
      if (PURE_FOLDERS.has(layer)) {
        faults.push(`${where}${layer} is pure and imports "${specifier}"`);
      }
      continue;
    }
    const isAllowed = targetLayer === "io"
      ? COMPOSITION_ROOTS.has(file.path)
      : targetLayer !== undefined && allowed.includes(targetLayer);
    if (!isAllowed) faults.push(`${where}${layer} may not import ${targetLayer ?? target}`);
    else if (
      /^lib\/[^/]+\/(?!mod\.ts$)/.test(target) && !/\.(?:json|html|css|js|svg)$/.test(target)
    ) {
      faults.push(`${where}enter lib/${targetLayer} by its mod.ts, not by "${specifier}"`);
    }
  }
  return faults;
}

const WORLD = [
  "Deno",
  "Date",
  "performance",
  "crypto",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "console",
  "localStorage",
  "navigator",
  "Worker",
  "WebSocket",
  "BroadcastChannel",
  "async",
  "await",
  "Promise",
];
const WORLD_SHAPE = new RegExp(
  `(?<![.\\w$#])(?:(?:${
    WORLD.join("|")
  })\\b(?!\\s*\\??:)|process\\s*\\.\\s*(?:env|argv|exit|stdin|stdout|stderr|hrtime|nextTick|memoryUsage|cwd|pid|on)\\b|fetch\\s*\\()|\\bMath\\s*\\.\\s*random\\b`,
  "g",
);

/** Where a pure folder touches IO, time, randomness or the event loop. */
export function purityFaults(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  if (layer === undefined || !PURE_FOLDERS.has(layer)) return [];
  const code = codeOf(file.text);
  return [...code.matchAll(WORLD_SHAPE)].map((match) => {
    const line = code.slice(0, match.index).split("\n").length;
    return `${file.path}:${line}: ${layer} is pure and uses "${match[0]}"`;
  });
}
