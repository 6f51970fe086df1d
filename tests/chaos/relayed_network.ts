import type { ProcessNode } from "../support/process_cluster.ts";
import { type Cuts, Relay } from "./relay.ts";

/**
 * What passes between real nodes: each is reached through a relay, and any two can be cut apart.
 */
export class RelayedNetwork implements Cuts, Disposable {
  readonly #relays = new Set<Relay>();
  /** Pairs of nodes, `one other` in both orders, whose connections are reset. */
  readonly #refused = new Set<string>();
  /** Pairs of nodes, `from to`, between which nothing passes in that direction. */
  readonly #cuts = new Set<string>();
  #changing = Promise.withResolvers<void>();

  /** A relay for a node that is about to start. */
  relay(): Relay {
    const relay = new Relay(this);
    this.#relays.add(relay);
    return relay;
  }

  /** Lets a relay lead to its node, for as long as that runs. */
  attach(relay: Relay, node: ProcessNode): void {
    relay.leadTo(node.id, Number(node.listening.slice(node.listening.lastIndexOf(":") + 1)));
    void node.status.then(() => {
      this.#relays.delete(relay);
      relay[Symbol.dispose]();
    });
  }

  /** Nothing passes from any of `some` to any of `others`, nor back unless `isOneWay`. */
  cut(some: readonly ProcessNode[], others: readonly ProcessNode[], isOneWay = false): void {
    for (const { id: from } of some) {
      for (const { id: to } of others) {
        this.#cuts.add(`${from} ${to}`);
        if (!isOneWay) this.#cuts.add(`${to} ${from}`);
      }
    }
    this.#tell();
  }

  /** Connections between any of `some` and any of `others` are reset, and new ones too. */
  refuse(some: readonly ProcessNode[], others: readonly ProcessNode[]): void {
    for (const { id: one } of some) {
      for (const { id: other } of others) {
        this.#refused.add(`${one} ${other}`).add(`${other} ${one}`);
      }
    }
    for (const relay of this.#relays) relay.review();
    this.#tell();
  }

  /** Nobody, client or member, gets through to the node at its advertised address. */
  deafen(node: ProcessNode): void {
    for (const relay of this.#relays) {
      if (relay.node === node.id) relay.deafen();
    }
  }

  /** Everything passes again. */
  heal(): void {
    this.#cuts.clear();
    this.#refused.clear();
    for (const relay of this.#relays) relay.hear();
    this.#tell();
  }

  isCut(from: string | undefined, to: string | undefined): boolean {
    return this.#cuts.has(`${from} ${to}`);
  }

  isRefused(one: string | undefined, other: string | undefined): boolean {
    return this.#refused.has(`${one} ${other}`);
  }

  changed(): Promise<void> {
    return this.#changing.promise;
  }

  [Symbol.dispose](): void {
    for (const relay of this.#relays) relay[Symbol.dispose]();
    this.heal();
  }

  #tell(): void {
    this.#changing.resolve();
    this.#changing = Promise.withResolvers();
  }
}
