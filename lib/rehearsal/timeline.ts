import type { Millis } from "../core/mod.ts";
import type { MemberState } from "../membership/swim/mod.ts";

/** That a member changed its belief in another one. */
export interface Belief {
  /** Milliseconds of the rehearsal. */
  at: Millis;
  /** Who believes. */
  observer: number;
  /** Of whom. */
  subject: number;
  /** Which life of the subject: restarted, it is a new member at the same place. */
  generation: number;
  /** What. */
  state: MemberState;
  /** Why, as a fragment of a sentence. */
  cause: string;
  /** The members on whose word. */
  by: number[];
  /** Suspect or dead, although the subject ran and the two could reach each other. */
  isWrong: boolean;
}

/** Something that was done to the cluster. */
export interface Mark {
  /** Milliseconds of the rehearsal. */
  at: Millis;
  /** Whom it was done to; `undefined`: the network. */
  member: number | undefined;
  /** What, for a person. */
  text: string;
}

/** Who believed what when, and what was done: in the order of time. */
export class Timeline {
  /** What came to be believed. */
  readonly beliefs: Belief[] = [];
  /** What was done. */
  readonly marks: Mark[] = [];
  readonly #limit: number;
  #dropped = 0;

  /**
   * Begins empty.
   *
   * @param limit beliefs that are kept; later ones are only counted.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Beliefs that did not fit. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Records a belief. */
  believe(belief: Belief): void {
    if (this.beliefs.length < this.#limit) this.beliefs.push(belief);
    else this.#dropped++;
  }

  /** Records what is done. */
  mark(mark: Mark): void {
    this.marks.push(mark);
  }

  /** Forgets everything so far. */
  clear(): void {
    this.beliefs.length = 0;
    this.marks.length = 0;
    this.#dropped = 0;
  }
}
