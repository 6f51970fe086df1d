import {
  type Address,
  ClusterError,
  type ClusterId,
  DIAL_MS,
  formatAddress,
  isId,
  isNonEmptyString,
  type Message,
  type NodeId,
  type Ports,
  sleep,
} from "../core/mod.ts";
import { GATHER_LOOK_MS } from "./limits.ts";
import { askAddress } from "./ask_address.ts";
import type { NodeName } from "../transport/mod.ts";

/** The type of the question that nodes which wait for each other ask, and of its answer. */
export const GATHER = "gather";

/** What one of the addresses answered. */
interface Seen {
  address: string;
  node: NodeId;
  name: string;
  /** The cluster that it belongs to already. */
  cluster: ClusterId | undefined;
  /** How many nodes it waits for; `undefined`: it does not wait. */
  expected: number | undefined;
  /** Whether it has promised to itself: it is about to found. */
  isFounding: boolean;
}

/** Whom this node lets found. */
interface Promised {
  to: NodeId;
  /** Where that node is, of the addresses that were named. */
  address: string;
  /** The number of the promise: later ones are greater. */
  number: number;
}

/** What a gathering needs of its node. */
export interface GatheringOwner {
  /** Its clock and network. */
  readonly ports: Pick<Ports, "clock" | "network">;
  /** Who this node is. */
  self(): NodeName;
  /** The addresses that were named, of the others and perhaps its own. */
  readonly addresses: readonly Address[];
  /** How many nodes found together. */
  readonly expected: number;
  /**
   * Whether members of a cluster dial this node, which was one of theirs: it is to join through
   * them.
   */
  isCalled(): boolean;
  /** Told when the number of those who are here changes. */
  progress(present: readonly string[], message: string): void;
}

/**
 * How nodes that start at once with the same flags found one cluster, and never two (`--expect N`).
 *
 * Every node asks all the addresses, again and again, who is there. As soon as one belongs to a
 * cluster, this node joins that; as soon as members of one dial this node, it joins through them.
 * When all N are there and wait, the one with the smallest id asks each for its promise, its own
 * first; with all N promises it founds, and the others join it.
 *
 * Why there are never two clusters: a founder holds the promises of the processes at *all* N
 * addresses, its own too, and each has one promise to give. It is taken back only when
 * - another process answers at the address of whom it was given to: the first has ended. Had it
 *   founded with a data folder, it would have come back under its own id, as a member; without one,
 *   its cluster is gone with it, unless others had joined; or
 * - that very node says, after the promise was given, that it is not about to found.
 *
 * So for a second founding all N processes must be waiting, none of them a member of a first
 * cluster, nor its founder: then no process and no folder of a first cluster is left. A founder
 * that dies on the way keeps its promises until something answers at its address again; the others
 * say whom they wait for. To do without it for good, start them anew without it (they have nothing
 * to lose yet).
 */
export class ExpectBootstrap {
  readonly #owner: GatheringOwner;
  #promised: Promised | undefined;
  #promises = 0;
  #seen: readonly Seen[] = [];
  #shown = "";

  /** Waits for nobody yet. */
  constructor(owner: GatheringOwner) {
    this.#owner = owner;
  }

