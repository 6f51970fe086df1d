import type { Catalog, Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { findCommand } from "../find_command.ts";
import { helpOf } from "../help_text.ts";

/** `muster help [COMMAND]`, of these commands. */
export function helpCommandOf(catalog: Catalog): Command {
  return {
    name: "help",
    summary: "what the program, or one of its commands, can do",
    usage: ["help [COMMAND [SUBCOMMAND]]"],
    flags: [],
    examples: [["muster help call", "everything about call"]],
    arguments: [0, 2],
    async run(args, context) {
      const words = args.positionals;
      const command = words.length === 0
        ? await catalog.node()
        : (await findCommand(catalog, words, words.length === 1)).command;
      context.output.out(await helpOf(command, catalog));
      return EXIT.done;
    },
  };
}
