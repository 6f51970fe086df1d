import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { found, joinThrough, run, startProgram } from "./harness.ts";

Deno.test("kv puts, gets, lists, compares and deletes through any member", async (t) => {
  await using first = await found({ name: "ada" });
  await using second = await joinThrough(first, { name: "grace" });
  const at = ["--clusterip", second.address];
  const kv = (...args: string[]) => run(["kv", ...args, ...at]);
  const json = async (...args: string[]) => JSON.parse((await kv(...args, "--json")).out);

  await t.step("get prints what put was given", async () => {
    assertEquals(await kv("put", "color", "blue"), {
      code: 0,
      out: "revision 2, version 1",
      err: "",
    });
    assertEquals(await kv("get", "color"), { code: 0, out: "blue", err: "" });
    assertEquals((await kv("put", "limits", '{"cpu": 2}')).code, 0);
    assertEquals((await kv("get", "limits")).out, '{"cpu":2}');
    assertEquals((await kv("put", "--text", "version", "2")).code, 0);
    assertEquals((await json("get", "version")).value, "2");
  });

  await t.step("get --json has the fields that programs read, or null", async () => {
    assertEquals(await json("get", "color"), {
      key: "color",
      value: "blue",
      revision: 2,
      createRevision: 2,
      version: 1,
    });
    assertEquals(await kv("get", "nothing", "--json"), { code: 0, out: "null", err: "" });
    assertEquals(await kv("get", "nothing"), { code: 1, out: "", err: 'muster: No key "nothing"' });
  });

  await t.step("put reads the standard input, without the line break at its end", async () => {
    await run(["kv", "put", "motd", "-", ...at], { input: "hello\nall\n" });
    assertEquals((await json("get", "motd")).value, "hello\nall");
  });

  await t.step("an old revision is read while history goes back to it", async () => {
    assertEquals(await json("put", "color", "red"), {
      key: "color",
      revision: 6,
      createRevision: 2,
      version: 2,
    });
    assertEquals((await kv("get", "color", "--revision", "2")).out, "blue");
    const { code, err } = await kv("get", "color", "--revision", "99", "--json");
    assertEquals([code, JSON.parse(err).code], [1, "FUTURE_REVISION"]);
  });

  await t.step("cas writes if the value, the revision or the absence is as expected", async () => {
    assertEquals((await kv("cas", "color", "red", "green")).code, 0);
    const failed = await kv("cas", "color", "red", "blue");
    assertEquals([failed.code, failed.out], [1, ""]);
    assertStringIncludes(failed.err, "it is green, of revision 7");
    assertEquals((await kv("cas", "color", "blue", "--revision", "7")).out, "revision 8");
    assertEquals((await kv("cas", "color", "x", "--absent")).code, 1);
    assertEquals((await kv("cas", "owner", "ada", "--absent")).code, 0);
    const held = await run(["kv", "cas", "owner", "x", "y", "--json", ...at]);
    assertEquals([held.code, JSON.parse(held.out).succeeded], [1, false]);
    assertEquals((await kv("cas", "owner", "x")).code, 2);
    assertEquals((await kv("cas", "owner", "x", "y", "--absent")).code, 2);
  });

  await t.step("list is a table, keys alone, or JSON", async () => {
    const { out } = await kv("list", "l");
    assertMatch(
      out,
      /^KEY +VALUE +REVISION +VERSION +LEASE\nlimits +\{"cpu":2\} +3 +1 +-$/,
    );
    assertEquals((await kv("list", "--keys")).out.split("\n"), [
      "color",
      "limits",
      "motd",
      "owner",
      "version",
    ]);
    const { revision, entries } = await json("list", "--limit", "2");
    assertEquals([revision, entries.length, entries[0].key], [9, 2, "color"]);
    assertEquals((await json("list", "o", "--keys")).keys, ["owner"]);
  });

  await t.step("txn does one of two lists", async () => {
    const transaction = {
      if: [{ key: "owner", target: "value", operator: "=", operand: "ada" }],
      then: [{ type: "put", key: "seen", value: true }, { type: "get", key: "owner" }],
    };
    const done = await run(["kv", "txn", "-", "--json", ...at], {
      input: JSON.stringify(transaction),
    });
    const { succeeded, revision, results } = JSON.parse(done.out);
    assertEquals([succeeded, revision], [true, 10]);
    const entry = JSON.parse((await kv("get", "owner", "--json")).out);
    assertEquals([entry.value, results[1].entry], ["ada", entry]);
    assertEquals((await kv("txn", '{"iff":[]}')).code, 2);
  });

  await t.step("del deletes a key, or all with a prefix", async () => {
    assertEquals((await kv("del", "seen")).out, "deleted 1");
    assertEquals(await kv("del", "seen"), { code: 0, out: "deleted 0", err: "" });
    assertEquals(await json("del", "--prefix", "o"), { deleted: 1, revision: 12 });
    assertEquals((await kv("del")).code, 2);
    assertEquals((await kv("del", "a", "--prefix", "b")).code, 2);
  });

  await t.step("a reserved key is refused, and so is a lease that is none", async () => {
    const { code, err } = await run(["kv", "put", "$x", "1", "--json", ...at]);
    assertEquals([code, JSON.parse(err).code], [1, "BAD_REQUEST"]);
    const lease = await run(["kv", "put", "x", "1", "--lease", "999999", "--json", ...at]);
    assertEquals([lease.code, JSON.parse(lease.err).code], [1, "LEASE_NOT_FOUND"]);
  });
});

