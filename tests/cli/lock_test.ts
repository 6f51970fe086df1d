import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { KillablePorts } from "../support/killable_ports.ts";
import { found, joinThrough, run, startProgram } from "./harness.ts";

/** A shell's words that write to a file of the folder, and wait until a file "go" is there. */
const UNTIL_GO = "while [ ! -e go ]; do sleep 0.02; done";

Deno.test("lock runs a program with the lock in its environment, and exits as it does", async () => {
  await using node = await found();
  await using folder = await TestFolder.make();
  const at = ["--clusterip", node.address];
  const script = `cd ${folder.path}; echo $MUSTER_LOCK_NAME $MUSTER_LOCK_TOKEN > said; exit 7`;
  const { code, out, err } = await run(["lock", "door", ...at, "--", "sh", "-c", script]);
  assertEquals([code, out, err], [7, "", ""]);
  const [name, token] = (await folder.read("said")).trim().split(" ");
  assertEquals([name, Number(token) > 1], ["door", true]);
  assertEquals((await node.kv.list("$lock/")).entries, []);
});

Deno.test("of two that lock the second waits, or is refused when it only tries", async () => {
  await using node = await found();
  await using folder = await TestFolder.make();
  const at = ["--clusterip", node.address];
  const script = `cd ${folder.path}; echo first > order; ${UNTIL_GO}; echo done >> order`;
  const first = startProgram(["lock", "door", ...at, "--", "sh", "-c", script]);
  await folder.has("order");
  const second = startProgram(
    ["lock", "door", ...at, "--", "sh", "-c", `cd ${folder.path}; echo second >> order`],
  );
  const tried = await run(["lock", "--try", "door", ...at, "--json", "--", "true"]);
  assertEquals([tried.code, JSON.parse(tried.err).code], [1, "LOCKED"]);
  const late = await run(["lock", "door", "--timeout", "50ms", ...at, "--json", "--", "true"]);
  assertEquals([late.code, JSON.parse(late.err).code], [1, "TIMEOUT"]);
  await folder.write("go");
  assertEquals([(await first.done).code, (await second.done).code], [0, 0]);
  assertEquals(await folder.read("order"), "first\ndone\nsecond\n");
});

Deno.test("signals are passed on to the program, and the lock is released at its end", async () => {
  await using node = await found();
  await using folder = await TestFolder.make();
  const script = `cd ${folder.path} || exit 1; trap 'exit 5' INT; touch ready; ${UNTIL_GO}`;
  const locked = startProgram(
    ["lock", "door", "--clusterip", node.address, "--", "sh", "-c", script],
  );
  await folder.has("ready");
  locked.signal();
  assertEquals((await locked.done).code, 5);
  assertEquals((await node.kv.list("$lock/")).entries, []);
});

Deno.test("the program is ended when the lock is lost, with exit code 1", async () => {
  await using node = await found();
  await using folder = await TestFolder.make();
  const script =
    `cd ${folder.path} || exit 1; trap 'touch ended; exit 0' TERM; touch ready; ${UNTIL_GO}`;
  const locked = startProgram(
    ["lock", "door", "--ttl", "600ms", "--clusterip", node.address, "--", "sh", "-c", script],
  );
  await folder.has("ready");
  const [held] = (await node.kv.list("$lock/")).entries;
  await node.kv.apply({ type: "lease-revoke", lease: held?.lease ?? 0 });
  const { code, err } = await locked.done;
  assertEquals(code, 1);
  assertStringIncludes(err, 'The lock "door" was lost, and the program ended: Lease ');
  await folder.has("ended");
});

Deno.test("lock goes on through another member when its own dies", async () => {
  const killable = new KillablePorts();
  await using first = await found({ name: "ada" });
  const second = await startNode(killable, {
    port: 0,
    join: [parseAddress(first.address)],
    profile: "local",
  });
  await using folder = await TestFolder.make();
  const script = `cd ${folder.path}; touch ready; ${UNTIL_GO}`;
  const locked = startProgram(
    ["lock", "door", "--ttl", "1s", "--clusterip", second.address, "--", "sh", "-c", script],
  );
  await folder.has("ready");
  await killable.die();
  const diedAt = performance.now();
  await eventually("its TTL passes", () => performance.now() - diedAt > 1_500);
  assertEquals((await first.kv.list("$lock/")).entries.length, 1);
  await folder.write("go");
  assertEquals(await locked.done, { code: 0, out: "", err: "" });
});

