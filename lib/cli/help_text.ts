import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { type Flag, variableOf } from "./flags.ts";
import { formatTable } from "./table.ts";
import { VERSION } from "./version.ts";

const EXIT_CODES = "0 done, 1 failed, 2 usage, 3 no cluster reachable, 4 refused by the cluster";

/** The help of a command; that of the node, which has no name, is the help of the whole program. */
export async function helpOf(command: Command): Promise<string> {
  const isNode = command.name === "";
  const blocks = [
    isNode ? `muster ${VERSION}: ${command.summary}` : `muster ${command.name}: ${command.summary}`,
    section("Usage", command.usage.map((form) => `muster ${form}`.trimEnd())),
  ];
  const commands = isNode ? COMMANDS : command.subcommands;
  if (commands !== undefined) blocks.push(section("Commands", await commandLines(commands)));
  blocks.push(section(isNode ? "Flags of a node" : "Flags", flagLines(command.flags)));
  if (command.details !== undefined) blocks.push(command.details);
  blocks.push(section("Examples", tableLines(command.examples)));
  blocks.push(
    isNode
      ? `Every flag may also stand in the environment where reading it is permitted: --myport in ` +
        `${variableOf("myport")},\n--makeMasterOnError in ${variableOf("makeMasterOnError")}.\n` +
        `Exit codes: ${EXIT_CODES}.\n"muster help COMMAND" says more of each command.`
      : `Exit codes: ${EXIT_CODES}.`,
  );
  return blocks.join("\n\n");
}

async function commandLines(
  loaders: Readonly<Record<string, () => Promise<Command>>>,
): Promise<string[]> {
  const commands = await Promise.all(Object.values(loaders).map((load) => load()));
  return tableLines(commands.map(({ name, summary }) => [name, summary]));
}

function flagLines(flags: readonly Flag[]): string[] {
  const rows = flags.map(({ name, value, summary }) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    summary,
  ]);
  return tableLines([...rows, ["-h, --help", "this text"]]);
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  return formatTable(rows).split("\n");
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
