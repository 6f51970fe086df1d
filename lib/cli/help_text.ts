import { DEFAULT_PORT, VERSION } from "../core/mod.ts";
import type { Catalog, Command } from "./command.ts";
import { type Flag, variableOf } from "./flags.ts";
import { formatTable } from "./terminal/mod.ts";

const EXIT_CODES = "0 done, 1 failed, 2 usage, 3 no cluster reachable, 4 refused by the cluster";

/** The help of a command; that of the node, which has no name, is the help of the whole program. */
export async function helpOf(
  command: Command,
  { aliases, commands: all }: Catalog,
): Promise<string> {
  const isNode = command.name === "";
  const blocks = [
    isNode ? `muster ${VERSION}: ${command.summary}` : `muster ${command.name}: ${command.summary}`,
    section("Usage", command.usage.map((form) => `muster ${form}`.trimEnd())),
  ];
  const others = Object.keys(aliases).filter((typed) => aliases[typed] === command.name);
  if (others.length > 0) {
    blocks.push(`Also typed as: ${others.map((typed) => `muster ${typed}`).join(", ")}.`);
  }
  const commands = isNode ? all : command.subcommands;
  if (commands !== undefined) blocks.push(section("Commands", await commandLines(commands)));
  blocks.push(section(isNode ? "Flags of a node" : "Flags", flagLines(command.flags)));
  if (command.details !== undefined) blocks.push(command.details);
  blocks.push(section("Examples", tableLines(command.examples)));
  blocks.push(
    isNode
      ? `An address without a port has port ${DEFAULT_PORT}; that of --advertise has the node's own.\n` +
        `Every flag may also stand in the environment where reading it is permitted: --myport in ` +
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
  const rows = flags.map((flag) => [
    flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`,
    `${flag.summary}${alsoText(flag)}`,
  ]);
  return tableLines([...rows, ["-h, --help", "this text"]]);
}

function alsoText({ aliases = [], choice }: Flag): string {
  const dashed = (name: string) => name.length === 1 ? `-${name}` : `--${name}`;
  const [name, value] = [choice?.names[0], choice?.on[0]];
  const others = [
    ...aliases.map(dashed),
    ...(name === undefined || value === undefined ? [] : [`${dashed(name)} ${value}`]),
  ];
  return others.length === 0 ? "" : `; also ${others.join(", ")}`;
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  return formatTable(rows).split("\n");
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
