import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";

/** `muster kv …`: the small consistent state that the members share. */
export const kvCommand: Command = {
  name: "kv",
  summary: "the shared state: get, put, del, cas, list, watch and txn",
  usage: ["kv get|put|del|cas|list|watch|txn [ARGUMENTS] [FLAGS]"],
  flags: [],
  details:
    "Keys are text, values JSON. Every write has a revision, one more than the last; reads are as of " +
    "the last\nwrite that anybody was told of, and need a majority, unless they say --stale. Keys that " +
    "start with $ are\nthe cluster's own: they may be read. muster kv COMMAND --help says more of each.",
  examples: [
    ["muster kv put color blue", "a text"],
    [`muster kv put limits '{"cpu":2}'`, "a JSON document"],
    ["muster kv get color", "its value alone"],
    ["muster kv watch --prefix jobs/", "changes as they happen"],
  ],
  arguments: [0, 0],
  subcommands: {
    get: async () => (await import("./kv_get_command.ts")).kvGetCommand,
    put: async () => (await import("./kv_put_command.ts")).kvPutCommand,
    del: async () => (await import("./kv_del_command.ts")).kvDelCommand,
    cas: async () => (await import("./kv_cas_command.ts")).kvCasCommand,
    list: async () => (await import("./kv_list_command.ts")).kvListCommand,
    watch: async () => (await import("./kv_watch_command.ts")).kvWatchCommand,
    txn: async () => (await import("./kv_txn_command.ts")).kvTxnCommand,
  },
  run: () => Promise.resolve(EXIT.usage),
};
