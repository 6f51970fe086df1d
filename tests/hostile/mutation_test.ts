import { assertEquals } from "@std/assert";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  randomBelow,
  SeededRandom,
} from "../../lib/core/mod.ts";
import { frame, join } from "../wire/feed.ts";
import { WireClient } from "../wire/wire_client.ts";
import { registeredParts } from "../support/registered_parts.ts";
import { NodeUnderAttack } from "./node_under_attack.ts";

const TRANSCRIPT = Deno.readTextFileSync(new URL("../wire/transcript.txt", import.meta.url));
const CONNECTIONS = 150;
const STRANGER = {
  id: "01939fd0-0000-7000-8000-00000000000d",
  name: "eve",
  address: "127.0.0.1:9",
};

const RECORD = { ...STRANGER, incarnation: 1, state: "alive", tags: {}, services: [] };

/**
 * All that a node takes, as its parts declare it, and two answers that it does not, with the fields
 * of all of them, so that each can be taken: the transcript does not show what members say among
 * themselves.
 */
const DECLARED: JsonObject[] = [
  ...(await registeredParts()).messages.map(({ type }) => type),
  ...["joined", "event"],
].map((type) => ({
  type,
  id: 1,
  term: 1,
  pre: false,
  granted: true,
  lastIndex: 1,
  lastTerm: 1,
  transfer: false,
  read: 1,
  ok: true,
  hintIndex: 0,
  hintTerm: 0,
  // Whoever leads is not named: of two members that lead one term, one stops, and it may be this
  // one.
  voters: [],
  learners: [],
  sequence: 1,
  index: 1,
  incarnation: 1,
  target: STRANGER.id,
  previousIndex: 0,
  previousTerm: 0,
  entries: [],
  commit: 0,
  round: 1,
  sentAt: 0,
  gossip: [RECORD],
  digest: 1,
  digests: [1, 2],
  of: 2,
  shares: [0, 1],
  mutual: true,
  members: [RECORD],
  rest: { of: 2, shares: [1], after: STRANGER.id },
  guest: {},
}));

/** What may stand where something else is expected. */
const ODD: Json[] = [
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, "", "x", "\u0000", "\ud800", "x".repeat(5_000)],
  ...[[], {}, [[]], [null], { length: 5 }, STRANGER.id, "constructor", "127.0.0.1:1"],
];

/** What the transcript says in either direction, but for what ends the node. */
function examples(): Json[] {
  const shown = TRANSCRIPT.split("\n").filter((line) => /^[<>] [{[]/.test(line));
  const messages = shown.map((line) => JSON.parse(line.slice(2)) as Json);
  return [...messages, ...DECLARED as Json[]].filter((message) => !isDeadly(message));
}

function isDeadly(message: Json): boolean {
  return JSON.stringify(message).includes('"type":"leave"');
}

/** Draws what a hostile peer sends; one seed draws the same always. */
class Mutator {
  readonly #random: SeededRandom;
  readonly #examples = examples();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  below(bound: number): number {
    return randomBelow(this.#random, bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A greeting, or none, and some frames: whole and sound, odd, or torn. */
  conversation(): Uint8Array {
    const member = { role: "member", channel: this.pick(["control", "data"]), node: STRANGER };
    const hello = { type: "hello", protocol: 1, batch: true };
    const greetings = [{ ...hello, role: "client" }, { ...hello, ...member }, ODD[this.below(20)]];
    const frames = Array.from({ length: this.below(20) }, () => this.#frame());
    return join([frame(JSON.stringify(this.pick(greetings))), ...frames]);
  }

  #frame(): Uint8Array {
    const message = this.#mutated(this.pick(this.#examples));
    const bytes = frame(JSON.stringify(isDeadly(message) ? null : message));
    const torn = this.below(20);
    if (torn === 0) return bytes.subarray(0, this.below(bytes.length));
    if (torn === 1) bytes[this.below(4)] = this.below(256);
    return bytes;
  }

  #mutated(value: Json): Json {
    if (this.below(8) === 0) return this.pick(ODD);
    if (Array.isArray(value)) {
      const items = value.map((each) => this.below(3) === 0 ? this.#mutated(each) : each);
      return this.below(5) === 0 ? [...items, this.pick(ODD)] : items;
    }
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).filter(() => this.below(8) > 0);
    return Object.fromEntries(
      entries.map(([key, each]) => [key, this.below(4) === 0 ? this.#mutated(each as Json) : each]),
    ) as Json;
  }
}

for (const seed of [1, 2, 3]) {
  Deno.test(`whatever is sent, others are answered and nothing is left of it (seed ${seed})`, async () => {
    await using attacked = await NodeUnderAttack.start();
    const { id } = attacked.node;
    const mutator = new Mutator(seed);
    for (let count = 0; count < CONNECTIONS; count++) {
      using client = await WireClient.connect(attacked.port);
      await client.write(mutator.conversation()).catch(() => {});
      // Most wait until all that they sent is taken; the others are gone in the middle of it.
      if (count % 4 !== 0) {
        await client.conn.closeWrite().catch(() => {});
        await client.rest();
      }
      if (count % 10 === 0) await attacked.checkAnswers();
    }
    await attacked.checkUnharmed();
    assertEquals([attacked.node.id, attacked.node.master], [id, id]);
  });
}
