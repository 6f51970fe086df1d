import type { Catalog, Command } from "./command.ts";
import { nearestOf } from "./nearest.ts";
import { UsageError } from "./usage_error.ts";

/** The words of a command by their own names, when they begin with other names of it. */
export function meantBy(
  { aliases }: Catalog,
  words: readonly string[],
): string[] | undefined {
  for (const count of [2, 1]) {
    const typed = words.slice(0, count).join(" ");
    if (words.length < count || !Object.hasOwn(aliases, typed)) continue;
    return [...(aliases[typed] as string).split(" "), ...words.slice(count)];
  }
  return undefined;
}

/**
 * The command that the first words name, and the arguments that are left.
 *
 * @param isLenient whether a command of which one part is unknown will do: for its help.
 * @throws {UsageError} naming the nearest when there is none.
 */
export async function findCommand(
  catalog: Catalog,
  words: readonly string[],
  isLenient: boolean,
): Promise<{ command: Command; rest: readonly string[] }> {
  const [first = "", ...rest] = meantBy(catalog, words) ?? words;
  const command = await loadNamed(catalog, first, catalog.commands, "");
  const { subcommands } = command;
  if (subcommands === undefined) return { command, rest };
  const [second, ...others] = rest;
  if (isLenient && (second === undefined || !Object.hasOwn(subcommands, second))) {
    return { command, rest };
  }
  if (second === undefined || second.startsWith("-")) {
    throw new UsageError(`Too few arguments: muster ${command.usage.join(" | muster ")}`);
  }
  return { command: await loadNamed(catalog, second, subcommands, `${first} `), rest: others };
}

async function loadNamed(
  catalog: Catalog,
  name: string,
  commands: Catalog["commands"],
  before: string,
): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return await load();
  const nearest = nearestOf(name, Object.keys(commands)) ?? aliasNear(catalog, name, before) ??
    await subcommandOf(catalog, name, commands);
  const hint = nearest === undefined ? "" : `; did you mean "${before}${nearest}"?`;
  throw new UsageError(
    `Unknown command "${before}${name}"${hint} (muster ${before}--help lists all)`,
  );
}

/** `muster kv sett` is meant as `muster kv set`, which is another name of `kv put`. */
function aliasNear({ aliases: known }: Catalog, name: string, before: string): string | undefined {
  const aliases = Object.keys(known).filter((alias) => alias.startsWith(before))
    .map((alias) => alias.slice(before.length))
    .filter((alias) => !alias.includes(" "));
  const nearest = nearestOf(name, aliases);
  return nearest === undefined ? undefined : known[before + nearest]?.slice(before.length);
}

/** `muster get` is meant as `muster kv get`. */
async function subcommandOf(
  catalog: Catalog,
  name: string,
  commands: Catalog["commands"],
): Promise<string | undefined> {
  for (const [parent, load] of Object.entries(commands)) {
    const subcommands = (await load()).subcommands ?? {};
    const [, known = name] = meantBy(catalog, [parent, name]) ?? [];
    if (Object.hasOwn(subcommands, known)) return `${parent} ${known}`;
  }
  return undefined;
}
