import { LINKS_TO_ALL, type NodeId } from "../../core/mod.ts";
import { LEAVE_WITNESSES } from "./limits.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { LeaveAckMessage } from "./messages.ts";
import type { MemberRecord } from "./record.ts";
import type { LocalMember } from "./local_member.ts";

/**
 * A graceful leave: told to all (in large clusters to some), and told again until they have seen
 * it.
 *
 * Members that leave themselves count for nothing: who is gone need not know, and tells nobody. So
 * when all leave at once nobody waits, and when half of a large cluster does, each tells somebody
 * who stays.
 */
export class Leave {
  readonly #context: Context;
  readonly #dissemination: Dissemination;
  readonly #standing: LocalMember;
  readonly #asked = new Set<NodeId>();
  /** Those of them that have not answered. */
  readonly #waiting = new Set<NodeId>();
  /** Those that have, while they were to stay. */
  readonly #confirmed = new Set<NodeId>();
  #record: MemberRecord | undefined;

  constructor(context: Context, dissemination: Dissemination, standing: LocalMember) {
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
    this.#context.after(profile.leaveTimeoutMs, () => this.#finish());
    if (roster.liveCount <= LINKS_TO_ALL) this.#ask(roster.live.ids);
    else this.#askWitnesses();
    this.#tellLeavers();
    this.#repeat();
    this.review();
  }

  /** A member has seen our leave; one that leaves itself is no witness. */
  ack({ incarnation, leaving }: LeaveAckMessage, from: NodeId): void {
    if (incarnation !== this.#record?.incarnation) return;
    if (this.#waiting.delete(from) && !leaving) this.#confirmed.add(from);
  }

  /** Looks whom there is still to wait for: somebody may have answered, or be gone. */
  review(): void {
    if (this.#context.phase !== "leaving") return;
    const { roster } = this.#context;
    let isWaiting = false;
    for (const id of this.#waiting) {
      const state = roster.get(id)?.record.state;
      // Whoever is only suspect is told, but not waited for when all others have answered.
      if (state === "alive") isWaiting = true;
      else if (state !== "suspect") this.#waiting.delete(id);
    }
    if (isWaiting) return;
    const hasWitness = [...this.#confirmed].some((id) => roster.get(id)?.record.state === "alive");
    if (hasWitness || !this.#askWitnesses()) this.#finish();
  }

  /** Tells a few more. Returns whether there was anybody left to tell. */
  #askWitnesses(): boolean {
    const { roster } = this.#context;
    const isWanted = (id: NodeId) =>
      roster.get(id)?.record.state === "alive" && !this.#asked.has(id);
    const witnesses = roster.live.draw(LEAVE_WITNESSES, isWanted);
    this.#ask(witnesses);
    return witnesses.length > 0;
  }

  /** Whoever left a moment ago may still wait for us to have seen it. */
  #tellLeavers(): void {
    const { roster, now, profile } = this.#context;
    for (const id of roster.departed) {
      const entry = roster.get(id);
      if (entry?.record.state !== "left" || now - entry.since > profile.leaveTimeoutMs) continue;
      this.#dissemination.tellOverLink(id, this.#record as MemberRecord);
    }
  }

  #ask(ids: readonly NodeId[]): void {
    for (const id of ids) {
      this.#asked.add(id);
      this.#waiting.add(id);
      this.#tell(id);
    }
  }

  #tell(id: NodeId): void {
    this.#dissemination.send(id, { type: "leave", member: this.#record as MemberRecord });
  }

  #repeat(): void {
    this.#context.after(this.#context.profile.leaveRetryMs, () => {
      // Who is silent is found out without a message.
      this.review();
      if (this.#context.phase !== "leaving") return;
      for (const id of this.#waiting) this.#tell(id);
      this.#repeat();
    });
  }

  #finish(): void {
    if (this.#context.phase !== "leaving") return;
    this.#context.phase = "out";
    this.#context.timers.clear();
    const { size: confirmed } = this.#confirmed;
    this.#context.emit({ type: "left", confirmed, asked: this.#asked.size });
  }
}
