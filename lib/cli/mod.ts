/**
 * The command line: a node, and the commands that ask one.
 *
 *     main.ts ──► main ──► runProgram ──┬─► nodeCommand ──► Node ──► NodeLog ──► Output
 *                (compose)  (program)   └─► COMMANDS[name] ──► withClient ──► Client
 *                                             (loaded when used)
 *
 * | owns                                           | file                              |
 * |------------------------------------------------|-----------------------------------|
 * | the machine: terminal, signals, environment, ports | `compose.ts`, `text_writer.ts` |
 * | which command, and what becomes of its errors  | `program.ts`, `exit_code.ts`, `error_report.ts` |
 * | what was typed                                 | `flags.ts`, `flag_values.ts`, `nearest.ts`, `duration.ts`, `json_body.ts` |
 * | what each command does                         | `commands/`, one file each        |
 * | going on when the asked member dies            | `lasting_client.ts`               |
 * | values and requests of the shared state        | `kv_value.ts`, `kv_request.ts`    |
 * | programs that we run                           | `child_program.ts`, `supervise.ts`, `leader_only_process.ts` |
 * | what a person sees                             | `table.ts`, `members_table.ts`, `cluster_status.ts`, `key_value_table.ts`, `event_text.ts`, `line_times.ts`, `node_log.ts`, `palette.ts`, `help_text.ts` |
 * | what the network may not do to a terminal      | `printable.ts`                    |
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
