import { assertEquals } from "@std/assert";
import type { CommandContext } from "../../lib/cli/context.ts";
import { CLIENT_FLAGS } from "../../lib/cli/flag_values.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { withClient } from "../../lib/cli/with_client.ts";
import { formatAddress } from "../../lib/core/mod.ts";
import { Street } from "../support/street.ts";

Deno.test("without --timeout a command gets past any number of silent addresses", async () => {
  const street = new Street([...Array.from({ length: 40 }, () => "silent" as const), {
    afterMs: 20,
  }]);
  const typed = ["--clusterip", street.addresses.map(formatAddress).join(",")];
  const context = { ports: () => street.ports } as unknown as CommandContext;
  const args = parseFlags(typed, CLIENT_FLAGS);
  const asked = withClient(args, context, ({ client }) => Promise.resolve(client.node.name));
  assertEquals((await street.comesTo(asked))[0], "node40");
});
