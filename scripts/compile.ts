/**
 * Builds the program into binaries that need no Deno: `dist/muster-TARGET` and `dist/SHA256SUMS`.
 *
 * `deno compile` downloads `denort`, the runtime that it embeds. A machine that cannot reach it sets `DENORT_BIN` to a
 * denort of this platform, and `COMPILE_DENO` to the Deno of the same version.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";

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
 * What the program may do, baked in: the network for a node, and what `--data`, `--svg`, `lock`, `run` and
 * `MUSTER_…` need besides. A compiled program can be granted nothing later, and would refuse those for ever.
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

/** Builds one target and returns the name of its file. */
async function compile(target: string, output: string): Promise<string> {
  const name = `muster-${target}${target.includes("windows") ? ".exe" : ""}`;
  const top = new URL("../", import.meta.url);
  console.error(`Compiling ${name}`);
  const compiler = Deno.env.get("COMPILE_DENO");
  const { code, stderr } = await new Deno.Command(compiler ?? Deno.execPath(), {
    // A Deno of another version may not know how to leave out what only the tests import.
    args: ["compile", "--no-prompt", "--no-code-cache", ...PERMISSIONS, "--frozen"]
      .concat(compiler === undefined ? ["--exclude-unused-npm"] : [])
      .concat(target === Deno.build.target ? [] : ["--target", target])
      .concat("--output", `${output}/${name}`, "main.ts"),
    cwd: top,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return name;
  const report = new TextDecoder().decode(stderr).trim();
  console.error(report);
  if (/\bDownload\b.*denort/.test(report)) {
    console.error(
      `\nCannot download the runtime of ${target}: try again where its host can be reached, or set DENORT_BIN to a ` +
        "denort of this platform and COMPILE_DENO to the Deno of the same version",
    );
    Deno.exit(NO_DENORT_EXIT_CODE);
  }
  Deno.exit(1);
}

/** The line that `sha256sum --check` reads. */
async function checksumLine(output: string, name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${output}/${name}`));
  return `${new Uint8Array(digest).toHex()}  ${name}\n`;
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
  let checksums = "";
  for (const target of plan.targets) {
    const name = await compile(target, output);
    checksums += await checksumLine(output, name);
    console.log(`${output}/${name}`);
  }
  await Deno.writeTextFile(`${output}/SHA256SUMS`, checksums);
}

if (import.meta.main) await main(Deno.args);
