import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Node } from "../../lib/mod.ts";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { deadAddress, LocalCluster } from "../support/local_cluster.ts";

function warnings(events: readonly NodeEvent[]): string[] {
  return events.flatMap((event) =>
    event.event === "warning" && event.code === "UNREACHABLE" ? [event.message] : []
  );
}

Deno.test("who names an address that nobody can dial is let in, and both sides say --advertise", async () => {
  await using cluster = new LocalCluster();
  const [heard, told]: [NodeEvent[], NodeEvent[]] = [[], []];
  const a = await cluster.found({ name: "a", onEvent: (event) => heard.push(event) });
  const advertise = deadAddress();
  const b = await cluster.join(a, {
    name: "b",
    advertise,
    onEvent: (event) => told.push(event),
  });
  const c = await cluster.join(a, { name: "c", advertise: deadAddress() });
  c.handle("where", () => "c");
  a.handle("where", () => "a");
  const nodes = [a, b, c];
  await eventually(
    "all know that two cannot be dialled",
    () =>
      nodes.every((node) =>
        node.members.filter(({ undialable }) => undialable).map(({ name }) => name).join() === "b,c"
      ),
    nodes,
  );
  await eventually(
    "all know who serves",
    () =>
      nodes.every((node) =>
        node.members.filter(({ services }) => services.length > 0).length === 2
      ),
    nodes,
  );
  for (const events of [heard, told]) {
    const said = warnings(events).filter((message) => message.includes(advertise));
    assertEquals(said.length, 1);
    assertStringIncludes(said[0] as string, "--advertise");
    assertStringIncludes(said[0] as string, "refused");
  }
  for (const node of nodes) {
    const notes = JSON.stringify(node.statusView()["notes"]);
    assertStringIncludes(notes, "--advertise");
    assertEquals(node.statusView()["voters"], ["a"]);
  }
  // Of those that serve, the one that can be dialled is called.
  for (let time = 0; time < 20; time++) assertEquals(await b.call("where"), "a");
  const counts = nodes.map((node) => node.statusView()["counters"] as Record<string, number>);
  assert(counts.every(({ suspicions = 0 }) => suspicions <= 2), JSON.stringify(counts));
});

Deno.test("who can be dialled again says so, and is called again", async () => {
  await using cluster = new LocalCluster();
  const [a, b] = await cluster.start("a", "b");
  assert(a && b);
  const isUndialable = (node: Node) => node.members.some(({ undialable }) => undialable);
  assertEquals([a, b].map(isUndialable), [false, false]);
  const advertise = deadAddress();
  const c = await cluster.join(a, { name: "c", advertise });
  await eventually("it is known", () => [a, b].every(isUndialable), [a, b, c]);
  const [host, port] = advertise.split(":") as [string, string];
  const [ownHost, ownPort] = c.listening.split(":") as [string, string];
  using way = new Way({ hostname: host, port: Number(port) }, {
    hostname: ownHost,
    port: Number(ownPort),
  });
  // The newest dials all others: so it finds the way at once.
  await cluster.join(a, { name: "d" });
  await eventually("it is over", () => ![a, b].some(isUndialable), [a, b, c]);
  c.handle("where", () => "c");
  assertEquals(await a.call("where", null, { node: "c" }), "c");
  assertEquals(way.connections > 0, true);
});

/** Carries connections from an address to another, as a port that was opened at last does. */
class Way implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  connections = 0;

  constructor(from: { hostname: string; port: number }, to: { hostname: string; port: number }) {
    this.#listener = Deno.listen(from);
    void this.#run(to);
  }

  async #run(to: { hostname: string; port: number }): Promise<void> {
    for await (const near of this.#listener) {
      this.connections++;
      const far = await Deno.connect(to);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.#open.add(one);
        one.readable.pipeTo(other.writable).catch(() => {});
      }
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#open) {
      try {
        conn.close();
      } catch {
        // It was closed by its stream.
      }
    }
  }
}