Deno.test("who waits for a lock is told what for, and that it was given up", async () => {
  await using node = await found();
  await using _held = await node.lock("door");
  const waiting = ["lock", "door", "--clusterip", node.address, "--timeout", "1200ms"];
  const GIVEN_UP = 'Another holds the lock "door" for longer';
  const [person, program] = await Promise.all([
    run([...waiting, "--", "true"]),
    run([...waiting, "--json", "--", "true"]),
  ]);
  assertEquals(person.err, `muster: waiting for the lock "door"\nmuster: ${GIVEN_UP}`);
  assertEquals(JSON.parse(program.err).message, GIVEN_UP);
});

Deno.test("lock asks for what it needs, and no more", async () => {
  assertEquals((await run(["lock", "door"])).code, 2);
  assertEquals((await run(["lock", "door", "--ttl", "1ms", "--", "true"])).code, 2);
  assertEquals((await run(["lock", "door", "--clusterip", "127.0.0.1:1", "--", "true"])).code, 3);
  await using node = await found();
  const missing = ["lock", "door", "--clusterip", node.address, "--", "/no/such/program"];
  const { code, err } = await run(missing);
  assertEquals(code, 127);
  assertStringIncludes(err, "Cannot run /no/such/program: there is no such program");
  assertEquals((await node.kv.list("$lock/")).entries, []);
});

Deno.test("run --on-master runs a program where the master is, and moves it", async () => {
  await using first = await found({ name: "ada" });
  await using second = await joinThrough(first, { name: "grace" });
  await using third = await joinThrough(first, { name: "alan" });
  const isVoter = (role: string) => role === "voter" || role === "master";
  const voters = () => third.members.filter(({ role }) => isVoter(role)).length;
  await eventually("three voters", () => voters() === 3, [third], 10_000);
  await using folder = await TestFolder.make();
  const script = `cd ${folder.path} || exit 1; trap 'echo end $MUSTER_NODE >> log; exit 0' TERM; ` +
    `echo start $MUSTER_NODE $MUSTER_TERM >> log; ${UNTIL_GO}; echo done $MUSTER_NODE >> log; exit 3`;
  const beside = (node: Node) =>
    startProgram(
      ["run", "--on-master", "--clusterip", node.address, "--", "sh", "-c", script],
    );
  const runs = [beside(first), beside(second)] as const;
  await folder.has("log");
  await eventually("it is started", () => folder.readSync("log") === "start ada 1\n");

  const moved = await run(["transfer", "grace", "--clusterip", third.address]);
  assertEquals([moved.code, moved.out], [0, "grace is the master now"]);
  await eventually("it has moved", () => /start grace/.test(folder.readSync("log")));
  const lines = () => folder.readSync("log").trim().split("\n");
  await eventually("it is ended where it was", () => lines().includes("end ada"));
  assert(lines().some((line) => /^start grace [2-9]/.test(line)));

  await folder.write("go");
  assertEquals((await runs[1].done).code, 3);
  runs[0].signal();
  assertEquals((await runs[0].done).code, 0);
  assertEquals((await run(["run", "--", "true"])).code, 2);
});

Deno.test("transfer hands the master's part to the member named, or to any voter", async () => {
  await using first = await found({ name: "ada" });
  const at = ["--clusterip", first.address];
  assertEquals((await run(["transfer", "ada", ...at])).out, "ada is the master already");
  assertEquals((await run(["transfer", "nobody", ...at])).code, 1);
  await using second = await joinThrough(first, { name: "grace" });
  const early = await run(["transfer", "grace", ...at]);
  assertEquals([early.code, early.err], [
    1,
    "muster: grace is no voter: the master is the only one that is here",
  ]);
  await using third = await joinThrough(first, { name: "alan" });
  const roles = () => third.members.filter(({ role }) => role === "voter").length;
  await eventually("two voters beside the master", () => roles() === 2, [third], 10_000);
  const { master, name, previous } = JSON.parse((await run(["transfer", "--json", ...at])).out);
  assertEquals([previous, master === first.id], [first.id, false]);
  assert(name === "grace" || name === "alan");
  await eventually("all know it", () => second.master === master && first.master === master);
});

/** A folder for what programs write. */
class TestFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<TestFolder> {
    return new TestFolder(await Deno.makeTempDir());
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/${name}`);
  }

  readSync(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`);
  }

  async write(name: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/${name}`, "");
  }

  /** Resolves when a file is there. */
  async has(name: string): Promise<void> {
    await eventually(`${name} is written`, () => {
      try {
        return Deno.statSync(`${this.path}/${name}`).isFile;
      } catch {
        return false;
      }
    }, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
