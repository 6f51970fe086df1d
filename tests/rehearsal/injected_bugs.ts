import type { Millis, NodeId } from "../../lib/core/mod.ts";
import {
  type MemberRecord,
  Membership,
  type MembershipEffect,
  type MembershipInput,
  type MembershipMessage,
} from "../../lib/membership/swim/mod.ts";
import type { Create } from "./stories.ts";

type Sent = MembershipEffect & { type: "send" };

/** A machine with a bug: what it hears or says is not quite what it should be. */
abstract class BuggyMembership extends Membership {
  override handle(now: Millis, input: MembershipInput): MembershipEffect[] {
    const heard = this.hear(input);
    const effects = heard.flatMap((each) => super.handle(now, each));
    return effects.flatMap((effect) => effect.type === "send" ? this.say(effect) : [effect]);
  }

  hear(input: MembershipInput): MembershipInput[] {
    return [input];
  }

  say(effect: Sent): MembershipEffect[] {
    return [effect];
  }

  get id(): NodeId {
    return this.self().id;
  }
}

/** Changes or drops (`undefined`) every record that a message tells. */
function retell<M extends object>(
  message: M,
  change: (record: MemberRecord) => MemberRecord | undefined,
): M {
  const told = { ...message } as Record<string, unknown>;
  for (const field of ["gossip", "members"]) {
    const records = told[field] as MemberRecord[] | undefined;
    if (records === undefined) continue;
    told[field] = records.map(change).filter((record) => record !== undefined);
  }
  return told as M;
}

function reread(
  input: MembershipInput,
  change: (record: MemberRecord) => MemberRecord | undefined,
): MembershipInput[] {
  if (input.type !== "message") return [input];
  return [{ ...input, message: retell(input.message as MembershipMessage, change) }];
}

class NeverRefutes extends BuggyMembership {
  override hear(input: MembershipInput): MembershipInput[] {
    return reread(
      input,
      (record) => record.id === this.id && record.state !== "alive" ? undefined : record,
    );
  }
}

class NeverRaisesItsIncarnation extends BuggyMembership {
  override say(effect: Sent): MembershipEffect[] {
    const change = (record: MemberRecord) =>
      record.id === this.id ? { ...record, incarnation: 1 } : record;
    return [{ ...effect, message: retell(effect.message, change) }];
  }
}

class HearsNoConfirmation extends BuggyMembership {
  override hear(input: MembershipInput): MembershipInput[] {
    return reread(
      input,
      (record) => record.state === "suspect" && record.id !== this.id ? undefined : record,
    );
  }
}

class CountsOneObserverTwice extends BuggyMembership {
  #turn = 0;

  override hear(input: MembershipInput): MembershipInput[] {
    const ids = this.alive().map(({ id }) => id);
    return reread(
      input,
      (record) =>
        record.state === "suspect" && record.id !== this.id
          ? { ...record, by: [ids[this.#turn++ % ids.length] as NodeId] }
          : record,
    );
  }
}

class NeverRetransmits extends BuggyMembership {
  readonly #heard = new Set<string>();

  override hear(input: MembershipInput): MembershipInput[] {
    return reread(input, (record) => {
      this.#heard.add(keyOf(record));
      return record;
    });
  }

  override say(effect: Sent): MembershipEffect[] {
    const { message } = effect;
    const gossip = message.gossip.filter((record) => !this.#heard.has(keyOf(record)));
    return [{ ...effect, message: { ...message, gossip } }];
  }
}

class LetsDeathOverrideANewerLife extends BuggyMembership {
  override hear(input: MembershipInput): MembershipInput[] {
    return reread(input, (record) => {
      const known = this.member(record.id)?.incarnation ?? 0;
      return record.state === "dead" && record.incarnation < known
        ? { ...record, incarnation: known }
        : record;
    });
  }
}

class NeverVisitsTheDead extends BuggyMembership {
  override say(effect: Sent): MembershipEffect[] {
    return this.member(effect.to)?.state === "dead" ? [] : [effect];
  }
}

class LeavesWithoutAWord extends BuggyMembership {
  override say(effect: Sent): MembershipEffect[] {
    if (effect.message.type === "leave") return [];
    const change = (record: MemberRecord) => record.state === "left" ? undefined : record;
    return [{ ...effect, message: retell(effect.message, change) }];
  }
}

class AsksNoHelpers extends BuggyMembership {
  override say(effect: Sent): MembershipEffect[] {
    return effect.message.type === "probe-request" ? [] : [effect];
  }
}

class TakesABrokenLinkForDeath extends BuggyMembership {
  override hear(input: MembershipInput): MembershipInput[] {
    const record = input.type === "link-broken" ? recordOf(this, input.node) : undefined;
    return record === undefined ? [input] : [tellingFrom(this, { ...record, state: "dead" })];
  }
}

class TakesOneRefusalForTwo extends BuggyMembership {
  override hear(input: MembershipInput): MembershipInput[] {
    if (input.type !== "unreachable" || input.kind !== "refused") return [input];
    const record = recordOf(this, input.node);
    const other = this.alive().find(({ id }) => id !== this.id && id !== input.node);
    if (record === undefined || other === undefined) return [input];
    const by = [other.id];
    return [input, tellingFrom(this, { ...record, state: "suspect", by, refused: by })];
  }
}

class RunsMissedTimersAsIfOnTime extends BuggyMembership {
  override handle(now: Millis, input: MembershipInput): MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    for (let due = this.nextDeadline(); due !== undefined && due > 0 && due < now;) {
      effects.push(...super.handle(due, { type: "tick" }));
      due = this.nextDeadline();
    }
    effects.push(...super.handle(now, input));
    return effects;
  }
}

/** Bugs that an implementation of SWIM may have; the stories have to find every one of them. */
export const INJECTED_BUGS: Readonly<Record<string, Create>> = {
  "it never refutes": (options) => new NeverRefutes(options),
  "it refutes without raising its incarnation": (options) => new NeverRaisesItsIncarnation(options),
  "it hears no confirmation": (options) => new HearsNoConfirmation(options),
  "it counts one observer twice": (options) => new CountsOneObserverTwice(options),
  "it never passes gossip on": (options) => new NeverRetransmits(options),
  "it lets death override a newer life": (options) => new LetsDeathOverrideANewerLife(options),
  "it never visits the dead": (options) => new NeverVisitsTheDead(options),
  "it leaves without a word": (options) => new LeavesWithoutAWord(options),
  "it asks no helpers": (options) => new AsksNoHelpers(options),
  "it takes a broken link for death": (options) => new TakesABrokenLinkForDeath(options),
  "it takes one refusal for two": (options) => new TakesOneRefusalForTwo(options),
  "it runs missed timers as if on time": (options) => new RunsMissedTimersAsIfOnTime(options),
};

function keyOf({ id, incarnation, state }: MemberRecord): string {
  return `${id} ${incarnation} ${state}`;
}

function recordOf(machine: Membership, id: NodeId): MemberRecord | undefined {
  return machine.snapshot().find((record) => record.id === id && record.state === "alive");
}

/** As if some other member had told the record. */
function tellingFrom(machine: Membership, record: MemberRecord): MembershipInput {
  const teller = machine.alive().find(({ id }) => id !== machine.self().id && id !== record.id);
  return {
    type: "message",
    from: teller?.id ?? record.id,
    message: { type: "gossip", gossip: [record] },
  };
}
