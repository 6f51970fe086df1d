import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, PROGRAM } from "./child.ts";
import { onTerminal, WHY_NOT } from "./terminal.ts";

const ALONE = ["--myport", "0", "--clusterip", "127.0.0.1:1", "--makeMasterOnError"];

/** A listener that takes connections and says nothing: whoever joins through it waits. */
function silent(): { address: string; joined: Promise<unknown>; [Symbol.dispose](): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const joined = listener.accept();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    joined,
    [Symbol.dispose]: () => {
      void joined.then((conn) => conn.close(), () => {});
      listener.close();
    },
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  for (const flags of [[], ["--makeMasterOnError"]]) {
    Deno.test(`${signal} while a node joins ends it with exit code 0 and a line ${flags.join("")}`, async () => {
      using nobody = silent();
      const node = new Child([
        ...PROGRAM,
        "--myport",
        "0",
        "--clusterip",
        nobody.address,
        ...flags,
      ]);
      await nobody.joined;
      node.signal(signal);
      const { code, out, err } = await node.ended();
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out, `stopped: got ${signal} while joining`);
    });
  }
}

Deno.test("SIGTERM while nodes wait for each other ends each with exit code 0 and a line", async () => {
  const flags = ["--expect", "2", "--clusterip", "127.0.0.1:1"];
  const node = new Child([...PROGRAM, "--myport", "0", ...flags]);
  await node.printed(/waiting: /);
  node.signal("SIGTERM");
  const { code, out } = await node.ended();
  assertEquals(code, 0);
  assertStringIncludes(out, "stopped: got SIGTERM while joining");
});

Deno.test("SIGHUP does not end a node that was not started on a terminal, also under nohup", async () => {
  for (const before of [[], ["nohup"]]) {
    const node = new Child([...before, ...PROGRAM, ...ALONE]);
    await node.printed(/^ready /m);
    node.signal("SIGHUP");
    await node.printed(/SIGHUP.*goes on/);
    node.signal("SIGTERM");
    const { code, out } = await node.ended();
    assertEquals(code, 0);
    assertStringIncludes(out, "stopped: got SIGTERM");
  }
});

Deno.test({
  name: `a node leaves in order when its terminal is closed, however often it hears so${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    const first = new Child([...PROGRAM, ...ALONE, "--name", "ada"]);
    const [, address = ""] = await first.printed(/^ready ada (\S+)/m);
    const join = ["--myport", "0", "--clusterip", address, "--name", "grace"];
    const said = await Deno.makeTempFile();
    try {
      // Its output goes elsewhere: it is on a terminal all the same.
      const node = onTerminal(
        ...["sh", "-c", `echo "pid $$"; exec "$@" > ${said}`, "sh"],
        ...[...PROGRAM, ...join],
      );
      const [, pid = ""] = await node.printed(/pid (\d+)/);
      await first.printed(/grace .*joined/);
      Deno.kill(Number(pid), "SIGHUP");
      Deno.kill(Number(pid), "SIGHUP");
      await first.printed(/grace left/);
      await node.gone();
      assertMatch(await Deno.readTextFile(said), /stopped: got SIGHUP/);
    } finally {
      await Deno.remove(said);
    }
    first.signal("SIGTERM");
    assertEquals((await first.ended()).code, 0);
  },
});

Deno.test({
  name: `a node whose terminal goes away is seen to leave, not to crash${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    const first = new Child([...PROGRAM, ...ALONE, "--name", "ada"]);
    const [, address = ""] = await first.printed(/^ready ada (\S+)/m);
    const node = onTerminal(...PROGRAM, "--myport", "0", "--clusterip", address, "--name", "grace");
    await node.printed(/^ready grace/m);
    // The system hangs the terminal up when the one who holds its other end is gone.
    node.signal("SIGKILL");
    await first.printed(/grace left/);
    assert(!/grace is dead/.test(first.out), first.out);
    await node.gone();
    first.signal("SIGTERM");
    assertEquals((await first.ended()).code, 0);
  },
});

/** Why a test that needs a process with the number 1 is ignored; empty when it can make one. */
const WHY_NO_FIRST = await mayUnshare() ? "" : " (ignored: no namespace of processes may be made)";

async function mayUnshare(): Promise<boolean> {
  try {
    const command = new Deno.Command("unshare", { args: ["-rpf", "--mount-proc", "true"] });
    return (await command.output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: `as a container's first process a node that joins ends at SIGTERM${WHY_NO_FIRST}`,
  ignore: WHY_NO_FIRST !== "",
  fn: async () => {
    using nobody = silent();
    const join = ["--myport", "0", "--clusterip", nobody.address];
    const node = new Child(["unshare", "-rpf", "--mount-proc", ...PROGRAM, ...join]);
    await nobody.joined;
    const children = await Deno.readTextFile(`/proc/${node.pid}/task/${node.pid}/children`);
    Deno.kill(Number(children.split(" ")[0]), "SIGTERM");
    const { code, out } = await node.ended();
    assertEquals(code, 0);
    assertMatch(out, /stopped: got SIGTERM while joining/);
  },
});

Deno.test("the program listens for signals before it loads anything that takes time", async () => {
  const main = await Deno.readTextFile(new URL("../../main.ts", import.meta.url));
  assert(!/^import (?!type )/m.test(main), "main.ts imports something before it listens");
  const [listens, loads] = [main.indexOf("= listen()"), main.indexOf("await import(")];
  assert(listens >= 0 && listens < loads);
});

Deno.test("a command that has done nothing yet ends of a signal as any program does", async () => {
  using nobody = silent();
  const command = new Child([...PROGRAM, "members", "--clusterip", nobody.address]);
  await nobody.joined;
  command.signal("SIGTERM");
  assertEquals((await command.ended()).code, 143);
});
