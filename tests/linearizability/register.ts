import type { Json } from "../../lib/core/mod.ts";
import type { Operation } from "./history.ts";

/** The number that stands for an absent key. */
export const ABSENT = 0;

/** An operation with its values as numbers. */
export interface Step {
  readonly operation: Operation;
  readonly value: number;
  readonly expected: number;
}

/** Gives equal values the same number. */
export class Values {
  readonly #numbers = new Map<string, number>([["null", ABSENT]]);

  /** The operation with numbers for its values. */
  step(operation: Operation): Step {
    const value = operation.op === "delete" ? ABSENT : this.#number(operation.value);
    return { operation, value, expected: this.#number(operation.expected) };
  }

  #number(value: Json): number {
    const text = canonical(value);
    const known = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, known);
    return known;
  }
}

/** What the register holds after a step; `undefined` when the step could not have gone so. */
export function after(state: number, { operation, value, expected }: Step): number | undefined {
  const { op, succeeded } = operation;
  switch (op) {
    case "get":
      return state === value ? state : undefined;
    case "put":
      return value;
    case "delete":
      return succeeded === undefined || succeeded === (state !== ABSENT) ? ABSENT : undefined;
    case "cas": {
      const isExpected = state === expected;
      if (succeeded !== undefined && succeeded !== isExpected) return undefined;
      return isExpected ? value : state;
    }
  }
}

/** The number that stands for every value that nobody saw. */
const UNSEEN = -1;

/**
 * Simplifies the writes of unknown outcome whose value nobody saw, as each would double the search:
 * they can only explain that something else was not there, and for that they are all alike; where
 * nobody was told so, they explain nothing and are left out.
 */
export function mergeUnseen(steps: readonly Step[]): Step[] {
  const seen = new Set<number>();
  let isAbsenceTold = false;
  for (const { operation, value, expected } of steps) {
    const { op, ok, succeeded } = operation;
    isAbsenceTold ||= ok === true &&
      ((op === "cas" && succeeded === false) || (op === "delete" && succeeded === true));
    if (op === "get") seen.add(value);
    if (op === "cas") seen.add(expected);
    if (op === "delete" && succeeded === false) seen.add(ABSENT);
  }
  return steps.flatMap((step) => {
    // That a key is absent is told by a delete, too.
    if (step.operation.ok || seen.has(step.value) || step.value === ABSENT && isAbsenceTold) {
      return [step];
    }
    return isAbsenceTold ? [{ ...step, value: UNSEEN }] : [];
  });
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.keys(value).sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`);
  return `{${fields.join()}}`;
}
