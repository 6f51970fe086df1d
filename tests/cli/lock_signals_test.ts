import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Node } from "../../lib/node/mod.ts";
import { eventually } from "../support/eventually.ts";
import { Child, PROGRAM } from "./child.ts";
import { found } from "./harness.ts";
import { onTerminal, WHY_NOT } from "./terminal.ts";

const [DENO = "", , , MAIN = ""] = PROGRAM;
/**
 * Says who it is, and starts a program of its own that outlives it; neither keeps our pipes open.
 */
const FAMILY = "echo pid $$; sleep 60 > /dev/null 2>&1 & echo kid $!; exec > /dev/null 2>&1; wait";
/** With what a shell ends when the signal of that number ends what it waits for. */
const NUMBERS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGALRM: 14,
  SIGTERM: 15,
} as const;
const SIGNALS = Object.entries(NUMBERS) as [Deno.Signal, number][];
const IS_LINUX = Deno.build.os === "linux";

/** Runs the program with a permission beside the network. */
function musterWith(permission: string, ...args: string[]): Child {
  return new Child([DENO, "run", "--no-prompt", "--allow-net", permission, MAIN, ...args]);
}

function lockWith(permission: string, node: Node, name: string, ...command: string[]): Child {
  const at = ["--ttl", "2s", "--clusterip", node.address];
  return musterWith(permission, "lock", name, ...at, "--", ...command);
}

/** The program that it runs, and what that started. */
async function familyOf(child: Child): Promise<number[]> {
  const [, pid, kid] = await child.printed(/^pid (\d+)\nkid (\d+)$/m);
  return [Number(pid), Number(kid)];
}

/** Whether a process runs: one that ended and that nobody asked after is still listed. */
function isAlive(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  return /^[^Z\s]/.test(new TextDecoder().decode(stdout));
}

async function areGone(pids: readonly number[]): Promise<void> {
  await eventually("the program and what it started are gone", () => !pids.some(isAlive));
}

Deno.test({
  name: "whatever signal ends lock ends the program and what it started",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    await Promise.all(SIGNALS.map(async ([signal, number]) => {
      const child = lockWith("--allow-run", node, signal, "sh", "-c", FAMILY);
      const family = await familyOf(child);
      child.signal(signal);
      assertEquals((await child.ended()).code, 128 + number, signal);
      assertEquals(family.filter(isAlive), [], signal);
    }));
    assertEquals((await node.kv.list("$lock/")).entries, []);
  },
});

Deno.test({
  name: "whatever signal ends run ends the program, by kill where that is permitted",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    const run = ["run", "--on-master", "--clusterip", node.address, "--", "sh", "-c", FAMILY];
    await Promise.all((["SIGHUP", "SIGUSR2", "SIGTERM"] as const).map(async (signal) => {
      const child = musterWith("--allow-run=sh,kill", ...run);
      const family = await familyOf(child);
      child.signal(signal);
      assertEquals((await child.ended()).code, 128 + NUMBERS[signal], signal);
      assertEquals(family.filter(isAlive), [], signal);
    }));
  },
});

Deno.test({
  name: "SIGPIPE does not end lock, and SIGKILL leaves it to a guard to end the program",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    await Promise.all(["--allow-run", "--allow-run=sh,kill"].map(async (permission, at) => {
      const child = lockWith(permission, node, `door ${at}`, "sh", "-c", FAMILY);
      const family = await familyOf(child);
      child.signal("SIGPIPE");
      assertEquals(family.every(isAlive), true);
      child.signal("SIGKILL");
      await child.gone();
      await areGone(family);
    }));
  },
});

Deno.test({
  name: "the program ends with us when we exit, and when an error goes uncaught",
  ignore: !IS_LINUX,
  fn: async () => {
    const script = new URL("./ending_program.ts", import.meta.url).pathname;
    await Promise.all(["exit", "error", "rejection"].map(async (way) => {
      // Its standard input is no terminal, and the programs share it.
      const child = new Child([DENO, "run", "--allow-run", script, way], { pipeInput: true });
      const family = await familyOf(child);
      await child.type("end\n");
      assertEquals((await child.ended()).code, way === "exit" ? 3 : 1, way);
      await areGone(family);
    }));
  },
});

