/** Starts a program as `lock` does, says which, and ends in the way that its argument names. */
import { startChildProgram } from "../../lib/cli/process/child_program.ts";

const [way = ""] = Deno.args;
const quiet = "> /dev/null 2>&1";
const script = `echo pid $$; sleep 60 ${quiet} & echo kid $!; exec ${quiet}; wait`;
startChildProgram(["sh", "-c", script], {});
const ENDS: Record<string, () => void> = {
  exit: () => Deno.exit(3),
  error: () => {
    throw new Error("nobody catches this");
  },
  rejection: () => void Promise.reject(new Error("nobody catches this")),
};
// Whoever started this types a line when both have said who they are.
for await (const _line of Deno.stdin.readable) setTimeout(() => ENDS[way]?.());
