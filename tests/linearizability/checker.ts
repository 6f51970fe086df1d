/**
 * Judges whether a recorded history of gets, puts, compare-and-sets and deletes is linearizable.
 *
 * Keys are independent registers, and linearizability is local (Herlihy and Wing, 1990): a history
 * is linearizable if and only if that of each key is. The time is bounded by a number of tries, not
 * by a clock, so that the same history always gets the same verdict.
 *
 *     lines ──► readHistory ──► by key ──► Values, mergeUnseen ──► search ──► verdict
 *
 * From a script: `deno run --allow-read tests/linearizability/checker.ts HISTORY.jsonl`.
 *
 * @module
 */
import { type Operation, readHistory } from "./history.ts";
import { mergeUnseen, Values } from "./register.ts";
import { search } from "./search.ts";

/** Tries for one key past which it stays undecided: a few seconds, and some hundred megabytes. */
const MAX_TRIES = 2_000_000;

/** What is wrong with one key's history, or what could not be decided. */
export interface Finding {
  key: string;
  /** The longest order that was found: its last operations, then those that had to come next. */
  placed: Operation[];
  /**
   * The completed operations that were pending where no order goes on; one of them is impossible.
   */
  stuck: Operation[];
}

/** A verdict on a history. */
export interface HistoryVerdict {
  /** `undecided`: no key violates it, but some took too many tries. */
  verdict: "linearizable" | "violation" | "undecided";
  operations: number;
  keys: number;
  /** Tries that were made, of all keys. */
  tries: number;
  violations: Finding[];
  undecided: string[];
}

/**
 * Judges a history of JSON lines, in any order; the format is {@linkcode readHistory}'s.
 *
 * @throws {TypeError} naming a line that is not an operation.
 */
export function checkHistory(
  lines: Iterable<string>,
  options: { maxTries?: number } = {},
): HistoryVerdict {
  return checkOperations(readHistory(lines), options);
}

/** Judges a history of operations, in any order. */
export function checkOperations(
  operations: readonly Operation[],
  { maxTries = MAX_TRIES }: { maxTries?: number } = {},
): HistoryVerdict {
  const byKey = Map.groupBy(operations, (operation) => operation.key);
  const verdict: HistoryVerdict = {
    verdict: "linearizable",
    operations: operations.length,
    keys: byKey.size,
    tries: 0,
    violations: [],
    undecided: [],
  };
  for (const [key, all] of byKey) {
    const values = new Values();
    const found = search(mergeUnseen(all.map((operation) => values.step(operation))), maxTries);
    verdict.tries += found.tries;
    if (found.verdict === "undecided") verdict.undecided.push(key);
    if (found.verdict === "violation") {
      verdict.violations.push(findingOf(key, all, found.longest.map((step) => step.operation)));
    }
  }
  if (verdict.undecided.length > 0) verdict.verdict = "undecided";
  if (verdict.violations.length > 0) verdict.verdict = "violation";
  return verdict;
}

function findingOf(key: string, all: readonly Operation[], placed: readonly Operation[]): Finding {
  const isPlaced = new Set(placed);
  const left = all.filter((operation) => operation.ok && !isPlaced.has(operation));
  const firstEnd = left.reduce((end, operation) => Math.min(end, operation.end), Infinity);
  const stuck = left.filter((operation) => operation.start <= firstEnd);
  return { key, placed: placed.slice(-5), stuck };
}

if (import.meta.main) {
  const [path = "/dev/stdin"] = Deno.args;
  const verdict = checkHistory((await Deno.readTextFile(path)).split("\n"));
  console.log(JSON.stringify(verdict, null, 2));
  Deno.exit(verdict.verdict === "linearizable" ? 0 : 1);
}
