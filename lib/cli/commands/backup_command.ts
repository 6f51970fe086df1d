import { isJsonObject, type Json, type JsonObject } from "../../core/mod.ts";
import { BACKUP_SERVICE } from "../../node/mod.ts";
import { BackupWriter } from "../backup_file.ts";
import type { Command } from "../command.ts";
import type { FileSink } from "../context.ts";
import { EXIT } from "../exit_code.ts";
import { CLIENT_FLAGS } from "../flag_values.ts";
import { jsonLine } from "../terminal/mod.ts";
import { shutdownSignal } from "../shutdown_signal.ts";
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
  details:
    "Writes go on meanwhile, and do not show in it. The file is JSON lines with checksums. An older one " +
    "stays as it was\nuntil the new one is whole and on disk: it is written beside, and renamed. With the permission for " +
    "the file\nalone it is written in place, when all of it has been read.",
  examples: [
    ["muster backup state.backup", "needs --allow-read=. --allow-write=."],
    ["muster restore state.backup --data /var/lib/muster", "begin a new cluster with it"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const [path = ""] = args.positionals;
    // A signal ends the backup in order: nothing half written is left.
    using end = shutdownSignal(context, undefined);
    const { signal } = end;
    await using file = await context.replaceFile(path);
    const written = await withClient(args, context, async (access) => {
      const { client } = access;
      const { id: node } = client.node;
      const ask = async (body: JsonObject) =>
        await client.call({
          service: BACKUP_SERVICE,
          node,
          body: body as Json,
          timeoutMs: access.timeoutMs,
          signal,
        }) as JsonObject;
      return await copyState(ask, file, {
        time: new Date(context.ports().clock.wallTime()).toISOString(),
        stale: args.isOn("stale"),
      });
    });
    await file.finish();
    context.output.out(
      args.isOn("json")
        ? jsonLine({ file: path, ...written })
        : `wrote ${path}: the state of revision ${written.revision}`,
    );
    return EXIT.done;
  },
};

/** Reads the whole state, chunk by chunk, into a file. */
async function copyState(
  ask: (body: JsonObject) => Promise<JsonObject>,
  file: FileSink,
  about: { time: string; stale: boolean },
): Promise<{ revision: Json; parts: number; node: unknown }> {
  const { backup, node, term } = await ask({ op: "begin", stale: about.stale });
  const writer = new BackupWriter();
  await file.write(writer.header({ ...about, node, term }));
  let revision: Json = null;
  for (let part = 0;; part++) {
    const answer = await ask({ op: "chunk", backup, node, part });
    if (answer["last"] === true) {
      await file.write(writer.end());
      return { revision, parts: part, node };
    }
    const chunk = answer["chunk"] as Json;
    if (part === 0 && isJsonObject(chunk)) revision = (chunk["revision"] ?? null) as Json;
    await file.write(writer.chunk(chunk));
  }
}
