/**
 * The commands, one file each; what a person types after `muster`.
 *
 *     program ──► COMMANDS[name] (loaded when used) ──► run(given, context) ──► exit code
 *                    kv ──► its own subcommands, the same way
 *
 * A command says what it takes (flags, arguments, examples: its help is made of them), asks a
 * member through a client, and prints a table for a person or one JSON document for a program. What
 * several share stands one folder up.
 *
 * @module
 */
import type { Catalog, Command } from "../command.ts";

/**
 * The commands in the order of the help, each loaded only when it is used: a node starts without
 * them.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  members: async () => (await import("./members_command.ts")).membersCommand,
  status: async () => (await import("./status_command.ts")).statusCommand,
  health: async () => (await import("./health_command.ts")).healthCommand,
  watch: async () => (await import("./watch_command.ts")).watchCommand,
  call: async () => (await import("./call_command.ts")).callCommand,
  kv: async () => (await import("./kv_command.ts")).kvCommand,
  lock: async () => (await import("./lock_command.ts")).lockCommand,
  run: async () => (await import("./run_command.ts")).runCommand,
  transfer: async () => (await import("./transfer_command.ts")).transferCommand,
  backup: async () => (await import("./backup_command.ts")).backupCommand,
  restore: async () => (await import("./restore_command.ts")).restoreCommand,
  leave: async () => (await import("./leave_command.ts")).leaveCommand,
  remove: async () => (await import("./remove_command.ts")).removeCommand,
  why: async () => (await import("./why_command.ts")).whyCommand,
  rtt: async () => (await import("./rtt_command.ts")).rttCommand,
  rehearse: async () => (await import("./rehearse_command.ts")).rehearseCommand,
  version: async () => (await import("./version_command.ts")).versionCommand,
  help: async () => (await import("./help_command.ts")).helpCommandOf(CATALOG),
};

/**
 * What people type who are used to other programs, and what they mean; the longest that fits
 * counts.
 */
export const ALIASES: Readonly<Record<string, string>> = {
  "ls": "members",
  "member": "members",
  "member list": "members",
  "member ls": "members",
  "members list": "members",
  "members ls": "members",
  "member remove": "remove",
  "member rm": "remove",
  "kv ls": "kv list",
  "kv rm": "kv del",
  "kv delete": "kv del",
  "kv set": "kv put",
};

/** The command of a node, which has no name. */
export async function nodeCommand(): Promise<Command> {
  return (await import("./node_command.ts")).nodeCommand;
}

/** All that can be typed after `muster`. */
export const CATALOG: Catalog = { commands: COMMANDS, aliases: ALIASES, node: nodeCommand };
