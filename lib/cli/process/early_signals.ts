/** Signals that came before the program was loaded: `main.ts` has listened for them so far. */
export interface EarlySignals {
  /** What was heard; from now on somebody else listens, or signals end the process as usual. */
  take(): string[];
}
