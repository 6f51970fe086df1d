/**
 * Builds the program into binaries that need no Deno: `dist/muster-TARGET` and `dist/SHA256SUMS`.
 *
 * `deno compile` downloads `denort`, the runtime that it embeds. A machine that cannot reach it
 * sets `DENORT_BIN` to a denort of this platform, and `COMPILE_DENO` to the Deno of the same
 * version.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { replaceFileBy } from "../lib/io/mod.ts";

const TARGETS: readonly string[] = ["unknown-linux-gnu", "apple-darwin", "pc-windows-msvc"]
  .flatMap((system) => [`x86_64-${system}`, `aarch64-${system}`]);

/** Exit code when denort is not to be had: the program may be sound all the same. */
const NO_DENORT_EXIT_CODE = 3;

const HELP = `Builds Muster into binaries that need no Deno.

Usage: deno task compile [--all | --target TARGET] [--output DIR]

  --all            all six targets (each downloads its runtime once)
  --target TARGET  one of: ${TARGETS.join(", ")}
  --output DIR     where to (default: dist)
  -h, --help       this text

Environment:
  DENORT_BIN       the runtime to embed instead of a download; it fits this platform only
  COMPILE_DENO     the Deno that compiles: it must have the version of DENORT_BIN

Exit codes: 0 done, 1 failed, 2 usage, ${NO_DENORT_EXIT_CODE} the runtime could not be downloaded`;

interface Plan {
  targets: readonly string[];
  output: string;
}

/**
 * What the program may do, baked in: the network for a node, and what `--data`, `--svg`, `lock`,
 * `run` and `MUSTER_…` need besides. A compiled program can be granted nothing later, and would
 * refuse those for ever.
 */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-env",
];

/** What the arguments ask for; a text is what is wrong with them. */
function planOf(args: readonly string[], hasOwnRuntime: boolean): Plan | string {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["all"],
    string: ["target", "output"],
    default: { output: "dist" },
    unknown: (arg) => {
      unknown.push(arg);
      return false;
    },
  });
  if (unknown.length > 0) return `Unknown argument ${unknown[0]} (--help lists what there is)`;
  const target = flags["target"];
  if (typeof target === "string" && !TARGETS.includes(target)) {
    return `Unknown target "${target}": one of ${TARGETS.join(", ")}`;
  }
  const targets = flags["all"] === true ? TARGETS : [String(target ?? Deno.build.target)];
  if (hasOwnRuntime && targets.some((wanted) => wanted !== Deno.build.target)) {
    return `DENORT_BIN is a runtime of ${Deno.build.target}: unset it to build other targets`;
  }
  return { targets, output: String(flags["output"]) };
}

/** What became of one build: the name of its file, or the exit code. */
type Built = { name: string } | { code: number };

/** Builds one target into a folder. */
async function compile(target: string, folder: string, signal: AbortSignal): Promise<Built> {
  const name = `muster-${target}${target.includes("windows") ? ".exe" : ""}`;
  const top = new URL("../", import.meta.url);
  console.error(`Compiling ${name}`);
  const compiler = Deno.env.get("COMPILE_DENO");
  const { code, stderr } = await new Deno.Command(compiler ?? Deno.execPath(), {
    // A Deno of another version may not know how to leave out what only the tests import.
    args: ["compile", "--no-prompt", "--no-code-cache", ...PERMISSIONS, "--frozen"]
      .concat(compiler === undefined ? ["--exclude-unused-npm"] : [])
      .concat(target === Deno.build.target ? [] : ["--target", target])
      .concat("--output", `${folder}/${name}`, "main.ts"),
    cwd: top,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  if (code === 0) return { name };
  const report = new TextDecoder().decode(stderr).trim();
  console.error(report);
  if (!/\bDownload\b.*denort/.test(report)) return { code: 1 };
  console.error(
    `\nCannot download the runtime of ${target}: try again where its host can be reached, or set DENORT_BIN to a ` +
      "denort of this platform and COMPILE_DENO to the Deno of the same version",
  );
  return { code: NO_DENORT_EXIT_CODE };
}

/** The line that `sha256sum --check` reads. */
async function checksumLine(folder: string, name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${folder}/${name}`));
  return `${new Uint8Array(digest).toHex()}  ${name}\n`;
}

/**
 * Builds all targets in a folder of their own, and moves them to the others when all are there:
 * what a compile that fails would have replaced stays as it was.
 *
 * @returns the exit code.
 */
async function build({ targets, output }: Plan, signal: AbortSignal): Promise<number> {
  const folder = await Deno.makeTempDir({ dir: output, prefix: ".compile-" });
  try {
    const names: string[] = [];
    let checksums = "";
    for (const target of targets) {
      const built = await compile(target, folder, signal);
      if ("code" in built) return built.code;
      names.push(built.name);
      checksums += await checksumLine(folder, built.name);
    }
    for (const name of names) {
      using file = await Deno.open(`${folder}/${name}`);
      await file.sync();
    }
    for (const name of names) {
      await Deno.rename(`${folder}/${name}`, `${output}/${name}`);
      console.log(`${output}/${name}`);
    }
    await replaceFileBy(`${output}/SHA256SUMS`, checksums);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) return console.log(HELP);
  const plan = planOf(args, Deno.env.get("DENORT_BIN") !== undefined);
  if (typeof plan === "string") {
    console.error(plan);
    Deno.exit(2);
  }
  await Deno.mkdir(plan.output, { recursive: true });
  const output = await Deno.realPath(plan.output);
  const stopping = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, () => stopping.abort());
  Deno.exit(await build({ ...plan, output }, stopping.signal));
}

if (import.meta.main) await main(Deno.args);
