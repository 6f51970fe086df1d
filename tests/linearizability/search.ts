import { ABSENT, after, type Step } from "./register.ts";

/** How the search for a linearization of one key's history ended. */
export interface SearchResult {
  verdict: "linearizable" | "violation" | "undecided";
  /** Tries that were made. */
  tries: number;
  /** The completed operations of the longest order that was found, in that order. */
  longest: Step[];
}

/**
 * A call or return in real time, in a list from which operations are lifted once they have their
 * place.
 */
interface Moment {
  readonly index: number;
  /** The return that ends the call; an operation of unknown outcome has none. */
  readonly ending: Moment | undefined;
  readonly isCall: boolean;
  previous: Moment | undefined;
  next: Moment | undefined;
}

/** A choice that can be taken back. */
interface Choice {
  readonly call: Moment;
  readonly state: number;
  readonly low: number;
}

/**
 * Looks for an order of the operations that a register could have gone through, and that keeps
 * every operation between its call and its return: Wing and Gong's search with Lowe's memory of
 * configurations (a set of placed operations and a value that were seen to lead nowhere are not
 * tried again).
 *
 * Operations of unknown outcome may take any place after their call, or none.
 */
export function search(steps: readonly Step[], maxTries: number): SearchResult {
  return new Search(steps).run(maxTries);
}

class Search {
  readonly #steps: Step[];
  /**
   * How many of `#steps` are completed; they stand before those of unknown outcome, by their calls.
   */
  readonly #completed: number;
  readonly #isPlaced: boolean[];
  /**
   * The last earlier operation of unknown outcome that does the same: whoever takes one takes that
   * first.
   */
  readonly #twins: (number | undefined)[];
  readonly #head: Moment;
  readonly #seen = new Set<string>();
  readonly #choices: Choice[] = [];
  #state = ABSENT;
  /** Every completed step before this one is placed. */
  #low = 0;
  #placedCompleted = 0;
  #longest: Step[] = [];

