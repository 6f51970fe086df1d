/** A promise that was not kept: what a simulation is run to find. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Fails the run unless the promise was kept. */
export function promise(isKept: boolean, what: string): asserts isKept {
  if (!isKept) throw new Violation(what);
}
