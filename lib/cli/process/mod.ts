/**
 * Programs that `lock` and `run` start, and the signals that reach this one.
 *
 * However this program ends, the ones that it started end too: as one process group where the
 * platform has them.
 *
 * @module
 */
export { CannotRun } from "./cannot_run.ts";
export { checkMayRun, type ChildProgram, startChildProgram } from "./child_program.ts";
export { type EarlySignals } from "./early_signals.ts";
export { exitCodeOfSignal, onEndSignal, type SignalChoice } from "./signals.ts";
