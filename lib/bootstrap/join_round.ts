import {
  type Address,
  ClusterError,
  DIAL_MS,
  DIAL_STAGGER_MS,
  formatAddress,
  type Link,
  type LinkFailure,
  type Message,
  type Millis,
  type NodeId,
  type Ports,
  type Timer,
} from "../core/mod.ts";
import { dial, type Opening, type Welcome } from "../transport/mod.ts";
import { isOfTwin, runsElsewhere } from "./twin.ts";

/** How to join. */
export interface JoinPlan {
  /** Who joins. */
  id: NodeId;
  /** In which process. */
  life: string;
  addresses: readonly Address[];
  /** The hello of a node that belongs to no cluster yet. */
  hello: Message;
  /**
   * The request to join, made when the link is there: it shows this node's address to the other.
   */
  request(link: Link): Message;
  /**
   * A member let this node in. Called while its answer is being read: what follows on the link may
   * come in the same turn, so the link gets its owner here. What it throws refuses the answer, and
   * the link has no owner then.
   */
  enter(link: Link, welcome: Welcome, joined: Message): void;
  /** Whether the node has been told to leave meanwhile. */
  isOver(): boolean;
  /** Told of each attempt. */
  attempted(address: string, ok: boolean, message: string): void;
  /** Whether the founding of a cluster follows when nobody answers: one round is enough then. */
  willFound: boolean;
}

/** What one address answered to a join. */
export type JoinAnswer =
  | { outcome: "joined"; through: string }
  /** Nobody is there, or only this node itself; `isCertain`: it will be so for a while. */
  | { outcome: "no-answer"; reason: string; isCertain: boolean }
  /** This program may not ask there, so nobody knows whether there is a cluster. */
  | { outcome: "not-asked"; reason: string }
  /** Somebody is there who may say yes later. */
  | { outcome: "not-yet"; reason: string; joining?: Joining }
  /** The cluster says no. */
  | { outcome: "refused"; error: ClusterError };

/** A node that is still joining itself, as its refusal says. */
export interface Joining {
  node: unknown;
  /** Whether it founds a cluster when nobody lets it in. */
  founds: boolean;
}

/** A member that welcomed this node, and that it has not asked yet. */
interface Welcomed {
  at: number;
  link: Link;
  welcome: Welcome;
}

/**
 * One round over all addresses. They are dialled overlapping, as `openFirstLink` does it; of those
 * who welcome this node it asks one after another to let it in, the first one first, for it joins
 * once.
 *
 * @param withinMs after which those who have not answered yet are silent.
 * @returns what each answered, in the order of the addresses; once one lets this node in or refuses
 * it for good, only what was answered until then.
 */
export function joinRound(
  ports: Ports,
  plan: JoinPlan,
  withinMs: Millis,
): Promise<JoinAnswer[]> {
  return new Promise((resolve) => new JoinRound(ports, plan, withinMs, resolve).begin());
}

class JoinRound {
  readonly #ports: Ports;
  readonly #plan: JoinPlan;
  readonly #done: (answers: JoinAnswer[]) => void;
  readonly #end: Timer;
  readonly #answers = new Map<number, JoinAnswer>();
  readonly #dialling = new Map<number, Opening>();
  #welcomed: Welcomed[] = [];
  readonly #begunAt: Millis;
  #begun = 0;
  #stagger: Timer | undefined;
  /** The link over which this node asks to be let in, and the time that it has for it. */
  #asked: { link: Link; timer: Timer } | undefined;
  #isOver = false;

  constructor(
    ports: Ports,
    plan: JoinPlan,
    withinMs: Millis,
    done: (answers: JoinAnswer[]) => void,
  ) {
    this.#ports = ports;
    this.#plan = plan;
    this.#done = done;
    this.#begunAt = ports.clock.now();
    this.#end = ports.clock.setTimer(withinMs, () => this.#timeIsUp());
  }

  begin(): void {
    if (this.#plan.addresses.length === 0) this.#finish();
    else this.#dialNext();
  }

  #dialNext(): void {
    this.#stagger?.cancel();
    const { addresses, hello } = this.#plan;
    const at = this.#begun;
    const address = addresses[at];
    if (address === undefined || this.#isOver) return;
    this.#begun++;
    const dialling = dial(this.#ports, address, hello, DIAL_MS, {
      opened: (link, welcome) => {
        this.#dialling.delete(at);
        this.#welcome({ at, link, welcome });
      },
      failed: (failure, refusal) => {
        this.#dialling.delete(at);
        this.#answered(at, answerOf(this.#plan, address, failure, refusal));
      },
    });
    if (this.#isOver || this.#begun !== at + 1) return;
    this.#dialling.set(at, dialling);
    if (this.#begun === addresses.length) return;
    this.#stagger = this.#ports.clock.setTimer(DIAL_STAGGER_MS, () => this.#dialNext());
  }

  #welcome(welcomed: Welcomed): void {
    const { at, link } = welcomed;
    link.attach({
      message: () => {},
      closed: (failure) => {
        this.#welcomed = this.#welcomed.filter((each) => each !== welcomed);
        this.#answered(at, silence(failure.message));
      },
    });
    this.#welcomed.push(welcomed);
    this.#askNext();
  }

  #askNext(): void {
    if (this.#asked !== undefined || this.#isOver) return;
    const next = this.#welcomed.shift();
    if (next === undefined) return;
    const { at, link } = next;
    const timer = askToJoin(this.#ports, this.#plan, next, (answer) => {
      this.#asked = undefined;
      this.#answered(at, answer);
      this.#askNext();
    });
    this.#asked = { link, timer };
  }

