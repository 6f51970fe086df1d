import type { SourceFile } from "./source.ts";

/** Files that may be longer than {@linkcode MAX_LINES}, each with the reason. */
export const LONG_FILES: Readonly<Record<string, string>> = {};

/** Past this many lines a file is asking to be two. */
export const MAX_LINES = 400;

/** All that the top of the tree holds, beside what git ignores. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  ".ci",
  ".git",
  ".github",
  ".gitignore",
  "LICENSE",
  "README.md",
  "deno.json",
  "deno.lock",
  "lib",
  "main.ts",
  "scripts",
  "tests",
]);

const EMPTY_WORDS = /^(?:utils?|helpers?|common|managers?|misc)$/;

/** Names of files that are not snake_case, or that say nothing. */
export function nameFaults(path: string): string[] {
  const segments = path.split("/");
  const faults: string[] = [];
  if (
    path.endsWith(".ts") && !/^[a-z0-9]+(?:_[a-z0-9]+)*(?:\.d)?\.ts$/.test(segments.at(-1) ?? "")
  ) {
    faults.push(`${path}: the name of a file is snake_case.ts`);
  }
  for (const word of path.split(/[/_.]/)) {
    if (EMPTY_WORDS.test(word)) faults.push(`${path}: "${word}" names no idea`);
  }
  return faults;
}

/** Whether a word of an exported name says nothing. */
export function isEmptyName(name: string): boolean {
  return name.split(/_|(?=[A-Z])/).some((word) => EMPTY_WORDS.test(word.toLowerCase()));
}

/** A file past the limit that is not among the exceptions. */
export function lengthFaults(
  file: SourceFile,
  exceptions: Readonly<Record<string, string>> = LONG_FILES,
): string[] {
  const lines = file.text.split("\n").length - 1;
  return lines > MAX_LINES && exceptions[file.path] === undefined
    ? [`${file.path}: ${lines} lines; past ${MAX_LINES} it is asking to be two`]
    : [];
}

// Put together, so that this file does not find itself.
const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
const MACHINE_PATH = /(?:^|[\s"'`(=:])\/(?:work|farm|home|root)\//;
const REGISTRY_HOST = /\b(?:registry|deb)\.[a-z]+\.(?:org|com)\b/;

/** Words of unfinished work, paths of one machine, hosts of a registry. */
export function wordFaults(file: SourceFile): string[] {
  return file.text.split("\n").flatMap((line, index) => {
    const where = `${file.path}:${index + 1}: `;
    const faults: string[] = [];
    if (UNFINISHED.test(line)) faults.push(`${where}unfinished by its own words`);
    if (MACHINE_PATH.test(line)) faults.push(`${where}a path of one machine`);
    if (REGISTRY_HOST.test(line)) faults.push(`${where}the host of a registry`);
    return faults;
  });
}

/** Folders of `lib/` without a door, and doors that do not say what is behind them. */
export function doorFaults(files: readonly SourceFile[]): string[] {
  const code = files.filter(({ path }) => path.endsWith(".ts") && !path.startsWith("lib/std/"));
  const folders = new Set(
    code.filter(({ path }) => path.startsWith("lib/")).map(({ path }) =>
      path.replace(/\/[^/]+$/, "")
    ),
  );
  return [...folders].flatMap((folder) => {
    const door = code.find(({ path }) => path === `${folder}/mod.ts`);
    if (door === undefined) return [`${folder}: has no mod.ts`];
    const doc = /^\/\*\*[^]*?\*\//.exec(door.text)?.[0] ?? "";
    return doc.includes("@module")
      ? []
      : [`${door.path}: does not start with a doc of the @module`];
  });
}

/** What stands at the top of the tree and does not belong there. */
export function topLevelFaults(names: readonly string[], ignored: string): string[] {
  const hidden = new Set(ignored.split("\n").map((line) => line.replaceAll("/", "").trim()));
  return names.filter((name) => !TOP_LEVEL.has(name) && !hidden.has(name))
    .map((name) => `${name}: does not belong at the top of the tree`);
}

/**
 * What doors say of files that is not so: names of files that there are none of, and files that the
 * table of owners leaves out, where there is one.
 */
export function doorTableFaults(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const doors = files.filter(({ path }) => /^lib\/(?!std\/).*\/mod\.ts$/.test(path));
  return doors.flatMap(({ path, text }) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const doc = /^\/\*\*[^]*?\*\//.exec(text)?.[0] ?? "";
    const named = [...doc.matchAll(/`((?:[a-z_]+\/)*[a-z_]+\.ts)`/g)].map(([, name = ""]) => name);
    const stale = named.filter((name) => !paths.has(folder + name) && !paths.has(name))
      .map((name) => `${path}: there is no ${name}`);
    if (!/^ \* \| owns /m.test(doc)) return stale;
    const missing = [...paths].filter((each) =>
      each !== path && each.startsWith(folder) && !each.slice(folder.length).includes("/") &&
      !named.includes(each.slice(folder.length))
    );
    return [...stale, ...missing.map((each) => `${path}: does not say what ${each} is for`)];
  });
}
