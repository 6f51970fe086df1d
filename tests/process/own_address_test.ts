import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../lib/core/mod.ts";
import { Child, PROGRAM } from "../cli/child.ts";
import { FIRST, Namespace, SECOND, SIXTH } from "../support/namespace.ts";

const ADDRESSES = [FIRST, SECOND, SIXTH];

/** A machine with several addresses, and what runs on it. */
class Machine implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync();
  readonly #namespace: Namespace;
  readonly #children: Child[] = [];

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** Its network. */
  get network(): Namespace {
    return this.#namespace;
  }

  /** Starts a node on every address, and waits until it is ready. */
  async start(...flags: string[]): Promise<{ child: Child; address: string }> {
    const [deno = "", run = "", ...rest] = PROGRAM;
    const permissions = [`--allow-read=${this.folder}`, `--allow-write=${this.folder}`];
    const child = new Child(
      this.#namespace.command([
        deno,
        run,
        "--quiet",
        ...permissions,
        ...rest,
        "--insecure",
        ...flags,
      ]),
    );
    this.#children.push(child);
    const [, address = ""] = await child.printed(/^ready \S+ (\S+)/m);
    return { child, address };
  }

  /** Runs a command of the program, and reads what it prints as JSON. */
  async ask(...args: string[]): Promise<JsonObject> {
    const command = this.#namespace.command([...PROGRAM, ...args, "--json"]);
    const { code, out, err } = await new Child(command).ended();
    assertEquals(code, 0, err);
    return JSON.parse(out);
  }

  /** What a member believes of who is here: names, addresses and roles. */
  async members(through: string): Promise<string[]> {
    const { members } = await this.ask("members", "--clusterip", through);
    return (members as JsonObject[]).map(({ name, address, role, state }) =>
      `${name} ${address} ${role === "master" ? "master" : "other"} ${state}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      try {
        child.signal("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.gone();
    }
    this.#namespace[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function test(name: string, play: (machine: Machine) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const namespace = Namespace.make(ADDRESSES);
      // Not everybody may make a network.
      if (namespace === undefined) return;
      await using machine = new Machine(namespace);
      await play(machine);
    },
  });
}

const FOUND = ["--makeMasterOnError", "--clusterip", "127.0.0.1:1", "--myport", "8001"];

for (const [host, through] of [["0.0.0.0", `${FIRST}:8001`], ["::", `[${SIXTH}]:8001`]] as const) {
  for (const isDurable of [false, true]) {
    const how = isDurable ? "with a folder" : "in memory";
    test(`a founder on ${host}, ${how}, is the same when a member shows its address`, async (machine) => {
      const data = isDurable ? ["--data", machine.folder] : [];
      const founder = await machine.start(...FOUND, "--host", host, ...data);
      const written = await machine.ask("kv", "put", "colour", "blue", "--clusterip", through);
      assertEquals(written["revision"], 2);
      await machine.start("--host", host, "--myport", "8002", "--clusterip", through);
      const read = await machine.ask("kv", "get", "colour", "--clusterip", through);
      assertEquals([read["value"], read["revision"]], ["blue", 2]);
      const second = through.replace("8001", "8002");
      for (const asked of [through, second]) {
        assertEquals(await machine.members(asked), [
          `${through} ${through} master alive`,
          `${second} ${second} other alive`,
        ]);
      }
      const { address, term } = await machine.ask("status", "--clusterip", through);
      assertEquals([address, term], [through, 1]);
      assertEquals(founder.child.out.match(/^ready/gm)?.length, 1, founder.child.out);
      assertEquals(founder.child.out.match(/is the master, term/g)?.length, 1, founder.child.out);
    });
  }
}

/** Asks until it is as wanted, and gives the last answer. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + 10_000;
  while (true) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > giveUpAt) return answer;
  }
}

test("a founder whose first member is of its own machine learns its address from the second", async (machine) => {
  await machine.start(...FOUND, "--host", "0.0.0.0");
  await machine.ask("kv", "put", "colour", "blue", "--clusterip", "127.0.0.1:8001");
  await machine.start("--host", "127.0.0.1", "--myport", "8002", "--clusterip", "127.0.0.1:8001");
  await machine.start("--host", FIRST, "--myport", "8003", "--clusterip", `${FIRST}:8001`);
  const founder = `${FIRST}:8001 ${FIRST}:8001 master alive`;
  for (const asked of ["127.0.0.1:8001", "127.0.0.1:8002", `${FIRST}:8003`]) {
    const told = await until(() => machine.members(asked), ([first]) => first === founder);
    assertEquals([told[0], told.length], [founder, 3], asked);
  }
  const read = await machine.ask("kv", "get", "colour", "--clusterip", "127.0.0.1:8002");
  assertEquals(read["value"], "blue");
});

test("a node whose machine has another address at the restart is the same member there", async (machine) => {
  const data = ["--host", "0.0.0.0", "--data", machine.folder];
  const second = `${SECOND}:8002`;
  const first = await machine.start(...FOUND, ...data);
  await machine.start("--host", SECOND, "--myport", "8002", "--clusterip", `${FIRST}:8001`);
  await machine.ask("kv", "put", "colour", "blue", "--clusterip", second);
  assertEquals((await machine.members(second))[0], `${FIRST}:8001 ${FIRST}:8001 master alive`);
  first.child.signal("SIGKILL");
  await first.child.gone();
  machine.network.remove(FIRST);
  await machine.start(...data, "--myport", "8001", "--clusterip", second);
  const moved = `${SECOND}:8001 ${SECOND}:8001 master alive`;
  const told = await until(() => machine.members(second), (all) => all[0] === moved);
  assertEquals(told, [moved, `${second} ${second} other alive`]);
  const read = await machine.ask("kv", "get", "colour", "--clusterip", second);
  assertEquals(read["value"], "blue");
});
