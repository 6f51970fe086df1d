import { assertEquals, assertStringIncludes } from "@std/assert";
import { FailoverClient, type Node, type NodeOptions, startNode } from "../../lib/node/mod.ts";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { eventually } from "../support/eventually.ts";
import { KillablePorts } from "../support/killable_ports.ts";
import { found, NOBODY, startProgram } from "./harness.ts";
import { inFolder } from "../support/in_folder.ts";

/** A program that says that it runs, and when it is asked to end. */
function script(folder: string): string[] {
  const loop = "while [ ! -e go ]; do sleep 0.02; done";
  return ["sh", "-c", `cd ${folder}; trap 'touch ended; exit 0' TERM; touch ready; ${loop}`];
}

function has(folder: string, name: string): Promise<number> {
  const exists = () => [...Deno.readDirSync(folder)].some((entry) => entry.name === name);
  return eventually(`${name} is written`, exists, [], 10_000);
}

/** A cluster of one that can die, and another one that then takes its address. */
class Place implements AsyncDisposable {
  readonly #killable = new KillablePorts();
  #node!: Node;
  #stranger: Node | undefined;

  static async make(options: NodeOptions = {}): Promise<Place> {
    const place = new Place();
    place.#node = await startNode(place.#killable, { ...FOUNDING, ...options });
    return place;
  }

  get address(): string {
    return this.#node.address;
  }

  get node(): Node {
    return this.#node;
  }

  /** How many keys or leases there are. */
  count(what: "keys" | "leases"): number {
    const consensus = this.#node.statusView()["consensus"] as { state: Record<string, number> };
    return consensus.state[what] ?? 0;
  }

  /** The node dies; another cluster is founded at its address. */
  async taken(): Promise<Node> {
    const { port } = parseAddress(this.address);
    await this.#killable.die();
    this.#stranger = await startNode(systemPorts(), { ...FOUNDING, port });
    return this.#stranger;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stranger === undefined) await this.#node.leave();
    else await this.#stranger.leave();
  }
}

const FOUNDING = { port: 0, join: [NOBODY], makeMasterOnError: true, profile: "local" } as const;

Deno.test("lock: another cluster at the address ends the lock at once, and CMD, and is left alone", async () => {
  await using place = await Place.make();
  await inFolder(async (folder) => {
    const at = ["--clusterip", place.address];
    // With a TTL of a minute no keep-alive is due for long.
    const flags = ["lock", "job", "--ttl", "1m", ...at, "--json"];
    const locked = startProgram([...flags, "--", ...script(folder)]);
    await has(folder, "ready");
    const stranger = await place.taken();
    await using theirs = await stranger.lock("job", { ttlMs: 60_000 });
    await has(folder, "ended");
    const { code, err } = await locked.done;
    assertEquals([code, JSON.parse(err).code], [4, "OTHER_CLUSTER"]);
    assertStringIncludes(err, 'The lock \\"job\\" was lost, and the program ended');
    // The first's end has revoked nothing there.
    const { entries } = await stranger.kv.list("$lock/");
    assertEquals(entries.map(({ lease }) => lease), [theirs.lease.id]);
    assertEquals(theirs.isHeld, true);
  });
});

Deno.test("lock: who waits for a lock does not wait on in another cluster", async () => {
  await using place = await Place.make();
  // It dies with its node: nobody can release it.
  await place.node.lock("job");
  const at = ["--clusterip", place.address, "--json"];
  const waiting = startProgram(["lock", "job", "--ttl", "1m", ...at, "--", "true"]);
  await eventually("both have a claim", () => place.count("leases") === 2);
  await eventually("the second waits", () => place.count("keys") === 2);
  const stranger = await place.taken();
  const { code, err } = await waiting.done;
  assertEquals([code, JSON.parse(err).code], [4, "OTHER_CLUSTER"]);
  assertEquals((await stranger.kv.list("$lock/")).entries, []);
});

Deno.test("run --on-master: another cluster at the address ends CMD, and the command", async () => {
  await using place = await Place.make();
  await inFolder(async (folder) => {
    const flags = ["run", "--on-master", "--clusterip", place.address, "--json"];
    const beside = startProgram([...flags, "--", ...script(folder)]);
    await has(folder, "ready");
    await place.taken();
    await has(folder, "ended");
    const { code, err } = await beside.done;
    assertEquals([code, JSON.parse(err.split("\n").at(-1) ?? "").code], [4, "OTHER_CLUSTER"]);
  });
});

Deno.test("kv watch ends when another cluster answers, with nothing of its history", async () => {
  await using place = await Place.make();
  const watching = startProgram(["kv", "watch", "--clusterip", place.address, "--json"]);
  const puts = setInterval(() => void place.node.kv.put("first", 1).catch(() => {}), 20);
  await watching.line(/first/).finally(() => clearInterval(puts));
  const stranger = await place.taken();
  for (let put = 0; put < 30; put++) await stranger.kv.put("second", put);
  const { code, out, err } = await watching.done;
  assertEquals([code, JSON.parse(err).code, out.includes("second")], [4, "OTHER_CLUSTER", false]);
});

Deno.test("watch and members --watch end with the member, and never go on elsewhere", async () => {
  for (const command of [["watch"], ["members", "--watch"]]) {
    await using place = await Place.make();
    const watching = startProgram([...command, "--clusterip", place.address, "--json"]);
    await eventually("it watches", () =>
      place.node.statusView()["links"] !== undefined &&
      (place.node.statusView()["links"] as { watchers: number }).watchers === 1);
    await place.taken();
    const { code, err } = await watching.done;
    assertEquals([code, JSON.parse(err).code], [1, "UNREACHABLE"]);
  }
});

Deno.test("a client passes a stranger by while a member of its cluster answers", async () => {
  await using first = await found({ name: "ada" });
  const killable = new KillablePorts();
  const second = await startNode(killable, {
    ...FOUNDING,
    makeMasterOnError: false,
    join: [parseAddress(first.address)],
  });
  await using stranger = await found({ name: "grace" });
  const addresses = [second, stranger].map(({ address }) => parseAddress(address));
  await using client = await FailoverClient.connect(systemPorts(), addresses);
  await killable.die();
  const put = { op: "apply", command: { type: "put", key: "a", value: 1 } } as const;
  const outcome = await client.ask(put, { timeoutMs: 10_000 });
  assertEquals(outcome.ok, true);
  assertEquals((await first.kv.get("a"))?.value, 1);
  assertEquals(await stranger.kv.get("a"), undefined);
});
