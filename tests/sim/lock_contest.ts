import { ClusterError, type Millis, type Random, randomBetween } from "../../lib/core/mod.ts";
import type { Lock } from "../../lib/node/mod.ts";
import type { AgreementCluster } from "./agreement_cluster.ts";
import type { SimMember } from "./sim_cluster.ts";
import { promise } from "./violation.ts";

/** Between two looks at who believes in the lock. */
const LOOK_MS = 5;
/** How often the lock is handed on at the end, and how long that may take. */
const PASSES = 3;
const PASSES_MS: Millis = 60_000;
/** Before a contender that could not even ask does so again. */
const RETRY_MS = 100;

/**
 * All members that run contend for one lock: no two may believe in it at once, and its tokens only
 * grow.
 */
export class LockContest {
  readonly #cluster: AgreementCluster;
  readonly #random: Random;
  readonly #ttlMs: readonly [Millis, Millis];
  readonly #contenders = new Set<SimMember>();
  readonly #held = new Map<Lock, SimMember>();
  #lastToken = 0;
  #acquired = 0;
  #isOver = false;
  #violation: string | undefined;

  /** @param ttlMs how long the lock outlives a dead holder: from, to. */
  constructor(cluster: AgreementCluster, random: Random, ttlMs: readonly [Millis, Millis]) {
    this.#cluster = cluster;
    this.#random = random;
    this.#ttlMs = ttlMs;
    this.#look();
  }

  /**
   * Ends it when all is well again; fails if the lock ever had two holders, or passes on no more.
   */
  async end(): Promise<void> {
    const before = this.#acquired;
    const isPassed = () => this.#acquired >= before + PASSES;
    const tookMs = await this.#cluster.members.world.runUntil(isPassed, PASSES_MS);
    this.#isOver = true;
    promise(this.#violation === undefined, `${this.#violation}`);
    promise(tookMs !== undefined, `the lock did not pass on ${PASSES} times in ${PASSES_MS} ms`);
  }

  #look(): void {
    const believers = [...this.#held].filter(([lock, { process }]) => {
      return lock.isHeld && (process.isRunning || process.state === "paused");
    });
    if (believers.length > 1) {
      const who = believers.map(([{ token }, { number }]) => `${number} with token ${token}`);
      this.#violation ??= `at ${this.#cluster.members.world.now} the lock is held by ${
        who.join(" and ")
      }`;
    }
    if (this.#isOver) return;
    for (const member of this.#cluster.members.running) {
      if (this.#contenders.has(member)) continue;
      this.#contenders.add(member);
      void this.#contend(member);
    }
    this.#cluster.members.world.after(LOOK_MS, () => this.#look());
  }

  async #contend(member: SimMember): Promise<void> {
    const { clock } = member.process;
    const pause = (ms: Millis) =>
      new Promise<void>((resolve) => void clock.setTimer(ms, () => resolve()));
    while (!this.#isOver && !member.hasLeft) {
      try {
        const ttlMs = Math.round(randomBetween(this.#random, ...this.#ttlMs));
        const lock = await member.node.lock("contested", { ttlMs });
        // Where its disk is still at work, it has not heard of its turn, and if it dies then it
        // never had it.
        member.process.emit(() => this.#holds(member, lock));
        await pause(randomBetween(this.#random, 0, ttlMs));
        await lock.release();
        this.#held.delete(lock);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
      }
      await pause(RETRY_MS);
    }
  }

  #holds(member: SimMember, lock: Lock): void {
    this.#held.set(lock, member);
    this.#acquired++;
    // One that heard of its turn too late is no holder any more.
    if (!lock.isHeld) return;
    if (lock.token <= this.#lastToken) {
      this.#violation ??= `token ${lock.token} of ${member.number} after ${this.#lastToken}`;
    }
    this.#lastToken = lock.token;
  }
}
