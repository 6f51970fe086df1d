import { assert, assertEquals } from "@std/assert";
import { GOSSIP_RECORDS } from "../../../lib/core/mod.ts";
import { RELAYED_ACKS } from "../../../lib/membership/swim/limits.ts";
import { type MembershipInput } from "../../../lib/membership/swim/mod.ts";
import { parseMessage } from "../../../lib/membership/swim/parse.ts";
import { PlayedMachine } from "./played_machine.ts";
import { idOf, recordOf } from "./records.ts";

Deno.test("a message is full at its number of records, the word for whom it is sent counted in", () => {
  const played = new PlayedMachine(3 * GOSSIP_RECORDS);
  // Somebody is accused: its next probe begins with that word, and news fills up the rest.
  played.hear(2, recordOf(3, { state: "suspect", by: [idOf(2)] }));
  const counts = new Set<number>();
  let isAccusedTold = false;
  let incarnation = 1;
  played.wait(10_000, ({ to, message }) => {
    const { type, gossip } = message;
    counts.add(gossip.length);
    const taken = parseMessage(JSON.parse(JSON.stringify(message)));
    assert(taken.ok && taken.value.refusals.length === 0, JSON.stringify(taken));
    isAccusedTold ||= to === idOf(3) && gossip[0]?.id === idOf(3);
    if (type === "probe" && to !== idOf(3)) played.ack(to, message.sequence);
    // There is always more news than one message takes.
    incarnation++;
    const news = Array.from(
      { length: GOSSIP_RECORDS },
      (_, at) => recordOf(at + 4, { incarnation }),
    );
    played.hear(2, ...news);
  });
  assert(isAccusedTold, "the accused was not told");
  assertEquals(Math.max(...counts), GOSSIP_RECORDS);
});

Deno.test("a member's links are made anew at the very ack that is the last to be borne", () => {
  const played = new PlayedMachine(4);
  let relayed = 0;
  const relinkedAt: number[] = [];
  played.wait(30_000, ({ to, message }) => {
    if (message.type === "probe" && to !== idOf(3)) played.ack(to, message.sequence);
    if (message.type !== "probe-request") return;
    // The helper reaches whom we do not.
    relayed++;
    const effects = played.ack(to, message.sequence, message.target);
    // Three helpers answer for each probe: the first ack ends it.
    if (effects.some((effect) => effect.type === "relink")) relinkedAt.push(relayed);
  });
  const probesOf = (acks: number) => Math.ceil(acks / 3);
  assertEquals(relinkedAt.slice(0, 3).map(probesOf), [1, 2, 3].map((n) => n * RELAYED_ACKS));
});

Deno.test("whoever has left does nothing more, whatever it is told", () => {
  const inputs: MembershipInput[] = [
    { type: "tick" },
    { type: "leave" },
    { type: "admit", member: recordOf(9) },
    { type: "remove", node: idOf(2) },
    { type: "describe", services: ["echo"] },
    { type: "link-broken", node: idOf(2), kind: "closed" },
    { type: "unreachable", node: idOf(2), kind: "refused" },
    { type: "join", members: [recordOf(9)] },
    {
      type: "message",
      from: idOf(2),
      message: { type: "probe", sequence: 1, target: idOf(1), gossip: [] },
    },
    {
      type: "message",
      from: idOf(2),
      message: { type: "gossip", gossip: [recordOf(1, { state: "suspect", incarnation: 9 })] },
    },
  ];
  const played = new PlayedMachine(3);
  const effects = [...played.input({ type: "leave" }), ...played.wait(20_000)];
  assertEquals(effects.filter(({ type }) => type === "left").length, 1);
  const before = JSON.stringify(played.machine.members());
  for (const input of inputs) {
    played.now += 1_000;
    assertEquals(played.input(input), [], JSON.stringify(input));
  }
  assertEquals(JSON.stringify(played.machine.members()), before);
});

Deno.test("a node that hears in the answer to its join that it was removed says nothing to the others", () => {
  const played = new PlayedMachine(0);
  const members = [recordOf(2), recordOf(1, { state: "left", forced: true })];
  const effects = played.input({ type: "join", members });
  assertEquals(effects.filter(({ type }) => type === "send"), []);
  assertEquals(effects.some(({ type }) => type === "forced-out"), true, JSON.stringify(effects));
  assertEquals(played.wait(20_000).filter(({ type }) => type === "send"), []);
});
