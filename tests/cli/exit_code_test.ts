import { assertEquals } from "@std/assert";
import { ClusterError, type ErrorCode, VERSION } from "../../lib/core/mod.ts";
import { errorData } from "../../lib/cli/error_report.ts";
import { exitCodeOf } from "../../lib/cli/exit_code.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import manifest from "../../deno.json" with { type: "json" };
import { found, NOBODY, run } from "./harness.ts";

Deno.test("exit codes stand for what was thrown", () => {
  const table: [thrown: unknown, code: number][] = [
    [new UsageError("x"), 2],
    [new Error("x"), 1],
    ["x", 1],
    ...([
      ["NO_CLUSTER", 3],
      ["UNREACHABLE", 1],
      ["NAME_TAKEN", 4],
      ["ADDRESS_TAKEN", 4],
      ["OTHER_CLUSTER", 4],
      ["REMOVED", 4],
      ["PROTOCOL_MISMATCH", 4],
      ["NOT_A_MEMBER", 4],
      ["TIMEOUT", 1],
      ["UNKNOWN_SERVICE", 1],
      ["HANDLER_FAILED", 1],
      ["NOT_PERMITTED", 1],
    ] as [ErrorCode, number][]).map(([code, exit]): [unknown, number] => [
      new ClusterError(code, "x"),
      exit,
    ]),
    // A port that another program has is this machine's own refusal.
    [new ClusterError("ADDRESS_TAKEN", "x", { cause: new Error("in use") }), 1],
  ];
  for (const [thrown, code] of table) assertEquals(exitCodeOf(thrown), code, String(thrown));
});

Deno.test("an error as JSON has code, message and retryable", () => {
  assertEquals(errorData(new ClusterError("TIMEOUT", "late")), {
    code: "TIMEOUT",
    message: "late",
    retryable: true,
  });
  assertEquals(errorData(new UsageError("odd")).code, "BAD_REQUEST");
});

Deno.test("the program's version is the manifest's", async () => {
  assertEquals(VERSION, manifest.version);
  assertEquals(await run(["--version"]), { code: 0, out: `muster ${manifest.version}`, err: "" });
});

const USAGE: [typed: string[], message: string][] = [
  [["membres"], 'Unknown command "membres"; did you mean "members"?'],
  [["constructor"], 'Unknown command "constructor"'],
  [["8002"], 'Unknown command "8002"'],
  [["--jsn"], "Unknown flag"],
  [["members", "--satte", "dead"], "did you mean --state?"],
  [["members", "extra"], 'Unexpected argument "extra": muster members'],
  [["members", "--state", "ill"], "it is one of alive, suspect, dead, left, guest"],
  [["--json"], "Unknown flag"],
  [["vresion"], 'did you mean "version"?'],
  [["kv", "lst"], 'did you mean "kv list"?'],
  [["kv", "sett", "a", "1"], 'did you mean "kv put"?'],
  [["kv", "lss"], 'did you mean "kv list"?'],
  [["kv", "frobnicate"], 'Unknown command "kv frobnicate" (muster kv --help lists all)'],
  [["get", "a"], 'Unknown command "get"; did you mean "kv get"?'],
  [["set", "a", "1"], 'Unknown command "set"; did you mean "kv put"?'],
  [["members", "--certificates"], 'Unknown flag "--certificates" (--help lists all)'],
  [["-v"], "did you mean --version?"],
  [["--insecure", "members"], "a command stands before its flags, as in muster members --json"],
  [["--myport", "8002", "8003"], 'Unexpected argument "8003"'],
  [["--profile", "fast"], 'Invalid --profile "fast": it is one of lan, wan, local'],
  [["--log", "loud"], 'Invalid --log "loud": it is one of pretty, json, quiet'],
  [["--name", "two words"], 'Invalid name "two words"'],
  [["frobnicate"], 'Unknown command "frobnicate" (muster --help lists all)'],
  [["mem"], 'did you mean "members"?'],
  [["--force-new-cluster", "--myport", "0"], "--force-new-cluster needs --data DIR"],
  [["why"], "Too few arguments: muster why NODE|master"],
  [["rtt", "a", "b", "c"], 'Unexpected argument "c"'],
  [["call"], "Too few arguments: muster call [NODE] SERVICE [JSON]"],
  [["call", "echo", "{a:1}"], 'The body is not JSON: unexpected "a" at character 2'],
  [["help", "mebers"], 'did you mean "members"?'],
];

for (const [typed, message] of USAGE) {
  Deno.test(`exit code 2: muster ${typed.join(" ")}`, async () => {
    const { code, out, err } = await run(typed);
    assertEquals([code, out], [2, ""]);
    const text = err.startsWith("{") ? JSON.parse(err).message as string : err;
    assertEquals(text.includes(message), true, err);
  });
}

Deno.test("the flags of every command may stand before it", async () => {
  const nowhere = `${NOBODY.host}:${NOBODY.port}`;
  for (
    const typed of [["--json", "--clusterip", nowhere, "members"], [
      `-clusterip=${nowhere}`,
      "kv",
      "get",
      "k",
    ]]
  ) {
    const { code, err } = await run(typed);
    assertEquals(code, 3, err);
    assertEquals([err.includes(nowhere), err.startsWith("{")], [true, typed[0] === "--json"]);
  }
});

Deno.test("no cluster: exit code 3 with what was tried, as text and as JSON", async () => {
  const nowhere = ["--clusterip", `${NOBODY.host}:${NOBODY.port}`];
  for (const command of ["members", "status", "watch", "leave"]) {
    const { code, out, err } = await run([command, ...nowhere]);
    assertEquals([code, out], [3, ""]);
    assertEquals(
      err.startsWith("muster: No member answers at 127.0.0.1:1 (connection refused"),
      true,
    );
  }
  const { code, err } = await run(["members", "--json", ...nowhere]);
  const { message, ...data } = JSON.parse(err);
  assertEquals([code, data], [3, { code: "NO_CLUSTER", retryable: true }]);
  assertEquals(message.includes("127.0.0.1:1"), true);
});

Deno.test("--timeout bounds a command past any number of silent addresses", async () => {
  // They take connections, and say nothing.
  const silent = Array.from({ length: 6 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const addresses = silent.map(({ addr }) => `127.0.0.1:${(addr as Deno.NetAddr).port}`).join();
  await using node = await found();
  for (const command of [["members"], ["kv", "watch"], ["watch"], ["kv", "get", "k"]]) {
    const startedAt = performance.now();
    const given = [...command, "--timeout", "600ms", "--clusterip", addresses];
    const { code, err } = await run(given);
    const tookMs = performance.now() - startedAt;
    assertEquals([code, tookMs < 2_000], [3, true], `${command}: ${tookMs} ms, ${err}`);
  }
  const { code, out } = await run([
    "members",
    "--json",
    "--clusterip",
    `${addresses},${node.address}`,
  ]);
  assertEquals([code, JSON.parse(out).members.length], [0, 1]);
  for (const each of silent) each.close();
});

Deno.test("an empty part of a list of addresses is none, and a bad one names itself", async () => {
  await using node = await found();
  for (
    const list of [`${node.address},`, `,${node.address}`, `${node.address}, ,${node.address}`]
  ) {
    assertEquals((await run(["members", "--clusterip", list])).code, 0, list);
  }
  const bad = await run(["members", "--clusterip", `${node.address},127.0.0.1:99999`]);
  assertEquals([bad.code, bad.err.includes('"127.0.0.1:99999"')], [2, true], bad.err);
  const none = await run(["members", "--clusterip", ", ,"]);
  assertEquals([none.code, none.err.includes("names no address")], [2, true], none.err);
});
