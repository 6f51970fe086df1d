import { assertEquals } from "@std/assert";
import { nodeCommand, nodeOptionsOf } from "../../lib/cli/commands/node_command.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { MUSTER } from "../../scripts/bench/idle.ts";

Deno.test("the benchmark's node joins nobody, whoever is at the usual port", () => {
  const options = nodeOptionsOf(parseFlags(MUSTER.slice(1), nodeCommand.flags));
  assertEquals([options.port, options.join], [0, [{ host: "127.0.0.1", port: 1 }]]);
});
