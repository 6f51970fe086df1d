import { restoreState } from "../../node/mod.ts";
import { readBackup } from "../backup_file.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { JSON_FLAG } from "../flag_values.ts";
import { jsonLine } from "../terminal/mod.ts";
import { UsageError } from "../usage_error.ts";

/** `muster restore FILE --data DIR`: a folder from which a new cluster begins. */
export const restoreCommand: Command = {
  name: "restore",
  summary: "make a data folder for a new cluster from a backup",
  usage: ["restore FILE --data DIR"],
  flags: [{ name: "data", value: "DIR", summary: "the folder to make; empty or new" }, JSON_FLAG],
  details:
    "It needs no cluster, and --allow-read=FILE,DIR --allow-write=DIR. A node that is started with the " +
    "folder is the\nmaster of a new cluster with the state of the backup; the others join it with empty " +
    "folders.\nWhat was written after the backup is lost, and may have been seen: so revisions go on a billion " +
    "higher, and\nterms a million. Lock tokens and MUSTER_TERM only grow; a watch from before ends with " +
    "COMPACTED. Two restores of\none backup go on at the same revision: before the second, take a new backup of " +
    "the first.",
  examples: [
    ["muster restore state.backup --data /var/lib/muster", "offline; needs no cluster"],
    ["muster --data /var/lib/muster", "then this node is the master"],
  ],
  arguments: [1, 1],
  async run(args, context) {
    const [path = ""] = args.positionals;
    const folder = args.text("data");
    if (folder === undefined) {
      throw new UsageError("restore needs --data DIR: the folder to make", { missing: "data" });
    }
    const { about, chunks } = readBackup(await context.readFile(path));
    const { ids } = context.ports();
    const restored = await context.makeDataFolder(
      folder,
      (store) => restoreState(store, ids, { term: about["term"], chunks }),
    );
    context.output.out(
      args.isOn("json")
        ? jsonLine({ ...restored })
        : `restored revision ${restored.backupRevision} into ${folder}, as revision ` +
          `${restored.revision}: start with --data ${folder}`,
    );
    return EXIT.done;
  },
};
