import type { Command } from "../command.ts";
import { nodeCommand } from "./mod.ts";
import { EXIT } from "../exit_code.ts";
import { helpOf } from "../help_text.ts";
import { findCommand } from "../program.ts";

/** `muster help [COMMAND]`. */
export const helpCommand: Command = {
  name: "help",
  summary: "what the program, or one of its commands, can do",
  usage: ["help [COMMAND [SUBCOMMAND]]"],
  flags: [],
  examples: [["muster help call", "everything about call"]],
  arguments: [0, 2],
  async run(args, context) {
    const words = args.positionals;
    const command = words.length === 0
      ? await nodeCommand()
      : (await findCommand(words, words.length === 1)).command;
    context.output.out(await helpOf(command));
    return EXIT.done;
  },
};
