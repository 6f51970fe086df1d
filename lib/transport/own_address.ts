import {
  type Address,
  formatAddress,
  isLoopback,
  isWildcard,
  type Link,
  type Listener,
  type Network,
  parseAddress,
} from "../core/mod.ts";

/** Where a node was told to listen, and to be dialled. */
export interface ListenPlan {
  /** What it binds. */
  host: string;
  /** Its port; 0: any free one. */
  port: number;
  /** The address that others dial; inferred when not given. */
  advertise: Address | undefined;
}

/**
 * Where a node listens, and by which address others reach it.
 *
 * A wildcard is nobody's address: a node that listens on one guesses until a link to another member
 * shows which of its addresses reaches somebody.
 */
export class OwnAddress {
  readonly #network: Network;
  readonly #plan: ListenPlan;
  #listener: Listener | undefined;

  /** Listens nowhere yet. */
  constructor(network: Network, plan: ListenPlan) {
    this.#network = network;
    this.#plan = plan;
  }

  /** Listens, as `Network.listen` does. */
  listen(accept: (link: Link) => void, outOfFiles: () => void): void {
    const { host, port } = this.#plan;
    this.#listener = this.#network.listen({ host, port }, accept, outOfFiles);
  }

  /** Listens no more. */
  close(): void {
    this.#listener?.close();
  }

  /** The address to begin with. */
  get first(): string {
    const { advertise, host } = this.#plan;
    return formatAddress(advertise ?? this.#at(this.isGuessing ? "127.0.0.1" : host));
  }

  /** What to call a node at an address that is a guess: on another machine that means another. */
  nameAt(told: string): string | undefined {
    const isGuess = this.isGuessing && isLoopback(parseAddress(told).host);
    return isGuess ? this.listening : undefined;
  }

  /** Where it listens, as `host:port`. */
  get listening(): string {
    return formatAddress(this.#at(this.#plan.host));
  }

  /** Whether it listens at that very address: then nobody else does. */
  isAt(address: string): boolean {
    return address === this.listening;
  }

  /** Whether one of the addresses is another node's than this one's. */
  isElsewhere(addresses: readonly Address[] = []): boolean {
    return addresses.some((address) => !this.#isOwn(address));
  }

  /** Whether whoever dials that address from this machine dials this node. */
  #isOwn({ host, port }: Address): boolean {
    const { advertise } = this.#plan;
    if (advertise !== undefined && formatAddress(advertise) === formatAddress({ host, port })) {
      return true;
    }
    const own = this.#at(this.#plan.host);
    if (port !== own.port) return false;
    const isHere = isLoopback(own.host) || isWildcard(own.host);
    return host === own.host || (isHere && isLoopback(host));
  }

  /** Whether the address that others dial is a guess. */
  get isGuessing(): boolean {
    return this.#plan.advertise === undefined && isWildcard(this.#plan.host);
  }

  /** The address that a node had in an earlier life, with the port that it listens on now. */
  keptAt(earlier: string): string {
    return formatAddress(this.#at(parseAddress(earlier).host));
  }

  /** Our own end of a link to another node shows which of our addresses it uses. */
  seenThrough(link: Link): string {
    return formatAddress(this.#at(link.local.host.replace(/^::ffff:/i, "")));
  }

  /**
   * The address that a link to another member teaches, if it is better than what is told so far:
   * that may be loopback, or an address that this machine had in an earlier life. Of several that
   * are ours any will do.
   */
  learn(link: Link, told: string): string | undefined {
    if (!this.isGuessing || isLoopback(link.local.host)) return undefined;
    const seen = this.seenThrough(link);
    const { host } = parseAddress(told);
    return seen === told || (!isLoopback(host) && this.#isOurs(host)) ? undefined : seen;
  }

  #at(host: string): Address {
    return { host, port: this.#listener?.address.port ?? 0 };
  }

  /** Whether an address is this machine's: only there can anything listen. */
  #isOurs(host: string): boolean {
    try {
      this.#network.listen({ host, port: 0 }, (link) => link.close()).close();
      return true;
    } catch {
      return false;
    }
  }
}