  #answered(at: number, answer: JoinAnswer): void {
    if (this.#isOver) return;
    this.#answers.set(at, answer);
    const { addresses, attempted, isOver } = this.#plan;
    const address = formatAddress(addresses[at] as Address);
    attempted(address, answer.outcome === "joined", reasonOf(answer));
    const isDecided = answer.outcome === "joined" || answer.outcome === "refused" || isOver();
    if (isDecided || this.#answers.size === addresses.length) this.#finish();
    else this.#dialNext();
  }

  #timeIsUp(): void {
    const withinMs = Math.round(this.#ports.clock.now() - this.#begunAt);
    this.#plan.addresses.forEach((address, at) => {
      if (this.#answers.has(at)) return;
      const reason = this.#dialling.get(at)?.lateness(withinMs).message ?? "no answer in time";
      this.#answers.set(at, silence(reason));
      this.#plan.attempted(formatAddress(address), false, reason);
    });
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end.cancel();
    this.#stagger?.cancel();
    for (const dialling of this.#dialling.values()) dialling.cancel();
    for (const { link } of this.#welcomed.splice(0)) giveUp(link);
    if (this.#asked !== undefined) {
      this.#asked.timer.cancel();
      giveUp(this.#asked.link);
    }
    const answers = [...this.#answers].sort(([a], [b]) => a - b);
    this.#done(answers.map(([, answer]) => answer));
  }
}

function giveUp(link: Link): void {
  link.attach({ message: () => {}, closed: () => {} });
  link.close("given up");
}

/**
 * @param told exactly once, not before this returns, unless the link gets another owner.
 * @returns the timer of the answer.
 */
function askToJoin(
  ports: Ports,
  plan: JoinPlan,
  { at, link, welcome }: Welcomed,
  told: (answer: JoinAnswer) => void,
): Timer {
  const refuse = (answer: JoinAnswer, reason: string) => {
    link.attach({ closed: () => told(answer), message: () => {} });
    link.close(reason);
  };
  const timer = ports.clock.setTimer(DIAL_MS, () => {
    const reason = `no answer to the join within ${DIAL_MS} ms`;
    refuse(silence(reason), reason);
  });
  // Messages of the cluster may come before the answer: they are early gossip, and repeated.
  link.attach({
    closed: (failure) => {
      timer.cancel();
      told(silence(failure.message));
    },
    message: (message) => {
      if (message.type !== "joined" && message.type !== "error") return;
      timer.cancel();
      try {
        if (message.type === "error") throw ClusterError.from(message);
        plan.enter(link, welcome, message);
        told({ outcome: "joined", through: welcome.node.name });
      } catch (error) {
        const refusal = error instanceof ClusterError ? error : ClusterError.from(error);
        const failure = { kind: "rejected", message: "" } as const;
        const address = plan.addresses[at] as Address;
        refuse(answerOf(plan, address, failure, refusal), refusal.message);
      }
    },
  });
  link.send(plan.request(link));
  return timer;
}

function answerOf(
  plan: JoinPlan,
  address: Address,
  failure: LinkFailure,
  refusal: ClusterError | undefined,
): JoinAnswer {
  if (failure.kind === "unpermitted") return { outcome: "not-asked", reason: failure.message };
  if (refusal === undefined) {
    const isCertain = failure.kind === "refused" || failure.isNameUnknown === true;
    return { outcome: "no-answer", reason: failure.message, isCertain };
  }
  if (isOfTwin(refusal, plan)) {
    return { outcome: "refused", error: runsElsewhere(address, plan.id) };
  }
  if (refusal.code === "SELF") {
    return { outcome: "no-answer", reason: "that is this node itself", isCertain: true };
  }
  // What answers in some other protocol is no cluster, whatever it says.
  if (refusal.code === "BAD_MESSAGE") {
    return { outcome: "no-answer", reason: refusal.message, isCertain: true };
  }
  if (refusal.retryable) {
    const { node, founds } = refusal.details ?? {};
    const joining = typeof founds === "boolean" ? { joining: { node, founds } } : {};
    return { outcome: "not-yet", reason: refusal.message, ...joining };
  }
  return { outcome: "refused", error: refusal };
}

function silence(reason: string): JoinAnswer {
  return { outcome: "no-answer", reason, isCertain: false };
}

/** What came of an address, for a person. */
export function reasonOf(answer: JoinAnswer): string {
  if (answer.outcome === "joined") return `joined through ${answer.through}`;
  return answer.outcome === "refused" ? answer.error.message : answer.reason;
}
