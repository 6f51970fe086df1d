import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { FRAME_BYTES } from "../../lib/core/mod.ts";
import { CostlyTurns } from "../../lib/io/costly_turns.ts";
import { ReadingTurns } from "../../lib/io/reading_turns.ts";
import { COSTLY_BURST_MS, COSTLY_SHARE } from "../../lib/io/tcp_limits.ts";
import { TCP_LIMITS, TcpLink } from "../../lib/io/mod.ts";
import { Flood, frames } from "./flood.ts";
import { until } from "./until.ts";

/** A frame that takes the parser longer than any other of its size. */
function costly(type: string): string {
  const lists = `${"[".repeat(60)}${"]".repeat(60)},`.repeat(FRAME_BYTES / 121 - 1);
  return `{"type":"${type}","b":[${lists}0]}`;
}

function open(order: string[], turns: ReadingTurns, ...texts: string[]): TcpLink {
  const link = new TcpLink(new Flood(frames(...texts)), () => {}, TCP_LIMITS, turns);
  link.attach({ message: ({ type }) => order.push(type), closed: () => {} });
  return link;
}

function end(...links: TcpLink[]): void {
  for (const link of links) link.abort({ kind: "local", message: "done" });
}

Deno.test("a costly frame leaves others dozens of turns, and what follows it comes after it", async () => {
  const order: string[] = [];
  const texts = ['{"type":"before"}', costly("costly"), '{"type":"after"}'];
  const flood = new Flood(frames(...texts));
  const link = new TcpLink(flood, () => {}, TCP_LIMITS, new ReadingTurns());
  link.attach({ message: ({ type }) => order.push(type), closed: () => {} });
  let turns = 0;
  while (order.length < 2) {
    await new Promise((resolve) => setImmediate(resolve));
    if (flood.isRead) turns++;
  }
  assert(turns >= 20, `${turns} turns from its last byte on`);
  await until(() => order.length === 3, "the last frame");
  assertEquals(order, ["before", "costly", "after"]);
  end(link);
});

Deno.test("one costly frame is under way at a time, and one whose link ends holds up nobody", async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  const links = ["first", "second", "third"].map((name) => open(order, turns, costly(name)));
  const quiet = open(order, turns, '{"type":"quiet"}');
  await until(() => order.length === 1, "the quiet one");
  end(links[0] as TcpLink);
  await until(() => order.length === 3, "the others");
  assertEquals(order, ["quiet", "second", "third"]);
  end(...links, quiet);
});

Deno.test("a link that is paused finishes a costly frame, and gives it when it goes on", async () => {
  const turns = new ReadingTurns();
  const order: string[] = [];
  const paused = open(order, turns, costly("paused"), '{"type":"last"}');
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  paused.pause();
  const other = open(order, turns, costly("other"));
  await until(() => order.length === 1, "the other");
  assertEquals(order, ["other"]);
  paused.resume();
  await until(() => order.length === 3, "the paused one");
  assertEquals(order, ["other", "paused", "last"]);
  end(paused, other);
});

Deno.test("costly frames that are no messages end their link with the reason", async () => {
  const order: string[] = [];
  const turns = new ReadingTurns();
  const link = new TcpLink(new Flood(frames(costly("").slice(0, -1))), () => {}, TCP_LIMITS, turns);
  link.attach({
    message: () => {},
    closed: ({ kind, message }) => order.push(`${kind}: ${message.slice(0, 24)}`),
  });
  const next = open(order, turns, costly("next"));
  await until(() => order.length === 2, "both");
  assertEquals(order, ["rejected: A frame that is not JSON", "next"]);
  end(next);
});

Deno.test("pieces have their share of the time together, past a burst", async () => {
  const turns = new CostlyTurns();
  const [first, second] = [{}, {}];
  const order: string[] = [];
  turns.enter(first);
  turns.enter(second);
  const begunAt = performance.now();
  turns.spent(COSTLY_BURST_MS + 5, begunAt);
  turns.wait(second, () => order.push("second"));
  turns.wait(first, () => order.push("first"));
  await until(() => order.length === 1, "the first");
  assert(performance.now() - begunAt >= 5 / COSTLY_SHARE - 1);
  turns.leave(first);
  await until(() => order.length === 2, "the second");
  assertEquals(order, ["first", "second"]);
  turns.leave(second);
});
