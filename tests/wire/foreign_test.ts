import { assert, assertEquals } from "@std/assert";
import { isJsonObject, type JsonObject, parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { type Node, startNode } from "../../lib/node/mod.ts";

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
  return startNode(systemPorts(), { port: 0, name: "ada", join: [], makeMasterOnError: true });
}

/** A field of a field …, of which nothing is known. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      isJsonObject(found)
        ? found[key]
        : Array.isArray(found) && typeof key === "number"
        ? found[key]
        : undefined,
    value,
  );
}

Deno.test({
  name: `a program that knows only the document does all that a client may${why}`,
  ignore: isIgnored,
  async fn() {
    await using node = await startAda();
    const { port } = parseAddress(node.address);
    const [line = ""] = await run([script("foreign_client.py"), String(port)]);
    const found = JSON.parse(line) as JsonObject;
    const codeOf = (name: string) => [at(found, name, "id"), at(found, name, "code")];
    assertEquals(at(found, "welcome", "cluster"), node.cluster);
    assertEquals(at(found, "members", "members", 0, "id"), node.id);
    assertEquals([at(found, "status", "name"), at(found, "status", "id")], ["ada", 2]);
    assertEquals(found["echo"], { type: "reply", id: 3, body: { text: "h\u00e9llo \u{1f3bb}" } });
    assertEquals(at(found, "info", "body", "name"), "ada");
    assertEquals(codeOf("unknown service"), [5, "UNKNOWN_SERVICE"]);
    assertEquals(at(found, "numbers", "body"), [9007199254740992, 0.5, -1]);
    checkState(found);
    assertEquals([at(found, "watch", "type"), at(found, "watch", "id")], ["watch", 7]);
    assertEquals(found["pong"], { type: "pong" });
    assertEquals(at(found, "guest", "dest", "nodeId"), 4712);
    assertEquals([at(found, "event", "event"), at(found, "event", "member", "id")], [
      "guest",
      "4712",
    ]);
    assertEquals(codeOf("unknown type"), [8, "UNKNOWN_TYPE"]);
    assertEquals(codeOf("bad call"), [9, "BAD_MESSAGE"]);
    assertEquals(codeOf("bad frame"), [undefined, "BAD_MESSAGE"]);
    assertEquals([at(found, "refusal", "type"), at(found, "refusal", "code")], [
      "refuse",
      "OTHER_CLUSTER",
    ]);
    assertEquals([found["end"], found["end of refusal"]], [null, null]);
  },
});

/** Checks what the program found of the shared state, as the document says it. */
function checkState(found: JsonObject): void {
  const revision = at(found, "put", "revision") as number;
  const entry = { key: "foreign/a", createRevision: revision };
  const first = { ...entry, value: { n: 1 }, modRevision: revision, version: 1 };
  const second = { ...entry, value: 2, modRevision: revision + 1, version: 2 };
  const results: Record<string, unknown> = {
    "put": { type: "put", createRevision: revision, version: 1 },
    "get": { type: "get", entry: first },
    "cas": { type: "cas", succeeded: true, entry: second },
    "lost cas": { type: "cas", succeeded: false, entry: second },
    "list": { type: "list", entries: [second], more: false },
    "deleted": { type: "delete", deleted: 1 },
    "unlock": { type: "done", changed: true },
    "transaction": {
      type: "transaction",
      succeeded: true,
      results: [{ type: "get", entry: null }],
    },
  };
  for (const [name, result] of Object.entries(results)) {
    assertEquals([at(found, name, "ok"), at(found, name, "result")], [true, result], name);
  }
  assertEquals(at(found, "changes", "events"), [
    {
      type: "put",
      key: "foreign/a",
      revision,
      value: { n: 1 },
      createRevision: revision,
      version: 1,
    },
    {
      type: "put",
      key: "foreign/a",
      revision: revision + 1,
      value: 2,
      createRevision: revision,
      version: 2,
    },
    { type: "delete", key: "foreign/a", revision: revision + 2 },
  ]);
  assertEquals(at(found, "changes", "nextRevision"), revision + 3);
  assertEquals([at(found, "bad command", "ok"), at(found, "bad command", "error", "code")], [
    false,
    "BAD_REQUEST",
  ]);
  assertEquals([at(found, "lock", "result", "state"), at(found, "lock", "result", "ahead")], [
    "held",
    0,
  ]);
}

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
