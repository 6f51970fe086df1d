/**
 * Programs that `lock` and `run` start, and the signals that reach this one.
 *
 * However this program ends, the ones that it started end too: as one process group where the
 * platform has them.
 *
 * | owns | file |
 * |------|------|
 * | a program, and whether it can be run | `child_program.ts`, `cannot_run.ts` |
 * | its end with ours, whatever ends us | `process_group.ts`, `program_guard.ts` |
 * | signals, also those before anything is loaded | `signals.ts`, `early_signals.ts` |
 *
 * @module
 */
export { CannotRun } from "./cannot_run.ts";
export { checkMayRun, type ChildProgram, startChildProgram } from "./child_program.ts";
export { type EarlySignals } from "./early_signals.ts";
export { exitCodeOfSignal, onEndSignal, type SignalChoice } from "./signals.ts";