Deno.test({
  name: "a signal that comes before the lock means that the program never starts",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    await using _held = await node.lock("door");
    // It takes connections, and says nothing.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const conn of silent) taken.push(conn);
    })();
    const at = ["--clusterip", `127.0.0.1:${(silent.addr as Deno.NetAddr).port}`];
    const command = ["--", "sh", "-c", "echo started"];
    const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
    const endAll = async (children: readonly Child[]) => {
      children.forEach((child, which) => child.signal(signals[which] as Deno.Signal));
      for (const child of children) {
        const { code, out, err } = await child.ended();
        assertEquals([code, out], [1, ""]);
        assertStringIncludes(err, 'Waiting for the lock "door" was given up');
      }
    };
    const connecting = signals.map(() =>
      musterWith("--allow-run", "lock", "door", ...at, ...command)
    );
    await eventually("they connect", () => taken.length >= signals.length);
    await endAll(connecting);
    const waiting = signals.map(() => lockWith("--allow-run", node, "door", ...command.slice(1)));
    const inQueue = async () => (await node.kv.list("$lock/")).entries.length;
    let queued = 0;
    await eventually("they wait for the lock", () => {
      void inQueue().then((count) => queued = count);
      return queued === 1 + signals.length;
    });
    await endAll(waiting);
    assertEquals((await node.kv.list("$lock/")).entries.length, 1);
    silent.close();
    await accepting.catch(() => {});
    for (const conn of taken) conn.close();
  },
});

Deno.test({
  name: "what cannot run is found out before the lock is waited for, with the shell's exit code",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using node = await found();
    await using _held = await node.lock("door");
    const none = "no-such-program-anywhere";
    const table: [permission: string, program: string, code: number, says: string][] = [
      ["--allow-run", none, 127, "there is no such program"],
      [`--allow-run=${none}`, none, 127, "there is no such program"],
      ["--allow-run", "/no/such/program", 127, "there is no such program"],
      ["--allow-run", MAIN, 126, "it is no program that may be executed"],
      [`--allow-run=${MAIN}`, MAIN, 126, "it is no program that may be executed"],
      ["--allow-run=sh", "cat", 1, "give the permission --allow-run=cat"],
    ];
    await Promise.all(table.map(async ([permission, program, code, says]) => {
      const run = ["run", "--on-master", "--clusterip", "127.0.0.1:1", "--", program];
      for (
        const child of [
          lockWith(permission, node, "door", program),
          musterWith(permission, ...run),
        ]
      ) {
        const ended = await child.ended();
        assertEquals([ended.code, ended.out], [code, ""], ended.err);
        assertStringIncludes(ended.err, says);
      }
    }));
  },
});

Deno.test({
  name: "with the permission for the program alone it says once what signals do not reach",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    const child = lockWith(
      "--allow-run=sh",
      node,
      "door",
      "sh",
      "-c",
      "echo pid $$; exec sleep 60",
    );
    const [, pid] = await child.printed(/^pid (\d+)$/m);
    child.signal("SIGHUP");
    const { code, err } = await child.ended();
    assertEquals([code, isAlive(Number(pid))], [129, false]);
    assertMatch(err, /^muster: signals reach sh alone, .*--allow-run=sh,kill\n$/);
  },
});

Deno.test({
  name: "what a program leaves behind ends with it, also when it heeds no SIGTERM at once",
  ignore: !IS_LINUX,
  fn: async () => {
    await using node = await found();
    const script =
      "(trap 'sleep 0.2; echo cleaned; exit' TERM; echo kid; while :; do sleep 0.05; done) &" +
      " echo pid $$; exit 7";
    const child = lockWith("--allow-run", node, "door", "sh", "-c", script);
    const { code, out } = await child.ended();
    assertEquals(code, 7);
    // Whether it had come so far as to heed the signal is the shell's matter.
    if (/^kid$/m.test(out)) assertStringIncludes(out, "cleaned");
  },
});

Deno.test({
  name: `on a terminal the program reads from it, hears Ctrl-C once, and ends with it${WHY_NOT}`,
  ignore: WHY_NOT !== "",
  fn: async () => {
    await using node = await found();
    const script =
      'trap "echo interrupted" INT; echo pid $$; read said < /dev/tty; echo got $said; ' +
      "while :; do sleep 0.05; done";
    const child = onTerminal(
      ...[DENO, "run", "--allow-net", "--allow-run", MAIN, "lock", "door"],
      ...["--clusterip", node.address, "--", "sh", "-c", script],
    );
    const [, pid] = await child.printed(/^pid (\d+)/m);
    await child.type("yes\n");
    await child.printed(/^got yes/m);
    await child.type("\x03");
    await child.printed(/interrupted/);
    // The terminal is gone with the program that made it.
    child.signal("SIGKILL");
    await child.gone();
    await areGone([Number(pid)]);
    assertEquals(child.out.split("interrupted").length, 2);
  },
});
