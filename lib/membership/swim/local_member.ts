import { INCARNATION_JUMP, LINKS_TO_ALL, type Millis, type NodeId } from "../../core/mod.ts";
import { LEAVE_WITNESSES, REPLACED_MAX, STALL_MAX_MS } from "./limits.ts";
import type { Context } from "./context.ts";
import type { Dissemination } from "./dissemination.ts";
import type { MemberEvent, MembershipEffect } from "./interface.ts";
import type { MemberRecord } from "./record.ts";

/** This node's word about itself: refutation, new metadata, and how it is forced out. */
export class LocalMember {
  readonly #context: Context;
  readonly #dissemination: Dissemination;

  /** Gone members of our name that our record does not name yet. */
  readonly #replaced = new Set<NodeId>();

  constructor(context: Context, dissemination: Dissemination) {
    this.#context = context;
    this.#dissemination = dissemination;
  }

  /** A member is gone: if it had our name, the name was given to us. */
  noteGone({ id, name }: MemberRecord): void {
    const own = this.#context.roster.self.record;
    if (name !== own.name || id === own.id || own.replaces?.includes(id)) return;
    this.#replaced.add(id);
  }

  /** Says whom we replaced, once for all that one input brought. */
  review(): void {
    if (this.#replaced.size === 0 || this.#context.phase !== "member") return;
    const own = this.#context.roster.self.record;
    const replaces = [...own.replaces ?? [], ...this.#replaced].slice(-REPLACED_MAX);
    this.#replaced.clear();
    this.#speak(
      { ...own, replaces, incarnation: own.incarnation + 1 },
      "has the name of one that went",
    );
  }

  /** Another member has our name, by the rule that all go by. */
  loseName(winner: MemberRecord): void {
    const own = this.#context.roster.self.record;
    const wasGiven = winner.replaces?.includes(own.id) === true;
    const reason = wasGiven
      ? `the name ${own.name} was given to the node at ${winner.address} while this one was held for dead`
      : `the member at ${winner.address} has the name ${own.name} too`;
    const advice = "choose another with --name, or end that one first";
    this.forceOut("NAME_TAKEN", `${reason}; ${advice}`, winner);
  }

  /** Hears what others say of us, and refutes it unless it is old, true or an operator's will. */
  receive(told: MemberRecord, from: NodeId): void {
    const { roster, phase } = this.#context;
    const own = roster.self.record;
    if (phase === "out") return;
    if (told.forced) return this.forceOut("REMOVED", told.cause ?? "an operator removed us");
    if (phase === "leaving") return;
    if (told.incarnation < own.incarnation) {
      // The refutation was lost on its way to whoever still says so, and will not be said again.
      if (told.state !== "alive") this.#dissemination.tell(from, own);
      return;
    }
    // What refutes it is one more, which the others have to take too.
    if (told.incarnation - own.incarnation >= INCARNATION_JUMP) {
      return this.#context.reject(from, `this node at incarnation ${told.incarnation}`);
    }
    const isTrue = told.name === own.name && told.address === own.address;
    if (!isTrue) this.#context.reject(from, `this node as ${told.name} at ${told.address}`);
    if (told.state === "alive" && told.address !== own.address) {
      this.#context.emit({ type: "elsewhere", address: told.address });
    }
    if (told.state !== "alive") {
      const teller = this.#context.nameOf(from);
      const cause = `refuted ${teller}, who held it for ${told.state}`;
      this.#refute(told.incarnation, cause, told.by, told.state !== "suspect");
      // Whoever is accused wrongly was slow to answer (Lifeguard §IV-A).
      if (told.state !== "left") this.#context.health.add(1);
    } else if (told.incarnation > own.incarnation || !isTrue) {
      this.#refute(told.incarnation, "outdid an earlier life's word", []);
    }
  }

  /** Changes our metadata. */
  describe(
    tags?: Record<string, string>,
    services?: string[],
    isUndialable?: boolean,
  ): void {
    const own = this.#context.roster.self.record;
    const record: MemberRecord = {
      ...own,
      tags: tags === undefined ? own.tags : { ...tags },
      services: services === undefined ? own.services : services.slice(),
      incarnation: own.incarnation + 1,
    };
    if (isUndialable === true) record.undialable = true;
    else if (isUndialable === false) delete record.undialable;
    this.#speak(record, "described itself anew");
  }

  /**
   * Is known by another name or address from now on: the same member, with one word more of itself.
   */
  readdress(name: string, address: string, cause: string): void {
    const { roster } = this.#context;
    const own = roster.self.record;
    this.#speak({ ...own, name, address, incarnation: own.incarnation + 1 }, cause);
    const member = roster.view(roster.self);
    const event: MemberEvent = {
      type: "updated",
      member,
      previous: own.state,
      cause,
      by: [own.id],
    };
    this.#context.emit({ type: "notify", event });
  }

  /**
   * Says that our process did not run for a while: who suspects us for that takes it back, and is
   * patient.
   */
  stalled(stalledMs: Millis): void {
    const own = this.#context.roster.self.record;
    const ms = Math.min(STALL_MAX_MS, Math.round(stalledMs));
    this.#speak({ ...own, incarnation: own.incarnation + 1 }, "was stopped for a while", [], ms);
  }

  /** Says again that we are here. */
  announce(): void {
    this.#dissemination.announce(this.#context.roster.self.record, true);
  }

  /** Becomes `left`, by our own will. */
  leave(): MemberRecord {
    const own = this.#context.roster.self.record;
    const record: MemberRecord = { ...own, state: "left", incarnation: own.incarnation + 1 };
    this.#context.roster.put(record, this.#context.now);
    this.#dissemination.announce(record);
    return record;
  }

  /** Ends this node's membership against its will. */
  forceOut(
    code: "REMOVED" | "NAME_TAKEN" | "ADDRESS_TAKEN",
    reason: string,
    holder?: MemberRecord,
  ): void {
    const { roster, phase, timers } = this.#context;
    if (phase === "out") return;
    if (code !== "REMOVED" && phase === "member") {
      const record = this.leave();
      const isSmall = roster.liveCount <= LINKS_TO_ALL;
      const witnesses = isSmall ? roster.live.ids : roster.live.draw(LEAVE_WITNESSES, () => true);
      for (const id of witnesses) this.#dissemination.tell(id, record);
      if (holder !== undefined && roster.get(holder.id) === undefined) {
        this.#dissemination.tellAt(holder, record);
      }
    }
    this.#context.phase = "out";
    timers.clear();
    const effect: MembershipEffect = { type: "forced-out", code, reason };
    if (holder !== undefined) effect.holder = holder.id;
    this.#context.emit(effect);
  }

  #refute(incarnation: number, cause: string, by: NodeId[] = [], wasGone = false): void {
    this.#context.counters.refutations++;
    const own = this.#context.roster.self.record;
    const record: MemberRecord = { ...own, incarnation: incarnation + 1 };
    if (wasGone) record.returned = true;
    this.#speak(record, cause, by);
  }

  /** A stall is news of the moment: what is said next says nothing of it. */
  #speak(given: MemberRecord, cause: string, by: NodeId[] = [], stalledMs?: Millis): void {
    const { roster, now } = this.#context;
    const { stalledMs: _past, ...rest } = given;
    const record: MemberRecord = stalledMs === undefined ? rest : { ...rest, stalledMs };
    const { entry } = roster.put(record, now);
    roster.note(entry, now, cause, by);
    this.#dissemination.announce(record, true);
  }
}
