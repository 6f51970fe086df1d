import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Address, ClusterId, Message } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { PinnedCluster } from "../../lib/node/mod.ts";
import { welcomeMessage } from "../../lib/transport/handshake.ts";
import { failureOf } from "../support/local_cluster.ts";

const [OURS, THEIRS, NODE] = ["1", "2", "3"].map((digit) =>
  `01900000-0000-7000-8000-00000000000${digit}`
) as [ClusterId, ClusterId, string];

/** A node that says of itself what the test wants, and asks nobody what cluster is meant. */
class LaxNode implements Disposable {
  cluster: ClusterId | undefined;
  readonly hellos: Message[] = [];
  readonly address: Address;
  readonly #listener: { close(): void };

  constructor() {
    const listener = systemPorts().network.listen({ host: "127.0.0.1", port: 0 }, (link) => {
      link.attach({
        closed: () => {},
        message: (hello) => {
          this.hellos.push(hello);
          const self = { id: NODE, name: "lax", address: "127.0.0.1:1" };
          link.send(welcomeMessage(1, this.cluster, self, self.id));
        },
      });
    });
    this.address = listener.address;
    this.#listener = listener;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

Deno.test("the first member that answers decides over the cluster, and every hello names it", async () => {
  using node = new LaxNode();
  const pinned = new PinnedCluster(systemPorts());
  node.cluster = OURS;
  await (await pinned.connect([node.address], 1_000)).close();
  await (await pinned.connect([node.address], 1_000)).close();
  assertEquals(pinned.id, OURS);
  assertEquals(node.hellos.map(({ cluster }) => cluster), [undefined, OURS]);
});

Deno.test("a node that welcomes us into another cluster is left, whatever it lets in", async () => {
  using node = new LaxNode();
  const pinned = new PinnedCluster(systemPorts());
  node.cluster = OURS;
  await (await pinned.connect([node.address], 1_000)).close();
  node.cluster = THEIRS;
  const { code, message } = await failureOf(pinned.connect([node.address], 1_000));
  assertEquals(code, "OTHER_CLUSTER");
  assertStringIncludes(message, OURS);
});

Deno.test("a node that is still joining is no member of any cluster yet: it might join another", async () => {
  using node = new LaxNode();
  const pinned = new PinnedCluster(systemPorts());
  assertEquals((await failureOf(pinned.connect([node.address], 1_000))).code, "NOT_A_MEMBER");
  assertEquals(pinned.id, undefined);
  node.cluster = OURS;
  await (await pinned.connect([node.address], 1_000)).close();
  node.cluster = undefined;
  assertEquals((await failureOf(pinned.connect([node.address], 1_000))).code, "NOT_A_MEMBER");
});
