import type { Command } from "./command.ts";
import { nodeCommand } from "./commands.ts";
import { EXIT } from "./exit_code.ts";
import { helpOf } from "./help_text.ts";
import { commandNamed } from "./program.ts";

/** `muster help [COMMAND]`. */
export const helpCommand: Command = {
  name: "help",
  summary: "what the program, or one of its commands, can do",
  usage: ["help [COMMAND]"],
  flags: [],
  examples: [["muster help call", "everything about call"]],
  arguments: [0, 1],
  async run(given, context) {
    const [name] = given.positionals;
    const command = name === undefined ? await nodeCommand() : await commandNamed(name);
    context.output.out(await helpOf(command));
    return EXIT.done;
  },
};
