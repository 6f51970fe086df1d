import { type Json, type JsonObject, type NodeId, WHY_MASTER_MS } from "../core/mod.ts";
import {
  type ConsensusService,
  LeaderHistory,
  quorumWarnings,
  VoterChangeFilter,
} from "../consensus/mod.ts";
import { type MembershipService, reachNotes } from "../membership/mod.ts";
import { isLive, type MemberEvent } from "../membership/swim/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { Rpc, SystemServices } from "../rpc/mod.ts";
import type { MembersReport } from "./members_report.ts";

/** Who leads and votes, and why, as people see it: told as it changes, and recorded. */
export class LeaderReport {
  /** Its name among the parts. */
  readonly name = "leader";
  /** What other members ask it. */
  readonly services: SystemServices = {
    "muster.why": { from: "member", serve: () => this.history() as Json },
  };
  readonly #context: NodeContext;
  readonly #membership: MembershipService;
  readonly #consensus: ConsensusService;
  readonly #members: MembersReport;
  readonly #rpc: Rpc;
  readonly #history = new LeaderHistory();
  readonly #voterChanges = new VoterChangeFilter();

  /**
   * Tells from now on who leads.
   *
   * @param members what tells of a member before this tells what that means for who leads.
   */
  constructor(
    context: NodeContext,
    membership: MembershipService,
    consensus: ConsensusService,
    members: MembersReport,
    rpc: Rpc,
  ) {
    this.#context = context;
    this.#membership = membership;
    this.#consensus = consensus;
    this.#members = members;
    this.#rpc = rpc;
    membership.onChange.subscribe((event) => this.#memberChanged(event));
    consensus.onChange.subscribe((view, previous, reason) => {
      if (view.master !== previous.master || view.term !== previous.term) {
        this.#tellMaster(view.master, reason);
      }
      this.#tellVoters();
    });
  }

  /** Records who led when the node came. */
  joined(): void {
    const { master } = this.#consensus.view;
    if (master !== undefined) this.#record(master, "it was the master when we joined");
  }

  /** The names of the voters, for people. */
  voterNames(): string[] {
    return this.#consensus.view.voters.map((id) => this.#consensus.nameOf(id));
  }

  /** What a person should know of who votes, and of who cannot be dialled. */
  notes(): string[] {
    return [...this.#voterNotes(), ...reachNotes(this.#membership.members())];
  }

  /** Why the master is the master, as it recorded it itself, or else as this node did. */
  async why(): Promise<JsonObject> {
    const { master } = this.#consensus;
    if (master === undefined || master === this.#context.id) return this.history();
    const question = { service: "muster.why", body: null, timeoutMs: WHY_MASTER_MS };
    try {
      return await this.#rpc.client.call(master, question) as JsonObject;
    } catch {
      // It may be on its way out: what this node saw of it is the second best.
      return this.history();
    }
  }

  /** The recorded changes of who leads, and what led to the present state of the master before. */
  history(): JsonObject {
    const { master } = this.#consensus;
    const member = master === undefined ? undefined : this.#membership.member(master);
    const predecessor = this.#history.predecessorOf(master);
    const isKnown = predecessor !== undefined &&
      this.#membership.member(predecessor) !== undefined;
    return {
      recordedBy: this.#consensus.nameOf(this.#context.id),
      member: member === undefined ? null : this.#members.view(member),
      term: this.#consensus.view.term,
      voters: this.voterNames(),
      events: this.#history.changes.map(({ at, master, term, reason }) => ({
        time: new Date(this.#membership.wallTimeOf(at)).toISOString(),
        master: master ?? null,
        name: master === undefined ? null : this.#consensus.nameOf(master),
        term,
        reason,
      })),
      predecessor: isKnown ? this.#members.historyOf(predecessor) : null,
    };
  }

  /** A stalled master that nobody has replaced is the master again when it comes back. */
  #memberChanged({ member, previous, cause }: MemberEvent): void {
    const wasLed = previous === undefined || isLive(previous);
    const isLed = isLive(member.state);
    if (member.id === this.#consensus.view.master && wasLed !== isLed) {
      const reason = `${member.name} is ${member.state}: ${cause}`;
      this.#tellMaster(isLed ? member.id : undefined, reason);
    }
    this.#tellVoters();
  }

  #voterNotes(): string[] {
    const consensus = this.#consensus;
    const { master, view: { voters, learners }, counts, departures } = consensus;
    const pace = consensus.paceAdvice();
    return [
      ...quorumWarnings({
        members: this.#membership.members(),
        master,
        voters,
        learners,
        missing: consensus.missingVoters(),
        hasCopy: consensus.hasCopy(),
        counts,
        second: consensus.secondCopy(),
      }),
      ...departures.notes,
      ...(pace === undefined ? [] : [pace.text]),
    ];
  }

  #record(master: NodeId | undefined, reason: string): boolean {
    const { term } = this.#consensus.view;
    return this.#history.record({ at: this.#context.ports.clock.now(), master, term, reason });
  }

  #tellMaster(master: NodeId | undefined, reason: string): void {
    if (!this.#record(master, reason)) return;
    this.#context.events.emit({
      event: "master",
      master: master ?? null,
      name: master === undefined ? null : this.#consensus.nameOf(master),
      term: this.#consensus.view.term,
      reason,
    });
  }

  #tellVoters(): void {
    const { master, view: { voters } } = this.#consensus;
    // Between two masters there is none for a moment: that is no news while a majority lives.
    const isPassing = master === undefined && !this.#consensus.isMajorityDead();
    // Of more than one voter there is nothing to note while there is a master: a large cluster's
    // events each cost so little.
    const isPlain = master !== undefined && voters.length > 1;
    const isQuiet = isPassing || isPlain || this.#context.phase === "leaving";
    const notes = isQuiet ? [] : this.#voterNotes();
    if (!this.#voterChanges.isNews(voters, notes)) return;
    const names = this.voterNames();
    this.#context.events.emit({ event: "voters", voters: [...voters], names, notes });
  }
}
