import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM } from "./child.ts";
import { found } from "./harness.ts";

/** Every write to it fails as on a full disk. */
const FULL = "/dev/full";
const WHY_NOT = await isThere(FULL) ? "" : ` (ignored: there is no ${FULL})`;

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isCharDevice === true;
  } catch {
    return false;
  }
}

/** Runs the program with its output going to a full disk. */
function intoFull(...args: string[]): Child {
  return new Child(["sh", "-c", `exec "$@" > ${FULL}`, "sh", ...PROGRAM, ...args]);
}

Deno.test({
  name: `a command whose output cannot be written says so, and exits with 1${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    await using node = await found();
    await node.kv.put("colour", "blue");
    const at = ["--clusterip", node.address];
    const table = [
      ["--version"],
      ["--help"],
      ["help", "kv"],
      ["members", ...at],
      ["members", "--json", ...at],
      ["members", "--watch", ...at],
      ["status", ...at],
      ["kv", "get", "colour", ...at],
      ["kv", "list", ...at],
      ["kv", "watch", "colour", "--from", "1", ...at],
      ["call", "echo", "1", ...at],
      ["rehearse", "--nodes", "2"],
    ];
    await Promise.all(table.map(async (typed) => {
      const { code, err } = await intoFull(...typed).ended();
      assertEquals(code, 1, typed.join(" "));
      const { code: errorCode, message } = typed.includes("--json")
        ? JSON.parse(err)
        : { code: "NOT_PERMITTED", message: err };
      assertEquals(errorCode, "NOT_PERMITTED");
      assertMatch(message, /Cannot write: No space left on device/);
    }));
    // What failed for another reason keeps its exit code.
    assertEquals((await intoFull("kv", "get", "color", ...at).ended()).code, 1);
    assertEquals((await intoFull("nonsense").ended()).code, 2);
  },
});

Deno.test({
  name: `a file that cannot be written is said, too${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    const [deno = "", , , main = ""] = PROGRAM;
    const rehearse = ["rehearse", "--nodes", "2", "--svg", FULL];
    // Deno lets nobody write to a device with less.
    const child = new Child([deno, "run", "--allow-all", main, ...rehearse]);
    const { code, err } = await child.ended();
    assertEquals(code, 1);
    assertStringIncludes(err, "No space left on device");
  },
});

Deno.test({
  name: `a node whose log cannot be written goes on, and leaves in order${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    await using node = await found();
    const child = intoFull("--myport", "0", "--clusterip", node.address, "--name", "grace");
    const joined = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    node.on((event) => {
      if (event.event !== "member" || event.member.name !== "grace") return;
      if (event.change === "joined") joined.resolve();
      if (event.change === "left") left.resolve();
    });
    await joined.promise;
    assertEquals(await node.call("echo", 1, { node: "grace" }), 1);
    child.signal("SIGTERM");
    await left.promise;
    assertEquals((await child.ended()).err, "");
  },
});
