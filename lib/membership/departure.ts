import { LEAVE_WITNESSES, LINKS_TO_ALL } from "../core/mod.ts";
import type { NodeId } from "../core/mod.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { MemberRecord } from "./record.ts";
import type { SelfStanding } from "./self_standing.ts";

/** A graceful leave: told to all (in large clusters to some), and told again until they have seen it. */
export class Departure {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #standing: SelfStanding;
  /** Those that were told and have not answered. */
  readonly #waiting = new Set<NodeId>();
  #record: MemberRecord | undefined;
  #asked = 0;

  constructor(context: Context, dissemination: Dissemination, standing: SelfStanding) {
    this.#context = context;
    this.#dissemination = dissemination;
    this.#standing = standing;
  }

  /** Begins to leave; asking twice changes nothing. */
  begin(): void {
    if (this.#context.phase !== "member") return;
    const { roster, profile } = this.#context;
    this.#context.phase = "leaving";
    this.#record = this.#standing.leave();
    const witnesses = roster.liveCount <= LINKS_TO_ALL
      ? roster.live.ids
      : roster.live.draw(LEAVE_WITNESSES, (id) => roster.get(id)?.record.state === "alive");
    for (const id of witnesses) this.#waiting.add(id);
    this.#asked = this.#waiting.size;
    this.#context.after(profile.leaveTimeoutMs, () => this.#finish());
    this.#tell();
  }

  /** A member has seen our leave. */
  ack(from: NodeId, incarnation: number): void {
    if (this.#record === undefined || incarnation !== this.#record.incarnation) return;
    if (!this.#waiting.delete(from)) return;
    if (this.#waiting.size === 0) this.#finish();
  }

  #tell(): void {
    const { roster, profile } = this.#context;
    const member = this.#record as MemberRecord;
    for (const id of [...this.#waiting]) {
      const state = roster.get(id)?.record.state;
      if (state === "alive" || state === "suspect") {
        this.#dissemination.send(id, { type: "leave", member });
      } else this.#waiting.delete(id);
    }
    // Whoever is only suspect is told, but not waited for when all others have answered.
    const isWaiting = [...this.#waiting].some((id) => roster.get(id)?.record.state === "alive");
    if (isWaiting) this.#context.after(profile.leaveRetryMs, () => this.#tell());
    else this.#finish();
  }

  #finish(): void {
    if (this.#context.phase !== "leaving") return;
    this.#context.phase = "out";
    this.#context.timers.clear();
    const confirmed = this.#asked - this.#waiting.size;
    this.#context.emit({ type: "left", confirmed, asked: this.#asked });
  }
}
