import { assertEquals, assertThrows } from "@std/assert";
import type { LinkFailure, Message } from "../../lib/core/mod.ts";
import { Connection, oneHandler, type Peer, Router, type Sender } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";

const MEMBER: Peer = { role: "member", node: "m", channel: "control" };
const CLIENT: Peer = { role: "client", node: undefined, channel: "data" };

/** A router whose parts write down what they get. */
function written() {
  const router = new Router();
  const log: unknown[] = [];
  const part = (name: string, types: string[], from: Sender) => ({
    name,
    messages: oneHandler(types, {
      from,
      receive: ({ peer }, { type }, characters) => log.push([name, peer.role, type, characters]),
    }),
    disconnected: (_: Connection, { kind }: LinkFailure) => log.push([name, kind]),
  });
  const hear = (peer: Peer, message: Message) => {
    const link = new FakeLink();
    new Connection(link, peer, router).message(message, 9);
    return link.take();
  };
  return { router, log, part, hear };
}

Deno.test("a message goes to the part that declares its type, from whom that may come", () => {
  const { router, log, part, hear } = written();
  router.register(part("a", ["probe", "leave"], "member"));
  router.register(part("b", ["leave"], "client"));
  router.register(part("c", ["call"], "anyone"));
  for (const peer of [MEMBER, CLIENT]) {
    for (const type of ["leave", "call"]) assertEquals(hear(peer, { type }), []);
  }
  assertEquals(hear(MEMBER, { type: "probe" }), []);
  assertEquals(log, [
    ["a", "member", "leave", 9],
    ["c", "member", "call", 9],
    ["b", "client", "leave", 9],
    ["c", "client", "call", 9],
    ["a", "member", "probe", 9],
  ]);
  assertEquals(router.registered.map(({ type, from, part }) => [type, from, part]), [
    ["probe", "member", "a"],
    ["leave", "member", "a"],
    ["leave", "client", "b"],
    ["call", "anyone", "c"],
  ]);
});

Deno.test("what nobody declares, or not for who sends it, is an unknown type", () => {
  const { router, log, part, hear } = written();
  router.register(part("a", ["probe"], "member"));
  router.register(part("b", ["members"], "client"));
  const refused = [
    [CLIENT, { type: "probe", id: 7 }, 7],
    [MEMBER, { type: "members", id: "x" }, undefined],
    [CLIENT, { type: "constructor", id: 1 }, 1],
    [MEMBER, { type: "__proto__" }, undefined],
  ] as const;
  for (const [peer, message, number] of refused) {
    const answers = hear(peer, message).map(({ type, code, id }) => [type, code, id]);
    assertEquals(answers, [["error", "UNKNOWN_TYPE", number]]);
  }
  assertEquals(log, []);
});

Deno.test("two parts that declare one type for the same senders do not start", () => {
  const clashes: [Sender, Sender][] = [
    ["member", "member"],
    ["client", "client"],
    ["anyone", "member"],
    ["client", "anyone"],
    ["anyone", "anyone"],
  ];
  for (const [first, second] of clashes) {
    const { router, part } = written();
    router.register(part("a", ["x"], first));
    const clash = () => router.register(part("b", ["y", "x"], second));
    assertThrows(clash, TypeError, 'Both a and b declare the message "x"');
  }
});

Deno.test("every part hears that a connection is over, in the order in which they registered", () => {
  const { router, log, part } = written();
  for (const name of ["b", "a"]) router.register(part(name, [], "member"));
  router.register({ name: "c" });
  const link = new FakeLink();
  new Connection(link, MEMBER, router).closed({ kind: "reset", message: "gone" });
  assertEquals(log, [["b", "reset"], ["a", "reset"]]);
});

Deno.test("each part has a slot of its own on each connection", () => {
  class Counted {
    count = 0;
  }
  class Held {
    readonly of: Connection;
    constructor(connection: Connection) {
      this.of = connection;
    }
  }
  const connections = [MEMBER, CLIENT].map((peer) =>
    new Connection(new FakeLink(), peer, new Router())
  );
  const [one, other] = connections as [Connection, Connection];
  one.slot(Counted).count = 3;
  assertEquals([one.slot(Counted).count, other.slot(Counted).count], [3, 0]);
  assertEquals([one.slot(Held).of === one, other.slot(Held).of === other], [true, true]);
  assertEquals(one.slot(Held) === one.slot(Held), true);
});
