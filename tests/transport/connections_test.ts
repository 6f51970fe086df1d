import { assertEquals } from "@std/assert";
import { KEEP_ALIVE_MS, LINES_IDLE_MS, LINK_IDLE_MS } from "../../lib/core/mod.ts";
import { Connection, type Peer } from "../../lib/transport/connection.ts";
import { Connections } from "../../lib/transport/connections.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeLink } from "../support/fake_link.ts";

const MEMBER = { role: "member", node: "n", channel: "data" } as const;
const CLIENT = { role: "client", node: undefined, channel: "data" } as const;

function sessions(clock: ManualClock): Connections {
  return new Connections(clock, { message: () => {}, closed: () => {} });
}

/** What a part has under way on a connection. */
class Work {
  awaited = 0;
  owed = 0;
}
class OtherWork extends Work {}

/** Lets time pass in steps of the keep-alive sweep; says when each message of a type was sent. */
function sentAt(clock: ManualClock, link: FakeLink, type: string, untilMs: number): number[] {
  const times: number[] = [];
  for (let time = KEEP_ALIVE_MS / 3; time <= untilMs; time += KEEP_ALIVE_MS / 3) {
    clock.advance(time);
    for (const message of link.take()) if (message.type === type) times.push(time);
  }
  return times;
}

Deno.test("a silent link is asked whether it is alive, and closed when it does not answer", () => {
  const clock = new ManualClock();
  const links = sessions(clock);
  const link = new FakeLink();
  links.establish(link, MEMBER);
  const [firstAt = 0] = sentAt(clock, link, "ping", LINK_IDLE_MS + KEEP_ALIVE_MS);
  assertEquals(firstAt >= KEEP_ALIVE_MS && firstAt <= KEEP_ALIVE_MS * 4 / 3, true);
  assertEquals([link.isClosed, links.size], [true, 0]);
});

Deno.test("a link whose other side answers stays open, however long nothing else is said", () => {
  const clock = new ManualClock();
  const links = sessions(clock);
  const link = new FakeLink();
  links.establish(link, MEMBER);
  for (let time = 0; time <= LINK_IDLE_MS * 10; time += KEEP_ALIVE_MS / 3) {
    clock.advance(time);
    for (const { type } of link.take()) if (type === "ping") link.receive({ type: "pong" });
  }
  assertEquals([link.isClosed, links.size], [false, 1]);
});

Deno.test("a person who types is asked nothing, and has more time", () => {
  const clock = new ManualClock();
  const links = sessions(clock);
  const link = new FakeLink("lines");
  links.establish(link, CLIENT);
  assertEquals(sentAt(clock, link, "ping", LINES_IDLE_MS - KEEP_ALIVE_MS), []);
  assertEquals(link.isClosed, false);
  sentAt(clock, link, "ping", LINES_IDLE_MS + KEEP_ALIVE_MS);
  assertEquals(link.isClosed, true);
});

Deno.test("without links no timer is set, and stopping closes all and says good-bye to members", async () => {
  const clock = new ManualClock();
  const links = sessions(clock);
  const [member, client] = [new FakeLink(), new FakeLink()];
  links.establish(member, MEMBER);
  links.establish(client, CLIENT);
  await links.stop("done");
  assertEquals([member.take(), client.take()], [[{ type: "bye", reason: "done" }], []]);
  assertEquals([links.size, clock.due], [0, []]);
});

Deno.test("the owner is told of the end once, and then whoever waited for it", () => {
  const told: string[] = [];
  const links = new Connections(new ManualClock(), {
    message: () => {},
    closed: (_: Connection, failure) => told.push(failure.kind),
  });
  const link = new FakeLink();
  const connection = links.establish(link, MEMBER);
  connection.onClosed.push(() => told.push("waited"));
  link.end({ kind: "reset", message: "broken" });
  link.end({ kind: "closed", message: "again" });
  assertEquals(told, ["reset", "waited"]);
});

Deno.test("a link whose other side said good-bye and stays is closed all the same", async () => {
  const clock = new ManualClock();
  const links = sessions(clock);
  const [silent, last] = [new FakeLink(), new FakeLink()];
  // As the node does when it hears `bye`.
  links.establish(silent, MEMBER).isClosing = true;
  sentAt(clock, silent, "ping", LINK_IDLE_MS + KEEP_ALIVE_MS);
  assertEquals(silent.isClosed, true);
  links.establish(last, CLIENT).isClosing = true;
  await links.stop("done");
  assertEquals(last.isClosed, true);
});

Deno.test("at a good-bye who made the link closes it, once all that it asked for is answered", () => {
  const table: [peer: Peer, isClosed: boolean][] = [
    [{ ...MEMBER, isDialled: true }, true],
    [{ ...MEMBER, isDialled: false }, false],
    [MEMBER, false],
    [{ ...MEMBER, channel: "control", isDialled: true }, false],
  ];
  for (const [peer, isClosed] of table) {
    const link = new FakeLink();
    const connection = sessions(new ManualClock()).establish(link, peer);
    connection.hearBye("they leave");
    assertEquals([link.isClosed, connection.isClosing], [isClosed, true], JSON.stringify(peer));
  }
  const link = new FakeLink();
  const connection = sessions(new ManualClock()).establish(link, { ...MEMBER, isDialled: true });
  const [one, other] = [connection.slot(Work), connection.slot(OtherWork)];
  [one.awaited, other.awaited] = [1, 1];
  connection.hearBye("they leave");
  one.awaited = 0;
  connection.settled?.();
  assertEquals(link.isClosed, false, "the other part waits for something");
  other.awaited = 0;
  connection.settled?.();
  assertEquals(link.isClosed, true);
});

Deno.test("good-bye is said once, to members, and to clients only of a node that leaves", () => {
  const said = (peer: Peer, isLeaving: boolean, knowsBye = true) => {
    const link = new FakeLink();
    const connection = sessions(new ManualClock()).establish(link, peer);
    connection.knowsBye = knowsBye;
    connection.sayBye("done", isLeaving, 5);
    connection.sayBye("again", isLeaving, 9);
    connection.close("over");
    connection.close("over");
    assertEquals([connection.isClosing, connection.byeAt, link.isClosed], [true, 5, true]);
    return link.take();
  };
  const [bye, leaving] = [{ type: "bye", reason: "done" }, { leaving: true }];
  assertEquals(said(MEMBER, false), [bye]);
  assertEquals(said(MEMBER, true), [{ ...bye, ...leaving }]);
  assertEquals(said(CLIENT, false), []);
  assertEquals(said(CLIENT, true), [{ ...bye, ...leaving }]);
  // The tutorial's programs, which introduce guests, know no such word.
  assertEquals(said(CLIENT, true, false), []);
});

Deno.test("each part has a state of its own of each connection, and has it again when it asks again", () => {
  const owner = { message: () => {}, closed: () => {} };
  const [first, second] = [new FakeLink(), new FakeLink()].map((link) =>
    new Connection(link, MEMBER, owner)
  ) as [Connection, Connection];
  first.slot(Work).awaited = 2;
  first.slot(OtherWork).owed = 3;
  first.slot(OtherWork).awaited = 1;
  assertEquals([first.slot(Work).awaited, second.slot(Work).awaited], [2, 0]);
  assertEquals([first.awaited, first.owed, second.awaited, second.owed], [3, 3, 0, 0]);
});
