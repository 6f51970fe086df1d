import type { Millis } from "../../core/mod.ts";
import { PROGRAM_GRACE_MS } from "../limits.ts";

/**
 * Milliseconds between two looks whether anything of a group is left: most of them end within one.
 */
const GROUP_POLL_MS: Millis = 20;

/**
 * How the members of a process group are signalled: what a program started beside the program
 * itself.
 */
export interface GroupSignals {
  /**
   * Sends a signal to all of the group; it is on its way when this returns.
   *
   * @param leader the process id of the program that leads the group.
   * @returns whether anybody of the group was there to get it.
   */
  send(leader: number, signal: Deno.Signal): Promise<boolean>;
}

/**
 * The way to signal process groups that our permissions leave: Deno lets `Deno.kill` do so with
 * `--allow-run` for any program alone, and with a list of programs the program `kill` has to be on
 * it.
 *
 * @returns `undefined` when only the program itself can be signalled.
 */
export function groupSignals(): GroupSignals | undefined {
  if (Deno.build.os === "windows") return undefined;
  if (mayRun()) return { send: (leader, signal) => Promise.resolve(killGroup(leader, signal)) };
  return mayRun("kill") ? { send: spawnKill } : undefined;
}

/**
 * Ends what is left of a group whose leader has ended: SIGTERM, and SIGKILL after 5 s.
 *
 * @param wasAsked whether all of it was sent SIGTERM before: twice would mean "at once" to many.
 */
export async function endGroup(
  group: GroupSignals,
  leader: number,
  wasAsked: boolean,
): Promise<void> {
  if (!wasAsked && !await group.send(leader, "SIGTERM")) return;
  const giveUpAt = performance.now() + PROGRAM_GRACE_MS;
  // SIGCONT tells whether anybody is left, and lets those who were stopped heed the SIGTERM.
  while (await group.send(leader, "SIGCONT")) {
    if (performance.now() >= giveUpAt) return void await group.send(leader, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, GROUP_POLL_MS));
  }
}

/**
 * Whether a program may be started, or any when none is named; it never asks for the permission.
 */
export function mayRun(command?: string): boolean {
  const descriptor = command === undefined
    ? { name: "run" } as const
    : { name: "run", command } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function killGroup(leader: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(-leader, signal);
    return true;
  } catch {
    // Nobody of it is left, or what is left belongs to another user by now.
    return false;
  }
}

async function spawnKill(leader: number, signal: Deno.Signal): Promise<boolean> {
  try {
    const command = new Deno.Command("kill", {
      args: [`-${signal.slice(3)}`, "--", `-${leader}`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    });
    return (await command.spawn().status).success;
  } catch {
    // The program was permitted by a path, and is gone since.
    return false;
  }
}
