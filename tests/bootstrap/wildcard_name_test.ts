import { assertEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { startNode } from "../../lib/node/mod.ts";

Deno.test("a founder on a wildcard is called by what it listens on, and dialled on this machine", async () => {
  for (const host of ["0.0.0.0", "::"]) {
    await using node = await startNode(systemPorts(), {
      host,
      port: 0,
      insecure: true,
      join: [],
      makeMasterOnError: true,
    });
    const { port } = parseAddress(node.address);
    assertEquals(node.name, host === "::" ? `[::]:${port}` : `0.0.0.0:${port}`);
    assertEquals(node.address, `127.0.0.1:${port}`);
    await using named = await startNode(systemPorts(), {
      host,
      port: 0,
      insecure: true,
      name: "ada",
      join: [],
      makeMasterOnError: true,
    });
    assertEquals(named.name, "ada");
  }
});
