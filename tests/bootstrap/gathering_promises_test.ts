import { assertEquals } from "@std/assert";
import type { Message } from "../../lib/core/mod.ts";
import { ExpectBootstrap, GATHER } from "../../lib/bootstrap/expect_bootstrap.ts";
import type { FakeLink } from "../support/fake_link.ts";
import { type House, idOf, STEP_MS, Street } from "../support/street.ts";

const SELF = { id: idOf(50), name: "self", address: "10.0.0.9:8001" };
const GONE: House = { kind: "refused", message: "nothing listens there" };

/** A node that waits for two others, of smaller ids, in a street whose houses the test changes. */
class Waiting {
  readonly houses: House[] = [{ afterMs: 10 }, { afterMs: 10 }];
  readonly street = new Street(this.houses);
  readonly said: string[] = [];
  readonly #stop = new AbortController();
  readonly #gathering: ExpectBootstrap;
  readonly #run: Promise<string>;

  constructor() {
    this.#gathering = new ExpectBootstrap({
      ports: this.street.ports,
      self: () => SELF as never,
      addresses: this.street.addresses,
      expected: 3,
      isCalled: () => false,
      progress: (_, message) => void this.said.push(message),
    });
    this.#run = this.#gathering.run(this.#stop.signal);
  }

  /** Lets everybody look once more, and answers for the others. */
  async look(isFounding: readonly number[] = []): Promise<void> {
    const answer = (link: FakeLink) => {
      const [house] = [...this.street.links].find(([, each]) => each === link) ?? [0];
      for (const { type, id } of link.take()) {
        if (type !== GATHER) continue;
        const founding = isFounding.includes(house);
        link.receive({ type, id, expected: 3, founding, granted: false } as Message);
      }
    };
    const until = this.street.clock.now() + 400;
    const passed = new Promise<void>((resolve) => this.street.clock.setTimer(400, resolve));
    await this.street.comesTo(passed, answer);
    assertEquals(this.street.clock.now() <= until + STEP_MS, true);
  }

  /** Whether this node promises another that it may found. */
  promises(from: string, expected = 3): boolean {
    return this.#gathering.answer({ type: GATHER, ask: "promise", from, expected })["granted"] ===
      true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    assertEquals((await this.street.comesTo(this.#run))[0], "over");
  }
}

Deno.test("a node promises once, and only to one that it sees and that expects as many", async () => {
  await using node = new Waiting();
  assertEquals(node.promises(idOf(0)), false, "nobody has been seen yet");
  await node.look();
  assertEquals([node.promises(idOf(7)), node.promises(idOf(0), 2)], [false, false]);
  assertEquals([node.promises(idOf(0)), node.promises(idOf(1)), node.promises(idOf(0))], [
    true,
    false,
    true,
  ]);
  // As long as that one says that it is about to found.
  await node.look([0]);
  assertEquals(node.promises(idOf(1)), false);
  await node.look();
  assertEquals(node.promises(idOf(1)), true);
});

Deno.test("the progress says for whom a node waits that promised, once that one is gone and not before", async () => {
  await using node = new Waiting();
  const all = "3 of 3 nodes are here: self, node0, node1";
  await node.look();
  assertEquals(node.promises(idOf(0)), true);
  await node.look([0]);
  assertEquals(node.said, [all]);
  node.houses[0] = GONE;
  await node.look();
  const gone = "2 of 3 nodes are here: self, node1";
  assertEquals(node.said.slice(1), [`${gone}; waiting for 10.0.0.0:8001, which was to found`]);
  assertEquals(node.promises(idOf(1)), false, "it may have founded");
  // Another process at its address: the first has ended.
  const next = { id: idOf(7), name: "next", address: "10.0.0.0:8001" };
  node.houses[0] = { afterMs: 10, says: { type: "welcome", protocol: 1, node: next } };
  node.houses[1] = GONE;
  await node.look();
  assertEquals(node.said.slice(2), ["2 of 3 nodes are here: self, next"]);
  assertEquals(node.promises(idOf(7)), true);
});