Deno.test("kv list reads page after page as of one revision", async () => {
  await using node = await found();
  const keys = Array.from({ length: 2_500 }, (_, i) => `k${String(i).padStart(4, "0")}`);
  for (let from = 0; from < keys.length; from += 125) {
    const then = keys.slice(from, from + 125).map((key) => ({
      type: "put" as const,
      key,
      value: 1,
    }));
    await node.kv.transaction({ then });
  }
  const listed = await run(["kv", "list", "--keys", "--clusterip", node.address]);
  assertEquals(listed.out.split("\n"), keys);
});

Deno.test("kv watch resumes from a revision and tells each change once", async () => {
  await using node = await found();
  const at = ["--clusterip", node.address];
  await run(["kv", "put", "jobs/a", "1", ...at]);
  const pretty = startProgram(["kv", "watch", "--prefix", "jobs/", "--from", "2", ...at]);
  const json = startProgram(["kv", "watch", "jobs/a", "--from", "3", "--json", ...at]);
  await pretty.line(/^2 put jobs\/a = 1$/);
  await run(["kv", "put", "other", "x", ...at]);
  await run(["kv", "put", "jobs/a", "two", ...at]);
  await run(["kv", "del", "jobs/a", ...at]);
  await pretty.line(/^5 delete jobs\/a$/);
  await json.line(/"delete"/);
  pretty.signal();
  json.signal();
  assertEquals(await pretty.done, {
    code: 0,
    out: "2 put jobs/a = 1\n4 put jobs/a = two\n5 delete jobs/a",
    err: "",
  });
  const { out } = await json.done;
  assertEquals(out.split("\n").map((line) => JSON.parse(line)), [
    { type: "put", key: "jobs/a", revision: 4, value: "two", createRevision: 2, version: 2 },
    { type: "delete", key: "jobs/a", revision: 5 },
  ]);
});

Deno.test("kv has commands of its own, with help each", async () => {
  assertEquals((await run(["kv"])).code, 2);
  const { code, err } = await run(["kv", "gte", "x"]);
  assertEquals([code, err.includes('did you mean "kv get"?')], [2, true]);
  const help = await run(["kv", "put", "--help"]);
  assertMatch(help.out, /^muster kv put: write a key\n/);
  assertEquals(await run(["help", "kv", "put"]), help);
  assertMatch((await run(["kv", "--help"])).out, /Commands:\n {2}kv get {2}/);
});

Deno.test("what is printed and what is typed is exact", async (t) => {
  await using node = await found();
  const at = ["--clusterip", node.address];
  const kv = (...args: string[]) => run(["kv", ...args, ...at]);

  await t.step("a file gets a value exactly, a terminal what cannot control it", async () => {
    const text = "two\nlines\t\x1b[31m\u202e";
    await run(["kv", "put", "odd", "-", ...at], { input: text });
    assertEquals((await kv("get", "odd")).out, text);
    const shown = await run(["kv", "get", "odd", ...at], { isTerminal: true });
    assertEquals(shown.out, "two\\x0alines\\x09\\x1b[31m\\u{202e}");
    const called = await run(["call", "echo", JSON.stringify("\x9b"), ...at]);
    assertEquals(called.out, JSON.stringify("\x9b"));
    assertEquals((await kv("list", "odd")).out.split("\n").length, 2);
    assertEquals((await kv("del", "odd")).code, 0);
  });

  await t.step(
    "a number that would be kept as another is an error, wherever JSON stands",
    async () => {
      const lossy = "9007199254740993";
      const table = [
        ["kv", "put", "big", `[${lossy}]`],
        ["kv", "put", "big", "-"],
        ["kv", "put", "--json-value", "big", lossy],
        ["kv", "cas", "big", `[${lossy}]`, "x"],
        ["kv", "cas", "big", "x", `[${lossy}]`],
        ["kv", "cas", "big", `{"a":${lossy}}`, "--absent"],
        ["kv", "txn", `{"then":[{"type":"put","key":"big","value":${lossy}}]}`],
        ["call", "echo", lossy],
        ["call", "--any", "echo", `[1e400, ${lossy}]`],
      ];
      for (const typed of table) {
        const { code, err } = await run([...typed, ...at], { input: `[${lossy}]` });
        assertEquals(code, 2, typed.join(" "));
        assertMatch(
          err,
          /The number (9007199254740993 would become 9007199254740992|1e400 is larger)/,
        );
      }
      assertEquals((await kv("get", "big", "--json")).out, "null");
      assertEquals((await run(["call", "echo", `"${lossy}"`, ...at])).out, `"${lossy}"`);
    },
  );
});
