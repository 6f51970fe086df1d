import { assert, assertEquals, AssertionError } from "@std/assert";
import { isAddress, isId, isJsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";
import type { Mode } from "../../lib/wire/mod.ts";
import { WireClient } from "./wire_client.ts";

const TRANSCRIPT = Deno.readTextFileSync(new URL("transcript.txt", import.meta.url));

interface Step {
  line: number;
  direction: ">" | "<";
  text: string;
}

interface Connection {
  title: string;
  mode: Mode;
  steps: Step[];
}

function parseTranscript(text: string): Connection[] {
  const connections: Connection[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const title = /^== (.+) \((frames|lines)\)$/.exec(line);
    const step = /^([<>]) (.+)$/.exec(line);
    if (title !== null) {
      connections.push({ title: title[1] as string, mode: title[2] as Mode, steps: [] });
    } else if (step !== null && connections.length > 0) {
      const direction = step[1] as Step["direction"];
      connections.at(-1)?.steps.push({ line: index + 1, direction, text: step[2] as string });
    } else throw new Error(`transcript.txt:${index + 1}: neither a title nor a step: ${line}`);
  }
  return connections;
}

/** What stands for values that differ from run to run. */
const PLACEHOLDERS: Record<string, (value: unknown) => boolean> = {
  "<id>": isId,
  "<address>": isAddress,
  "<time>": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT.*Z$/.test(value),
  "<number>": (value) => typeof value === "number",
  "<text>": (value) => typeof value === "string",
  "<any>": (value) => value !== undefined,
};

/** Where a value differs from what is expected, or `undefined`; an object may have more fields. */
function difference(expected: unknown, value: unknown, path = "message"): string | undefined {
  if (typeof expected === "string" && Object.hasOwn(PLACEHOLDERS, expected)) {
    return PLACEHOLDERS[expected]?.(value) ? undefined : `${path} is no ${expected}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length) {
      return `${path} is no list of ${expected.length}`;
    }
    return expected.map((each, at) => difference(each, value[at], `${path}[${at}]`))
      .find((found) => found !== undefined);
  }
  if (isJsonObject(expected)) {
    if (!isJsonObject(value)) return `${path} is no object`;
    return Object.entries(expected)
      .map(([key, each]) => difference(each, value[key], `${path}.${key}`))
      .find((found) => found !== undefined);
  }
  return Object.is(expected, value) ? undefined : `${path} is not ${JSON.stringify(expected)}`;
}

async function replay(port: number, { mode, steps }: Connection): Promise<void> {
  using client = await WireClient.connect(port, mode);
  for (const { line, direction, text } of steps) {
    if (text.startsWith("hex ")) {
      await client.write(
        Uint8Array.from(text.slice(4).split(" "), (byte) => Number.parseInt(byte, 16)),
      );
    } else if (direction === ">") await client.send(text);
    else {
      const message = await client.receive();
      const found = text === "closed"
        ? (message === undefined ? undefined : "the connection is not closed")
        : message === undefined
        ? "the connection is closed"
        : difference(JSON.parse(text), message);
      if (found === undefined) continue;
      throw new AssertionError(
        `transcript.txt:${line}: ${found}\n  expected ${text}\n  received ${
          JSON.stringify(message)
        }`,
      );
    }
  }
}

Deno.test("a real node says what the transcript says", async (t) => {
  const connections = parseTranscript(TRANSCRIPT);
  await using node = await startNode(systemPorts(), {
    port: 0,
    name: "ada",
    join: [],
    makeMasterOnError: true,
  });
  const { port } = parseAddress(node.address);
  for (const connection of connections) {
    await t.step(connection.title, () => replay(port, connection));
  }
});

Deno.test("the transcript shows every type of message that the document shows or lists", () => {
  const document = Deno.readTextFileSync(new URL("../../lib/wire/PROTOCOL.md", import.meta.url));
  const examples = [...document.matchAll(/^ {4}\{"type":"([a-z-]+)"/gm)];
  const rows = [...document.matchAll(/^\| `([a-z-]+)` +\|.*\|$/gm)].filter(([row]) =>
    /^\| `(ping|pong|bye|members|status|why|rtt|remove|leave|watch)`/.test(row)
  );
  const documented = new Set([...examples, ...rows].map(([, type = ""]) => type));
  const steps = parseTranscript(TRANSCRIPT).flatMap((connection) => connection.steps);
  const shown = new Set(
    steps.flatMap(({ text }) => [...text.matchAll(/"type":"([a-z-]+)"/g)].map(([, type]) => type)),
  );
  assertEquals([...documented].filter((type) => !shown.has(type)), []);
  assert(documented.size >= 20, `only ${documented.size} types are in the document`);
});

Deno.test("a replay finds what differs", () => {
  const table: [expected: unknown, value: unknown, found: string | undefined][] = [
    [{ a: 1 }, { a: 1, b: 2 }, undefined],
    [{ a: 1, b: 2 }, { a: 1 }, "message.b is not 2"],
    [{ a: "<any>" }, {}, "message.a is no <any>"],
    [{ a: "<id>" }, { a: "b" }, "message.a is no <id>"],
    [[1, 2], [1], "message is no list of 2"],
    [[{ a: null }], [{ a: 0 }], "message[0].a is not null"],
    [{ a: {} }, { a: [] }, "message.a is no object"],
    ["<number>", "1", "message is no <number>"],
  ];
  for (const [expected, value, found] of table) {
    assertEquals(difference(expected, value), found);
  }
});
