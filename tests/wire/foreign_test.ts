import { assert, assertEquals } from "@std/assert";
import { isObject, type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Node } from "../../lib/node/mod.ts";

const PYTHON = "python3";

/** Milliseconds that a script may take: starting Python on a busy machine takes most of it. */
const SCRIPT_MS = 20_000;

function hasPython(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

const isIgnored = !hasPython();
const why = isIgnored ? ` (ignored: there is no ${PYTHON} here)` : "";

/** Runs a script and gives the lines that it printed. */
async function run(args: string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(PYTHON, {
    args: ["-B", ...args],
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(SCRIPT_MS),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

function script(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

function startAda(): Promise<Node> {
  return Node.start(systemPorts(), { port: 0, name: "ada", join: [], makeMasterOnError: true });
}

/** A field of a field …, of which nothing is known. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      isObject(found)
        ? found[key]
        : Array.isArray(found) && typeof key === "number"
        ? found[key]
        : undefined,
    value,
  );
}

Deno.test({
  name: `a program that knows only the document says hello, lists and calls${why}`,
  ignore: isIgnored,
  async fn() {
    await using node = await startAda();
    const { port } = parseAddress(node.address);
    const lines = await run([script("foreign_client.py"), String(port)]);
    const [welcome, members, echo, info, unknown] = lines.map((line) =>
      JSON.parse(line) as JsonObject
    );
    assertEquals(at(welcome, "type"), "welcome");
    assertEquals(at(welcome, "cluster"), node.cluster);
    assertEquals(at(members, "members", 0, "id"), node.id);
    assertEquals(echo, { type: "reply", id: 2, body: { text: "h\u00e9llo \u{1f3bb}" } });
    assertEquals(at(info, "body", "name"), "ada");
    assertEquals(at(unknown, "code"), "UNKNOWN_SERVICE");
  },
});

Deno.test({
  name: `the client that the document gives in full works as it stands there${why}`,
  ignore: isIgnored,
  async fn() {
    const document = Deno.readTextFileSync(
      new URL("../../lib/wire/PROTOCOL.md", import.meta.url),
    );
    const client = /```python\n([^`]*)```/.exec(document)?.[1] ?? "";
    assert(client.length > 0, "the document gives a client");
    await using node = await startAda();
    const { port } = parseAddress(node.address);
    assertEquals(await run(["-c", client, String(port), "echo", '{"a":[1,"é"]}']), [
      "members: ada",
      '{"a": [1, "\\u00e9"]}',
    ]);
  },
});

Deno.test({
  name: `the tutorial's raw join is answered in its own shape and kinds, and listed${why}`,
  ignore: isIgnored,
  async fn() {
    await using node = await startAda();
    const { port } = parseAddress(node.address);
    const lines = await run([script("tutorial_join.py"), String(port)]);
    const [answer, members] = lines.map((line) => JSON.parse(line) as JsonObject);
    assertEquals(Object.keys(answer ?? {}), ["source", "dest", "message"]);
    assertEquals(typeof at(answer, "source", "nodeId"), "number");
    assertEquals(at(answer, "source", "port"), String(port));
    assertEquals(at(answer, "dest"), {
      nodeId: 4711,
      nodeIpAddr: "127.0.0.1/8",
      port: "8002",
    });
    assertEquals(at(members, "members", 1, "name"), "guest-4711");
    const guest = node.members.find(({ state }) => state === "guest");
    assertEquals([guest?.id, guest?.address], ["4711", "127.0.0.1:8002"]);
  },
});
