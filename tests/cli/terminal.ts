import { Child } from "./child.ts";

/** Why tests that need a terminal are ignored, for their names; empty when there is one. */
export const WHY_NOT: string = await hasScript()
  ? ""
  : " (ignored: there is no script command of util-linux)";

/** Starts a program on a terminal of its own; what it reads is typed. */
export function onTerminal(...command: string[]): Child {
  // `exec`: some shells (dash) stay in between otherwise, and make an exit code of their own of
  // Ctrl-C.
  const quoted = ["exec", ...command.map((arg) => `'${arg}'`)].join(" ");
  return new Child(["script", "-qec", quoted, "/dev/null"], { pipeInput: true });
}

async function hasScript(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("script", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).includes("util-linux");
  } catch {
    return false;
  }
}
