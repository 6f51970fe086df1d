import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAddress, type Ports } from "../../lib/core/mod.ts";
import { FOUNDING_WAIT_MS } from "../../lib/bootstrap/limits.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { join, type JoinOptions, type Node } from "../../lib/mod.ts";
import { type NodeEvent, startNode } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free_ports.ts";
import { failureOf, stateOf } from "../support/local_cluster.ts";
import { KillablePorts } from "../support/killable_ports.ts";

/** The old members of a cluster whose founder is gone from its port. */
class Bereaved implements AsyncDisposable {
  readonly port = freePorts(1)[0] as number;
  readonly others: Node[] = [];
  readonly #late: Node[] = [];
  readonly #founderPorts = new KillablePorts();
  founder!: Node;
  name: string | undefined;

  static async of(others: number, name?: string, ports?: () => Ports): Promise<Bereaved> {
    const all = new Bereaved();
    all.name = name;
    all.founder = await startNode(all.#founderPorts, {
      port: all.port,
      join: [],
      makeMasterOnError: true,
      ...(name === undefined ? {} : { name }),
    });
    for (let at = 0; at < others; at++) {
      const through = [parseAddress(all.founder.address)];
      all.others.push(
        await startNode(ports?.() ?? systemPorts(), { port: 0, join: through }),
      );
    }
    await eventually(
      "all are there",
      () => all.others.every(({ members }) => members.length === others + 1),
      all.others,
    );
    return all;
  }

  /** Addresses at which nobody is. */
  named(count: number): string[] {
    return freePorts(count).map((port) => `127.0.0.1:${port}`);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#founderPorts.die();
    const { id } = this.founder;
    await eventually(
      "it is dead",
      () => this.others.every((node) => stateOf(node, id) === "dead"),
      this.others,
    );
  }

  /** Arrow-up: the command that the founder was started with, by default. */
  async again(options: JoinOptions = {}): Promise<Node> {
    const node = await join({
      port: this.port,
      clusterip: [`127.0.0.1:${this.port}`],
      makeMasterOnError: true,
      ...(this.name === undefined ? {} : { name: this.name }),
      ...options,
    });
    this.#late.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.others, ...this.#late].map((node) => node.leave()));
  }
}

for (const [others, name] of [[1], [2], [3], [5], [2, "first"]] as const) {
  const called = name === undefined ? "" : ", with a name";
  Deno.test(`a founder that was killed and is started again joins the ${others} that are left${called}`, async () => {
    await using all = await Bereaved.of(others, name);
    await all.kill();
    const node = await all.again();
    assertEquals(node.cluster, all.others[0]?.cluster);
    await eventually(
      "all see it",
      () => all.others.every((other) => stateOf(other, node.id) === "alive"),
      all.others,
    );
  });
}

Deno.test("a founder that left in order and is started again joins those that are left", async () => {
  await using all = await Bereaved.of(3);
  await all.founder.leave();
  const node = await all.again();
  assertEquals(node.cluster, all.others[0]?.cluster);
});

Deno.test("a member that left in order and names others is free: it founds, or hears where it was", async () => {
  await using all = await Bereaved.of(2);
  // An earlier life at that address ended otherwise: the last one counts.
  await all.kill();
  await (await all.again()).leave();
  const clusterip = all.named(1);
  const error = await failureOf(all.again({ makeMasterOnError: false, clusterip }));
  assertEquals(error.code, "NO_CLUSTER");
  assert(
    all.others.some(({ address }) => error.message.includes(`left in order is at ${address}`)),
  );
  const node = await all.again({ clusterip: [...clusterip, `localhost:${all.port}`] });
  assert(node.cluster !== all.others[0]?.cluster);
});

Deno.test("a member that left in order and names itself by another address of its own joins them", async () => {
  await using all = await Bereaved.of(2);
  await all.founder.leave();
  const node = await all.again({ clusterip: [`localhost:${all.port}`] });
  assertEquals(node.cluster, all.others[0]?.cluster);
});

