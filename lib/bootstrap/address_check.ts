import {
  DIAL_MS,
  isNonEmptyString,
  type Message,
  type NodeId,
  parseAddress,
  type Ports,
  type Timer,
} from "../core/mod.ts";
import { askAddress } from "./ask_address.ts";
import { ADDRESS_RECHECK_MS, ADDRESS_SILENCES } from "./limits.ts";
import { isLive } from "../membership/swim/mod.ts";
import { type MembershipService, undialableMember, undialableSelf } from "../membership/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { PeerPool } from "../transport/mod.ts";

/** Who was found at an address, or why nobody was. */
export interface Listening {
  /** Who listens there. */
  node?: NodeId;
  /** What came of the dial, for a person. */
  reason: string;
  /** Whether the answer was no, and not silence. */
  isCertain: boolean;
}

/**
 * Asks an address who listens there, as any client may.
 *
 * @param dialling given the timer whose `cancel` gives up: then there is no answer.
 */
export async function whoListens(
  ports: Ports,
  address: string,
  dialling?: (timer: Timer) => void,
): Promise<Listening> {
  const asked = await askAddress(ports, parseAddress(address), { timeoutMs: DIAL_MS, dialling });
  if ("welcome" in asked) {
    const { id, name } = asked.welcome.node;
    return { node: id, reason: `${name} listens there`, isCertain: true };
  }
  const { failure: { kind, message }, refusal } = asked;
  const node = refusal?.details?.["node"];
  return {
    ...(typeof node === "string" ? { node } : {}),
    reason: message,
    isCertain: kind === "refused" || kind === "rejected",
  };
}

/**
 * Whether others can dial the address that a member gives for itself.
 *
 * Whoever lets a member in dials it back. When that fails both say so, and the member adds it to
 * its record, so that all know: it gets no vote and no calls. It is dialled again now and then, and
 * as soon as that, or a dial of anybody else, comes through, it takes that back.
 *
 *     member ──join──▶ host ──dials the member's address──▶ refused
 *     member ◀──address-check {ok: false, address, reason}── host      both warn; the record says `undialable`
 */
export class AddressCheck {
  readonly #context: NodeContext;
  readonly #membership: MembershipService;
  readonly #peers: PeerPool;
  /** Members that this node let in and could not dial since. */
  readonly #failed = new Set<NodeId>();
  /** What is under way of the newcomers that are checked: a dial, or the wait until the next. */
  readonly #underWay = new Map<NodeId, Timer>();
  /** Whether a member has dialled this node. */
  #wasDialled = false;

  /** Checks the addresses of others, and is told of this node's own. */
  constructor(context: NodeContext, membership: MembershipService, peers: PeerPool) {
    this.#context = context;
    this.#membership = membership;
    this.#peers = peers;
  }

  /** Dials a member that was let in, at the address that it gives, until that comes through. */
  async check(node: NodeId, address: string, silences = 0): Promise<void> {
    const { ports, events } = this.#context;
    this.#underWay.get(node)?.cancel();
    const found = await whoListens(ports, address, (timer) => this.#underWay.set(node, timer));
    this.#underWay.delete(node);
    const member = this.#membership.member(node);
    const isMeant = member !== undefined && isLive(member.state) && member.address === address;
    if (!isMeant || this.#context.phase !== "member") return void this.#failed.delete(node);
    if (found.node === node) {
      if (this.#failed.delete(node)) this.#tell(node, { ok: true, address });
      return;
    }
    // A machine that stalls while it starts is not one that cannot be dialled.
    const isSure = found.isCertain || silences + 1 >= ADDRESS_SILENCES;
    if (isSure && !this.#failed.has(node)) {
      this.#failed.add(node);
      const { reason } = found;
      const message = undialableMember(member.name, address, reason);
      events.emit({ event: "warning", code: "UNREACHABLE", message });
      this.#tell(node, { ok: false, address, reason });
    }
    const again = () => void this.check(node, address, silences + 1);
    this.#underWay.set(node, ports.clock.setTimer(ADDRESS_RECHECK_MS, again));
  }

  /** Checks nobody any more. */
  stop(): void {
    for (const timer of this.#underWay.values()) timer.cancel();
    this.#underWay.clear();
  }

  /** Hears from a member what came of dialling this node. */
  receive(message: Message): void {
    const { self, events } = this.#context;
    const membership = this.#membership;
    const { ok, address, reason } = message;
    if (address !== self.address) return;
    if (ok === true) return this.dialled();
    if (this.#wasDialled || membership.member(self.id)?.isUndialable !== false) return;
    membership.step({ type: "describe", isUndialable: true });
    const why = undialableSelf(self.address, isNonEmptyString(reason, 300) ? reason : undefined);
    events.emit({ event: "warning", code: "UNREACHABLE", message: why });
  }

  /** A member has dialled this node where it says that it is. */
  dialled(): void {
    this.#wasDialled = true;
    const membership = this.#membership;
    if (membership.member(this.#context.id)?.isUndialable !== true) return;
    membership.step({ type: "describe", isUndialable: false });
  }

  #tell(node: NodeId, found: { ok: boolean; address: string; reason?: string }): void {
    // Over the link that it opened: no other leads to it.
    this.#peers.send(node, "", { type: "address-check", ...found });
  }
}