  constructor(steps: readonly Step[]) {
    const byStart = [...steps].sort((a, b) => a.operation.start - b.operation.start);
    const completed = byStart.filter((step) => step.operation.ok);
    this.#steps = [...completed, ...byStart.filter((step) => !step.operation.ok)];
    this.#completed = completed.length;
    this.#isPlaced = this.#steps.map(() => false);
    this.#twins = this.#steps.map((step, i) =>
      i < this.#completed ? undefined : this.#twinOf(step, i)
    );
    this.#head = momentsOf(this.#steps);
  }

  run(maxTries: number): SearchResult {
    let tries = 0;
    let moment = this.#first();
    while (this.#placedCompleted < this.#completed) {
      if (moment?.isCall) {
        if (++tries > maxTries) return this.#ended("undecided", tries);
        const isFree = this.#isFree(moment);
        if (this.#place(moment)) moment = this.#first();
        else moment = isFree ? undefined : moment.next;
        continue;
      }
      // A return came before its operation found a place: the last choice was wrong.
      this.#keepLongest();
      moment = this.#takeBack();
      if (moment === undefined) return this.#ended("violation", tries);
    }
    this.#keepLongest();
    return this.#ended("linearizable", tries);
  }

  /**
   * Where to begin trying: an operation that changes nothing and fits now goes first, and nothing
   * else is tried in its stead, as every order in which it comes later is as good with it here.
   */
  #first(): Moment | undefined {
    for (let moment = this.#head.next; moment?.isCall; moment = moment.next) {
      if (this.#isFree(moment)) return moment;
    }
    return this.#head.next;
  }

  #isFree({ index }: Moment): boolean {
    const step = this.#steps[index] as Step;
    return isReading(step) && after(this.#state, step) !== undefined;
  }

  #place(call: Moment): boolean {
    const state = after(this.#state, this.#steps[call.index] as Step);
    if (state === undefined || this.#isIdle(call, state)) return false;
    this.#isPlaced[call.index] = true;
    let low = this.#low;
    while (low < this.#completed && this.#isPlaced[low]) low++;
    const configuration = this.#configuration(state, low);
    if (this.#seen.has(configuration)) {
      this.#isPlaced[call.index] = false;
      return false;
    }
    this.#seen.add(configuration);
    this.#choices.push({ call, state: this.#state, low: this.#low });
    this.#state = state;
    this.#low = low;
    lift(call);
    if (call.index < this.#completed) this.#placedCompleted++;
    return true;
  }

  /**
   * Whether placing an operation of unknown outcome here is no better than not, or than its twin.
   */
  #isIdle({ index }: Moment, state: number): boolean {
    if (index < this.#completed) return false;
    const twin = this.#twins[index];
    return state === this.#state || (twin !== undefined && !this.#isPlaced[twin]);
  }

  /**
   * Takes back the last choice that had an alternative; what to try in its stead, if there is one.
   */
  #takeBack(): Moment | undefined {
    for (let choice = this.#choices.pop(); choice !== undefined; choice = this.#choices.pop()) {
      const { call, state, low } = choice;
      const wasFree = isReading(this.#steps[call.index] as Step);
      this.#isPlaced[call.index] = false;
      if (call.index < this.#completed) this.#placedCompleted--;
      this.#state = state;
      this.#low = low;
      putBack(call);
      // Only an operation of unknown outcome, which has no return, may be the last.
      if (!wasFree && call.next !== undefined) return call.next;
    }
    return undefined;
  }

  #twinOf({ operation, value, expected }: Step, index: number): number | undefined {
    for (let i = index - 1; i >= this.#completed; i--) {
      const other = this.#steps[i] as Step;
      const isSame = other.operation.op === operation.op && other.value === value &&
        other.expected === expected;
      if (isSame) return i;
    }
    return undefined;
  }

  /** A text for the value and the set of placed operations: those past `low` are few. */
  #configuration(state: number, low: number): string {
    let text = `${state}:${low}`;
    const unplaced = this.#steps[low];
    if (low < this.#completed && unplaced !== undefined) {
      // Nothing that was called after the first unplaced one returned can have a place yet.
      for (let i = low + 1; i < this.#completed; i++) {
        if ((this.#steps[i] as Step).operation.start > unplaced.operation.end) break;
        if (this.#isPlaced[i]) text += `,${i}`;
      }
    }
    for (let i = this.#completed; i < this.#steps.length; i++) {
      if (this.#isPlaced[i]) text += `;${i}`;
    }
    return text;
  }

  #keepLongest(): void {
    if (this.#placedCompleted <= this.#longest.length) return;
    this.#longest = this.#choices.map(({ call }) => this.#steps[call.index] as Step)
      .filter((step) => step.operation.ok);
  }

  #ended(verdict: SearchResult["verdict"], tries: number): SearchResult {
    return { verdict, tries, longest: this.#longest };
  }
}

/** Whether a completed operation only told what stood there. */
function isReading({ operation: { op, ok, succeeded } }: Step): boolean {
  return ok === true && (op === "get" || succeeded === false);
}

/** The head of the list of all calls and returns in real time; at one instant, calls come first. */
function momentsOf(steps: readonly Step[]): Moment {
  const timed: { at: number; moment: Moment }[] = [];
  steps.forEach(({ operation }, index) => {
    const links = { index, previous: undefined, next: undefined };
    const ending = operation.ok ? { ...links, isCall: false, ending: undefined } : undefined;
    timed.push({ at: operation.start, moment: { ...links, isCall: true, ending } });
    if (ending !== undefined) timed.push({ at: operation.end, moment: ending });
  });
  timed.sort((a, b) => a.at - b.at || Number(b.moment.isCall) - Number(a.moment.isCall));
  const head: Moment = {
    index: -1,
    isCall: false,
    ending: undefined,
    previous: undefined,
    next: undefined,
  };
  let last = head;
  for (const { moment } of timed) {
    last.next = moment;
    moment.previous = last;
    last = moment;
  }
  return head;
}

function lift(call: Moment): void {
  unlink(call);
  if (call.ending !== undefined) unlink(call.ending);
}

/** Undoes the last `lift`: what was lifted still knows its neighbours. */
function putBack(call: Moment): void {
  if (call.ending !== undefined) relink(call.ending);
  relink(call);
}

function unlink(moment: Moment): void {
  if (moment.previous !== undefined) moment.previous.next = moment.next;
  if (moment.next !== undefined) moment.next.previous = moment.previous;
}

function relink(moment: Moment): void {
  if (moment.previous !== undefined) moment.previous.next = moment;
  if (moment.next !== undefined) moment.next.previous = moment;
}