Deno.test("a node whose --clusterip is out of date joins through members that dial it", async () => {
  await using all = await Bereaved.of(2);
  await all.kill();
  const node = await all.again({ makeMasterOnError: false });
  assertEquals(node.cluster, all.others[0]?.cluster);
});

Deno.test("a node that expects others and names none of the living joins through members that dial it", async () => {
  await using all = await Bereaved.of(2);
  await all.kill();
  const clusterip = [`127.0.0.1:${all.port}`, ...all.named(2)];
  let node: Node | undefined;
  void all.again({ makeMasterOnError: false, expect: 3, clusterip }).then((made) => node = made);
  await eventually("it is let in", () => node !== undefined, all.others);
  assertEquals(node?.cluster, all.others[0]?.cluster);
});

Deno.test("a founder at a port that nobody can know does not wait, and one at a known port waits once", async () => {
  const begun = performance.now();
  await using first = await join({ port: 0, clusterip: [], makeMasterOnError: true });
  const unknownMs = performance.now() - begun;
  const [port = 0] = freePorts(1);
  const clusterip = [`127.0.0.1:${port}`];
  await using second = await join({ port, clusterip, makeMasterOnError: true });
  const knownMs = performance.now() - begun - unknownMs;
  assert(first.master === first.id && second.master === second.id);
  assert(knownMs >= FOUNDING_WAIT_MS, `${knownMs}`);
});

Deno.test("a founder that is to join nobody founds, also where a member of another cluster was", async () => {
  await using all = await Bereaved.of(1);
  await all.kill();
  const node = await all.again({ clusterip: [] });
  assertEquals(node.members.length, 1);
});

/** The system's ports of nodes that do not reach a port, until they do. */
class CutNetwork {
  isCut = false;

  constructor(readonly port: () => number) {}

  ports(): Ports {
    const ports = systemPorts();
    const { network } = ports;
    return {
      ...ports,
      network: {
        listen: (...given) => network.listen(...given),
        dial: (address, timeout, handler) => {
          if (!this.isCut || address.port !== this.port()) {
            return network.dial(address, timeout, handler);
          }
          return ports.clock.setTimer(1, () => {
            handler.failed({ kind: "unreachable", message: "no way there" });
          });
        },
      },
    };
  }
}

Deno.test("two clusters that meet at an address say so on both sides, once, with the command that rejoins", async () => {
  let port = 0;
  const network = new CutNetwork(() => port);
  await using all = await Bereaved.of(2, undefined, () => network.ports());
  port = all.port;
  const warnings: { side: string; message: string }[] = [];
  const hear = (side: string) => (event: NodeEvent) => {
    if (event.event !== "warning" || event.code !== "OTHER_CLUSTER") return;
    warnings.push({ side, message: event.message });
  };
  for (const other of all.others) other.on(hear("old"));
  await all.kill();
  network.isCut = true;
  const node = await all.again({ onEvent: hear("new") });
  assert(node.cluster !== all.others[0]?.cluster);
  network.isCut = false;
  const notesOf = (of: Node) => String(of.statusView()["notes"]);
  await eventually(
    "both sides have told and noted it",
    () =>
      warnings.some(({ side }) => side === "new") && warnings.some(({ side }) => side === "old") &&
      notesOf(node).includes("--clusterip") &&
      all.others.some((other) => notesOf(other).includes("another cluster")),
    [node, ...all.others],
  );
  const told = warnings.find(({ side }) => side === "new")?.message ?? "";
  const caller = all.others.find(({ address }) => told.includes(address));
  assertStringIncludes(told, String(all.others[0]?.cluster));
  assertStringIncludes(told, `muster --myport ${port} --clusterip ${caller?.address}`);
  const noted = all.others.find((other) => notesOf(other).includes("another cluster")) as Node;
  assertStringIncludes(notesOf(noted), `--myport ${port} --clusterip ${noted.address}`);
  const why = JSON.stringify(await noted.historyOf(all.founder.id));
  assertStringIncludes(why, "a node of another cluster listens at its address");
  assert(warnings.filter(({ side }) => side === "new").length === 1, JSON.stringify(warnings));
});
