import { isObject, type Json, type JsonObject } from "../../core/mod.ts";
import { BACKUP_SERVICE } from "../../node/mod.ts";
import { BackupWriter } from "../backup_file.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { jsonLine } from "../printable.ts";
import { withClient } from "../with_client.ts";

/** `muster backup FILE`: the whole shared state as of one moment. */
export const backupCommand: Command = {
  name: "backup",
  summary: "write the shared state, as of one moment, into a file",
  usage: ["backup FILE"],
  flags: [
    { name: "stale", summary: "of any member's copy, also without a majority: possibly old" },
    ...CLIENT_FLAGS,
  ],
  details: "Writes go on meanwhile, and do not show in it. The file is JSON lines with checksums.",
  examples: [
    ["muster backup state.backup", "needs --allow-write=state.backup"],
    ["muster restore state.backup --data /var/lib/muster", "begin a new cluster with it"],
  ],
  arguments: [1, 1],
  async run(given, context) {
    const [path = ""] = given.positionals;
    await using file = await context.createFile(path);
    const written = await withClient(given, context, async ({ client, timeoutMs }) => {
      const ask = async (body: JsonObject) =>
        await client.call({
          service: BACKUP_SERVICE,
          node: client.node.id,
          body: body as Json,
          timeoutMs,
        }) as JsonObject;
      const { backup, node, term } = await ask({ op: "begin", stale: given.isOn("stale") });
      const writer = new BackupWriter();
      const time = new Date(context.ports().clock.wallTime()).toISOString();
      await file.write(writer.header({ time, stale: given.isOn("stale"), node, term }));
      let revision: Json = null;
      for (let part = 0;; part++) {
        const answer = await ask({ op: "chunk", backup, node, part });
        if (answer["last"] === true) {
          await file.write(writer.end());
          return { file: path, revision, parts: part, node };
        }
        const chunk = answer["chunk"] as Json;
        if (part === 0 && isObject(chunk)) revision = (chunk["revision"] ?? null) as Json;
        await file.write(writer.chunk(chunk));
      }
    });
    context.output.out(
      given.isOn("json")
        ? jsonLine(written)
        : `wrote ${path}: the state of revision ${written.revision}`,
    );
    return EXIT.done;
  },
};
