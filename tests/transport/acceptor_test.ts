import { assert, assertEquals } from "@std/assert";
import { HANDSHAKE_MS } from "../../lib/core/mod.ts";
import {
  Acceptor,
  Connections,
  type LocalIdentity,
  type PeerPool,
  Router,
} from "../../lib/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeLink } from "../support/fake_link.ts";

/** A door behind which nobody is: all that a silent connection meets. */
function door(clock: ManualClock): Acceptor {
  const local = { id: "n1", life: "l1" } as LocalIdentity;
  const connections = new Connections(clock, new Router());
  return new Acceptor(clock, local, connections, {} as PeerPool);
}

Deno.test("thousands that say nothing are refused a few at a time, over seconds, and each is told", () => {
  const clock = new ManualClock();
  const front = door(clock);
  const links = Array.from({ length: 4_096 }, () => new FakeLink());
  for (const link of links) front.receive(link);
  const refused = () => links.filter(({ isClosed }) => isClosed).length;
  clock.advance(HANDSHAKE_MS);
  let [before, worst] = [refused(), 0];
  for (let ms = 1; ms <= 4_000; ms++) {
    clock.advance(HANDSHAKE_MS + ms);
    worst = Math.max(worst, refused() - before);
    before = refused();
  }
  assert(worst <= 8, `${worst} within a millisecond`);
  assertEquals(refused(), links.length);
  for (const link of links) assertEquals(link.sent.map(({ code }) => code), ["TIMEOUT"]);
});

Deno.test("a late one that goes before it is refused takes nobody's place", () => {
  const clock = new ManualClock();
  const front = door(clock);
  const links = Array.from({ length: 9 }, () => new FakeLink());
  for (const link of links) front.receive(link);
  clock.advance(HANDSHAKE_MS);
  links[0]?.end({ kind: "closed", message: "gone" });
  clock.advance(HANDSHAKE_MS + 1);
  assertEquals(links.slice(1).map(({ sent }) => sent.length), Array(8).fill(1));
  assertEquals(clock.due, []);
});

Deno.test("who comes when the node has stopped is told so at once, and nobody waits for it", async () => {
  const clock = new ManualClock();
  const front = door(clock);
  const [early, late] = [new FakeLink(), new FakeLink()];
  front.receive(early);
  const stopping = front.stop("done");
  assertEquals([early.sent.map(({ code }) => code), early.isClosed], [["SHUTTING_DOWN"], true]);
  await stopping;
  front.receive(late);
  assertEquals([late.sent.map(({ code }) => code), late.isClosed], [["SHUTTING_DOWN"], true]);
  assertEquals(clock.due, []);
});

Deno.test("those that were late when the node stops are told that, and none is refused twice", async () => {
  const clock = new ManualClock();
  const front = door(clock);
  const links = Array.from({ length: 64 }, () => new FakeLink());
  for (const link of links) front.receive(link);
  clock.advance(HANDSHAKE_MS);
  clock.advance(HANDSHAKE_MS + 1);
  await front.stop("done");
  assertEquals(clock.due, []);
  const codes = links.map(({ sent }) => sent.map(({ code }) => code).join());
  assertEquals(new Set(codes), new Set(["TIMEOUT", "SHUTTING_DOWN"]));
});
