/**
 * The command line: a node, and the commands that ask one.
 *
 *     main.ts ──► main ──► runProgram ──┬─► nodeCommand ──► Node ──► NodeLog ──► Output
 *                (compose)  (program)   └─► COMMANDS[name] ──► withClient ──► Client
 *                                             (loaded when used)
 *
 * | owns                                     | file                                        |
 * |------------------------------------------|---------------------------------------------|
 * | the machine that it runs on              | `compose.ts`, `context.ts`, `backup_file.ts` |
 * | which command, by which of its names     | `program.ts`, `command.ts`, `find_command.ts`, `nearest.ts` |
 * | what becomes of its errors               | `exit_code.ts`, `error_report.ts`, `usage_error.ts`, `saying_why.ts` |
 * | what was typed, or stands in variables   | `flags.ts`, `flag_values.ts`, `limits.ts`, `unread_variables.ts` |
 * | what each command does                   | `commands/`, one file each                  |
 * | a client for it, and the members watched | `with_client.ts`, `member_watch.ts`         |
 * | values and requests of the shared state  | `kv_value.ts`, `kv_request.ts`, `json_body.ts`, `exact_number.ts` |
 * | when a command or a node ends            | `shutdown_signal.ts`, `node_signals.ts`     |
 * | programs that we run                     | `process/`, `supervise.ts`, `leader_only_process.ts` |
 * | what a person sees                       | `terminal/`, `members_table.ts`, `cluster_status.ts`, `event_text.ts`, `node_log.ts`, `help_text.ts` |
 * | rehearsals                               | `rehearsal_flags.ts`, `rehearsal_report.ts` |
 *
 * Exit codes: 0 done, 1 failed, 2 usage, 3 no cluster reachable, 4 refused by the cluster.
 *
 * With the permission for the network alone everything works and nothing asks for more: `MUSTER_…`
 * variables are read only where that is granted already. A node's log is written in the background
 * and loses lines rather than making the node wait for a terminal that was stopped.
 *
 * @module
 */
export * from "./command.ts";
export * from "./compose.ts";
export * from "./context.ts";
export * from "./exit_code.ts";
export * from "./program.ts";
export type { Flag, ParsedArguments } from "./flags.ts";
