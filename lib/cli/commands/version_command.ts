import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { JSON_FLAG } from "../flag_values.ts";
import { jsonLine } from "../terminal/mod.ts";
import { VERSION } from "../../core/mod.ts";

/** `muster version`, as `muster --version`. */
export const versionCommand: Command = {
  name: "version",
  summary: "the version of this program",
  usage: ["version"],
  flags: [JSON_FLAG],
  examples: [["muster version", "muster --version says the same"]],
  arguments: [0, 0],
  run(args, { output }) {
    output.out(args.isOn("json") ? jsonLine({ version: VERSION }) : `muster ${VERSION}`);
    return Promise.resolve(EXIT.done);
  },
};