  /**
   * Waits until this node is to found, or there is a cluster to join: at one of the addresses that
   * were named (`join`), or through members that dial this node (`called`).
   *
   * @throws {ClusterError} `BAD_REQUEST` when the addresses are not those of N nodes,
   * `NOT_PERMITTED` when one of them may not be dialled.
   */
  async run(signal: AbortSignal): Promise<"found" | "join" | "called" | "over"> {
    while (!signal.aborted) {
      const others = await this.#look();
      if (this.#seen.some(({ cluster }) => cluster !== undefined)) return "join";
      if (this.#owner.isCalled()) return "called";
      const { id } = this.#owner.self();
      const waiting = new Set(this.#waiting().map(({ node }) => node));
      const isComplete = waiting.size === others.length;
      if (isComplete && [...waiting].every((other) => id < other)) {
        if (await this.#collect(others)) return "found";
      }
      await sleep(this.#owner.ports.clock, GATHER_LOOK_MS, signal);
    }
    return "over";
  }

  /** Answers another node that waits. */
  answer(message: Message): Message {
    const { from, expected, ask } = message;
    const isGranted = ask === "promise" && isId(from) && expected === this.#owner.expected &&
      this.#grant(from);
    return {
      type: GATHER,
      expected: this.#owner.expected,
      founding: this.#promised?.to === this.#owner.self().id,
      granted: isGranted,
    };
  }

  #grant(to: NodeId): boolean {
    if (this.#promised !== undefined && this.#promised.to !== to) return false;
    // Only to one that this node sees too: those who found together name each other.
    const seen = this.#waiting().find(({ node }) => node === to);
    if (seen === undefined) return false;
    this.#promised = { to, address: seen.address, number: ++this.#promises };
    return true;
  }

  /** Asks everybody who is there; returns the addresses of the others. */
  async #look(): Promise<Address[]> {
    const { addresses, expected, self } = this.#owner;
    const promisesBefore = this.#promises;
    const named = new Map(addresses.map((address) => [formatAddress(address), address]));
    named.delete(self().address);
    const asked = [...named.values()];
    const answers = await Promise.all(asked.map((address) => this.#ask(address, "look")));
    const others = asked.filter((_, at) => answers[at]?.node !== self().id);
    if (others.length !== expected - 1) {
      throw new ClusterError(
        "BAD_REQUEST",
        `Cannot wait for ${expected} nodes: --clusterip names ${others.length} beside this one; name ` +
          "every node that is expected, with the same flags on each",
      );
    }
    this.#seen = answers.filter((seen) => seen !== undefined && seen.node !== self().id) as Seen[];
    this.#takeBack(promisesBefore);
    if (this.#seen.every(({ cluster }) => cluster === undefined)) this.#show();
    return others;
  }

  #takeBack(promisesBefore: number): void {
    const promised = this.#promised;
    // What was promised since the questions went out, the answers know nothing of.
    if (promised === undefined || promised.number > promisesBefore) return;
    const there = this.#seen.find(({ address }) => address === promised.address);
    if (there === undefined) return;
    if (there.node !== promised.to || !there.isFounding) this.#promised = undefined;
  }

  /** Asks all for their promises: this node founds when it has every one. */
  async #collect(others: readonly Address[]): Promise<boolean> {
    const { id, address } = this.#owner.self();
    if (this.#promised !== undefined) return false;
    this.#promised = { to: id, address, number: ++this.#promises };
    const given = await Promise.all(others.map((other) => this.#ask(other, "promise")));
    const ids = new Set(given.filter((each) => each?.isGranted).map((each) => each?.node));
    if (ids.size === others.length) return true;
    this.#promised = undefined;
    return false;
  }

  async #ask(
    address: Address,
    ask: "look" | "promise",
  ): Promise<(Seen & { isGranted: boolean }) | undefined> {
    const { ports, expected, self } = this.#owner;
    const { id } = self();
    const asked = await askAddress(ports, address, {
      timeoutMs: DIAL_MS,
      question: ({ node }) =>
        node.id === id ? undefined : { type: GATHER, ask, from: id, expected },
    });
    if (!("welcome" in asked)) {
      // All have to be asked: with one that may not be, the waiting would have no end.
      if (asked.failure.kind !== "unpermitted") return undefined;
      const which = `${formatAddress(address)} (${asked.failure.message})`;
      throw new ClusterError("NOT_PERMITTED", `Cannot connect to ${which}`);
    }
    const { welcome: { node }, answer } = asked;
    const there = { address: formatAddress(address), node: node.id, name: node.name };
    if (node.id === id) return { ...there, ...NOBODY };
    if (answer === undefined) return undefined;
    const { cluster, founding, granted } = answer;
    return {
      ...there,
      cluster: isNonEmptyString(cluster, 64) ? cluster : undefined,
      expected: typeof answer["expected"] === "number" ? answer["expected"] : undefined,
      isFounding: founding === true,
      isGranted: granted === true,
    };
  }

  /** The others that wait for as many as this node does. */
  #waiting(): Seen[] {
    return this.#seen.filter(({ expected }) => expected === this.#owner.expected);
  }

  #show(): void {
    const { expected, self } = this.#owner;
    const waiting = this.#waiting();
    const present = [self().name, ...waiting.map(({ name }) => name)];
    const strange = this.#seen.filter((seen) =>
      !waiting.includes(seen) && seen.cluster === undefined
    )
      .map(({ name, expected }) => `; ${name} expects ${expected ?? "nobody"}`);
    const promised = this.#promised;
    const isGone = promised !== undefined && promised.to !== self().id &&
      !waiting.some(({ node }) => node === promised.to);
    const message = `${present.length} of ${expected} nodes are here: ${present.join(", ")}` +
      strange.join("") + (isGone ? `; waiting for ${promised.address}, which was to found` : "");
    if (message === this.#shown) return;
    this.#shown = message;
    this.#owner.progress(present, message);
  }
}

const NOBODY = { cluster: undefined, expected: undefined, isFounding: false, isGranted: false };
