import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../lib/core/mod.ts";
import { NodeUnderAttack } from "../hostile/node_under_attack.ts";
import { type Heard, memberTalk, shapeOf } from "./member_talk.ts";
import { WireClient } from "./wire_client.ts";

/** What nodes of an older version said to each other, a message of each shape. */
const OLDER: Heard[] = Deno.readTextFileSync(new URL("older_members.txt", import.meta.url))
  .trim().split("\n").map((line) => JSON.parse(line));

/** The first recorded message of a type. */
function saidFirst(type: string): Message {
  const found = OLDER.find(({ message }) => message.type === type);
  assert(found !== undefined, type);
  return found.message;
}

/** What begins and ends a link is no message between members that know each other. */
const OF_LINKS: ReadonlySet<string> = new Set(["hello", "welcome", "bye"]);

/**
 * By type and sender, the fields that stand in all of the messages, each with the type of its
 * value.
 */
function fieldsOfAll(heard: readonly Heard[]): Map<string, Record<string, string>> {
  const all = new Map<string, Record<string, string>>();
  for (const each of heard) {
    const key = `${each.message.type} of a ${each.by}`;
    const shape = shapeOf(each);
    const known = Object.entries(all.get(key) ?? shape);
    all.set(key, Object.fromEntries(known.filter(([name, kind]) => shape[name] === kind)));
  }
  return all;
}

Deno.test("what an older member counts on is said today, by every message of its type", async () => {
  const today = fieldsOfAll(await memberTalk());
  const missing = [...fieldsOfAll(OLDER)].flatMap(([key, fields]) => {
    const said = today.get(key);
    if (said === undefined) return [`${key} is not said`];
    return Object.entries(fields).filter(([name, kind]) => said[name] !== kind)
      .map(([name, kind]) => `${key}: ${name} is no ${kind}`);
  });
  assertEquals(missing, []);
});

Deno.test("what an older member said is understood today, and nothing of it is refused", async () => {
  await using node = await NodeUnderAttack.start();
  const older = saidFirst("join")["member"] as { id: string; name: string };
  // The node takes the place of the one that led: that another does, in its term, would end it.
  const master = saidFirst("master")["master"];
  for (const { by, message: recorded } of OLDER) {
    if (by !== "member" || OF_LINKS.has(recorded.type)) continue;
    const text = JSON.stringify(recorded).replaceAll(String(master), node.node.id);
    const message = JSON.parse(text);
    // A link of its own: what answers a question that this node never asked may end the link it
    // comes by.
    const hello = {
      role: "member",
      channel: "control",
      node: { ...older, address: "127.0.0.1:1" },
    };
    using link = await WireClient.greet(node.port, hello);
    await link.send(message);
    await link.send({ type: "ping" });
    const answers: unknown[] = [];
    for (let next = await link.receive(); next !== undefined; next = await link.receive()) {
      answers.push(next["type"]);
      if (next["type"] === "pong") break;
      if (next["type"] === "error" && next["id"] === undefined) answers.push(next["message"]);
    }
    assertEquals(answers.at(-1), "pong", `${message.type}: ${JSON.stringify(answers)}`);
  }
  await node.checkAnswers();
});
