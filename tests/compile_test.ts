import { assert, assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";

const TOP = new URL("../", import.meta.url);
/** The exit code of scripts/compile.ts when the runtime to embed is not to be had. */
const NO_DENORT_EXIT_CODE = 3;
/** How long to wait for what takes a moment: far more than any machine needs. */
const PATIENCE_MS = 20_000;

interface Build {
  output: string;
  code: number;
  report: string;
}

/** Compiles for this platform into a folder of its own. */
async function build(): Promise<Build> {
  const output = await Deno.makeTempDir({ prefix: "muster-compile-" });
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "scripts/compile.ts", "--output", output],
    cwd: TOP,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { output, code, report: new TextDecoder().decode(stderr) };
}

const BUILD = await build();
// Whether there is a runtime to embed is known only once the build has tried, and a test says
// `ignored` before it runs.
const isIgnored = BUILD.code === NO_DENORT_EXIT_CODE;
const reason = isIgnored ? " (ignored: denort cannot be downloaded and DENORT_BIN is not set)" : "";
const binary = `${BUILD.output}/muster-${Deno.build.target}${
  Deno.build.os === "windows" ? ".exe" : ""
}`;
globalThis.addEventListener("unload", () => Deno.removeSync(BUILD.output, { recursive: true }));

/** A node of the binary, alive until disposed. */
class BinaryNode implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** What the node says once it is ready is read and dropped, for it must not fill its pipe. */
  #rest = Promise.resolve();
  address = "";

  private constructor(args: readonly string[]) {
    this.#child = new Deno.Command(binary, {
      args: [...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  async #readOn(): Promise<void> {
    while (!(await this.#lines.read()).done);
  }

  /** Starts a node and waits for its line `ready NAME ADDRESS …`. */
  static async start(...args: string[]): Promise<BinaryNode> {
    const node = new BinaryNode(args);
    for (let read = await node.#lines.read(); !read.done; read = await node.#lines.read()) {
      const address = /^ready \S+ (\S+)/.exec(read.value)?.[1];
      if (address === undefined) continue;
      node.address = address;
      node.#rest = node.#readOn();
      return node;
    }
    await node.#child.status;
    throw new Error(`The node ended before it was ready: ${args.join(" ")}`);
  }

  /** Asks the node to leave, and waits for its exit code. */
  async terminate(): Promise<number> {
    this.#child.kill("SIGTERM");
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended before.
    }
    await this.#child.status;
    await this.#rest;
  }
}

interface MembersDocument {
  master: string | null;
  members: { id: string; address: string; state: string }[];
}

/** What `members --json` prints when a node is asked. */
async function membersOf(address: string): Promise<MembersDocument> {
  const { stdout } = await new Deno.Command(binary, {
    args: ["members", "--json", "--clusterip", address],
    stdin: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Asks until just these addresses are alive, and returns the answer. */
async function membersOnceAlive(
  asked: string,
  addresses: readonly string[],
): Promise<MembersDocument> {
  const wanted = addresses.toSorted().join();
  const deadline = performance.now() + PATIENCE_MS;
  while (true) {
    const document = await membersOf(asked);
    const alive = document.members.filter(({ state }) => state === "alive");
    const found = alive.map(({ address }) => address).toSorted().join();
    if (found === wanted) return document;
    assert(performance.now() < deadline, `${asked} lists ${found}, not ${wanted}`);
  }
}

Deno.test({
  name: `the program compiles for this platform, with its checksum${reason}`,
  ignore: isIgnored,
  async fn() {
    assertEquals(BUILD.code, 0, BUILD.report);
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(binary));
    assertEquals(
      await Deno.readTextFile(`${BUILD.output}/SHA256SUMS`),
      `${new Uint8Array(digest).toHex()}  ${binary.slice(BUILD.output.length + 1)}\n`,
    );
  },
});

Deno.test({
  name: `three nodes of the binary are one cluster, and one leaves in order${reason}`,
  ignore: isIgnored || BUILD.code !== 0,
  async fn() {
    await using first = await BinaryNode.start("--myport", "0", "--makeMasterOnError");
    await using second = await BinaryNode.start("--myport", "0", "--clusterip", first.address);
    await using third = await BinaryNode.start("--myport", "0", "--clusterip", second.address);
    const nodes = [first, second, third];
    for (const { address } of nodes) {
      const { master, members } = await membersOnceAlive(address, nodes.map((n) => n.address));
      assertEquals(members.find(({ id }) => id === master)?.address, first.address);
    }
    if (Deno.build.os === "windows") return; // Nothing there asks a process to end in order.
    assertEquals(await third.terminate(), 0);
    const { members } = await membersOnceAlive(first.address, [first.address, second.address]);
    const state = members.find(({ address }) => address === third.address)?.state ?? "left";
    assertEquals(state, "left");
  },
});

Deno.test("compile.ts names what is wrong with its arguments", async (t) => {
  const broken: [args: string[], environment: Record<string, string>, says: RegExp][] = [
    [["--nope"], {}, /--nope/],
    [["--target", "sparc"], {}, /sparc.*x86_64-unknown-linux-gnu/],
    [["--all"], { DENORT_BIN: "denort" }, /DENORT_BIN.*unset/],
  ];
  for (const [args, env, says] of broken) {
    await t.step(args.join(" "), async () => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-env", "scripts/compile.ts", ...args],
        cwd: TOP,
        env: { ...env, NO_COLOR: "1" },
        stdin: "null",
      }).output();
      assertEquals(code, 2);
      assert(says.test(new TextDecoder().decode(stderr)));
    });
  }
});
