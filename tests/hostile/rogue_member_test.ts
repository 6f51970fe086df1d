import { assertEquals } from "@std/assert";
import { FRAME_BYTES, type JsonObject, REQUESTS_PER_LINK } from "../../lib/core/mod.ts";
import { frame, join } from "../wire/feed.ts";
import { WireClient } from "../wire/wire_client.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

const ROGUE = { id: "01939fd0-0000-7000-8000-00000000000b", name: "eve" };

/** Someone who dials as a member, and means no good. */
class Rogue implements Disposable {
  readonly control: WireClient;
  readonly #listener: Deno.TcpListener;
  readonly #node: JsonObject;
  readonly #dialled: WireClient[] = [];

  private constructor(listener: Deno.TcpListener, node: JsonObject, control: WireClient) {
    this.#listener = listener;
    this.#node = node;
    this.control = control;
  }

  /** Says hello, and no more. */
  static async greet(attacked: NodeUnderAttack): Promise<Rogue> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const node = { ...ROGUE, address: `127.0.0.1:${listener.addr.port}` };
    const hello = { role: "member", channel: "control", node };
    return new Rogue(listener, node, await WireClient.greet(attacked.port, hello));
  }

  /** Joins, as offering a service. */
  async join(service: string): Promise<void> {
    const member = { ...this.#node, tags: {}, services: [service] };
    await this.control.send({ type: "join", id: 1, member });
    assertEquals((await this.control.receive())?.["type"], "joined");
    // The node sees for itself who listens at the address.
    await this.accept();
  }

  /** Lets the node dial. */
  async accept(): Promise<WireClient> {
    const conn = await this.#listener.accept();
    const link = WireClient.over(conn);
    this.#dialled.push(link);
    const hello = await link.receive();
    const { cluster } = hello ?? {};
    await link.send({ type: "welcome", protocol: 1, cluster, node: this.#node });
    return link;
  }

  /** Lets the node dial, and answers its first call with the given message. */
  async answer(message: JsonObject): Promise<void> {
    const link = await this.accept();
    const call = await link.receive();
    await link.send({ ...message, id: call?.["id"] });
  }

  [Symbol.dispose](): void {
    for (const link of [this.control, ...this.#dialled]) link[Symbol.dispose]();
    this.#listener.close();
  }
}

Deno.test("a number that is none, and as large as a frame, is no reason to die", async () => {
  await using attacked = await NodeUnderAttack.start();
  for (const type of ["join", "gather", "members", "dance", "call"]) {
    using rogue = await Rogue.greet(attacked);
    const { length } = JSON.stringify({ type, id: "" });
    const answer = await rogue.control.ask({ type, id: "x".repeat(FRAME_BYTES - length) });
    assertEquals(answer?.["id"], undefined);
    await attacked.checkAnswers();
  }
  await attacked.checkUnharmed();
});

Deno.test("an error as large as a frame is passed on cut, and is no reason to die", async () => {
  await using attacked = await NodeUnderAttack.start();
  using rogue = await Rogue.greet(attacked);
  await rogue.join("evil");
  const large = "x".repeat(FRAME_BYTES - 100);
  using client = await WireClient.greet(attacked.port);
  const answered = rogue.answer({ type: "error", code: large, message: "m", retryable: true });
  const error = await client.ask({ type: "call", id: 1, service: "evil", node: "eve" });
  await answered;
  assertEquals(error, {
    type: "error",
    id: 1,
    code: "BAD_MESSAGE",
    message: "m",
    retryable: true,
  });
  await attacked.checkAnswers();
});

Deno.test("who asks again and again to join is judged once at a time, and makes nobody dial more often", async () => {
  await using attacked = await NodeUnderAttack.start();
  using rogue = await Rogue.greet(attacked);
  // The address of another: the node dials it, to ask who listens there.
  const member = { ...ROGUE, address: attacked.node.address, tags: {}, services: [] };
  const asked = 50;
  const question = frame(JSON.stringify({ type: "join", id: 1, member }));
  await rogue.control.write(join(Array<Uint8Array>(asked).fill(question)));
  const codes = (await rogue.control.rest()).map(({ type, code }) => code ?? type);
  assertEquals(codes, [...Array(asked - 1).fill("OVERLOADED"), "ADDRESS_TAKEN", "bye"]);
  await attacked.checkUnharmed();
});

Deno.test("a member that answers nothing makes one link wait for so many answers and no more", async () => {
  await using attacked = await NodeUnderAttack.start();
  using rogue = await Rogue.greet(attacked);
  await rogue.join("evil");
  using client = await WireClient.greet(attacked.port);
  for (let id = 1; id <= REQUESTS_PER_LINK + 1; id++) {
    await client.send({ type: "rtt", id, from: "eve", to: "ada" });
  }
  const refused = await client.receive();
  assertEquals([refused?.["id"], refused?.["code"]], [REQUESTS_PER_LINK + 1, "OVERLOADED"]);
  await attacked.checkAnswers();
});
