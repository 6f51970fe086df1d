import { mayRun } from "./process_group.ts";

/**
 * Reads whom to watch, then "done" or the end of the input: the end alone means that we are gone.
 * It ends with its input, so nothing else has to end it; SIGCONT looks whether anybody is left.
 */
const SCRIPT = `trap '' HUP INT QUIT TERM USR1 USR2 ALRM
read -r target || exit 0
read -r _ && exit 0
kill -s TERM -- "$target"
i=0
while [ "$i" -lt 50 ] && kill -s CONT -- "$target"; do sleep 0.1 || sleep 1; i=$((i + 1)); done
kill -s KILL -- "$target"
`;

/**
 * A process that ends a program when we are killed in a way that nobody hears: SIGKILL, or a crash.
 */
export interface ProgramGuard {
  /** Names the program: its process id, or that of its group with a minus. */
  watch(target: number): void;
  /** Nothing is to be ended any more; resolves when the guard is gone. */
  dismiss(): Promise<void>;
}

/**
 * Starts a guard where the permissions let us: `--allow-run` for any program, or with `sh` on its
 * list.
 *
 * @returns `undefined` where there is none.
 */
export function startGuard(): ProgramGuard | undefined {
  if (Deno.build.os === "windows" || !mayRun("sh")) return undefined;
  let shell: Deno.ChildProcess;
  try {
    // In a session of its own: what ends our whole group must not end the guard.
    shell = new Deno.Command("sh", {
      args: ["-c", SCRIPT],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch {
    return undefined;
  }
  const writer = shell.stdin.getWriter();
  const encoder = new TextEncoder();
  // A guard that is gone is none; the program is looked after as if there had never been one.
  const tell = (line: string) => writer.write(encoder.encode(line)).catch(() => {});
  return {
    watch: (target) => void tell(`${target}\n`),
    async dismiss() {
      await tell("done\n");
      await writer.close().catch(() => {});
      await shell.status;
    },
  };
}
