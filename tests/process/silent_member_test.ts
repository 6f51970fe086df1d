import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { ProcessCluster, run } from "../support/process_cluster.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
/**
 * What a command may take that asks a member which says nothing: a minute, and it is often far
 * less.
 */
const GIVEN_UP_MS = 60_000;

Deno.test("what watches through a member that was stopped ends within a minute, and says so", async () => {
  await using cluster = new ProcessCluster();
  const node = await cluster.start("ada");
  const at = ["--clusterip", node.address, "--json"];
  const commands = [["watch"], ["members", "--watch"], ["kv", "watch"]];
  const watching = commands.map((command) => run(...command, ...at));
  const links = async () => JSON.parse((await run("status", ...at)).out).links.open;
  // Each has a link, and this question has one itself.
  while (await links() <= commands.length);
  node.signal("SIGSTOP");
  const asked = await run("members", ...at, "--timeout", "1s");
  assertEquals(asked.code, 3);
  assert(asked.ms < 10_000, `${asked.ms} ms`);
  for (const { code, err, ms } of await Promise.all(watching)) {
    assert(code !== 0 && ms < GIVEN_UP_MS, `exit ${code} after ${ms} ms`);
    const { message, retryable } = JSON.parse(err.trim().split("\n").at(-1) ?? "");
    assertStringIncludes(message, node.address);
    assertEquals(retryable, true);
  }
});

/** `kv watch` in a process of its own. */
class WatchingProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(address: string) {
    const flags = ["kv", "watch", "colour", "--clusterip", address, "--json"];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-net", MAIN, ...flags],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** The value of the next change. */
  async next(): Promise<unknown> {
    const { value } = await this.#lines.read();
    return value === undefined ? undefined : JSON.parse(value).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#lines.cancel();
  }
}

Deno.test("what watches keys goes on through another member when its own was stopped", async () => {
  await using cluster = new ProcessCluster();
  const first = await cluster.start("ada");
  const second = await cluster.start("grace", first);
  const third = await cluster.start("alan", first);
  await second.saw("alan", "joined");
  const voters = async () =>
    JSON.parse((await run("status", "--clusterip", first.address, "--json")).out).voters.length;
  while (await voters() < 3);
  await using watching = new WatchingProcess(third.address);
  const put = (value: string) => run("kv", "put", "colour", value, "--clusterip", first.address);
  // When it has shown a change it is connected, and knows the others.
  const shown = watching.next();
  let isShown = false;
  void shown.then(() => isShown = true);
  while (!isShown) await put("red");
  third.signal("SIGSTOP");
  const { code, err } = await put("blue");
  assertEquals(code, 0, err);
  let value = await shown;
  while (value === "red") value = await watching.next();
  assertEquals(value, "blue");
});
