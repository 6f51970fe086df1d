import { type ClusterId, type Link, type NodeId, Signal } from "../core/mod.ts";
import type { NodeName } from "./handshake.ts";
import type { OwnAddress } from "./own_address.ts";

/** Who a node says it is, and where; its address, and so its name, may be learned while it runs. */
export class LocalIdentity {
  /** Who the node is. */
  readonly id: NodeId;
  /** Which process of that node this is: of two the later has the larger one. */
  readonly life: string;
  /** Where it listens, and is dialled. */
  readonly place: OwnAddress;
  /** The cluster that it belongs to; `undefined` while it joins. */
  cluster: ClusterId | undefined;
  /** Who and where it says it is; replaced, never changed. */
  self: NodeName;
  /** A link to another member showed a better address than the one that was told so far. */
  readonly onReaddress: Signal = new Signal();
  readonly #givenName: string | undefined;

  /**
   * Is nowhere yet.
   *
   * @param name what it was told to be called; by default it is called after its address.
   */
  constructor(id: NodeId, life: string, place: OwnAddress, name: string | undefined) {
    this.id = id;
    this.life = life;
    this.place = place;
    this.#givenName = name;
    this.self = { id, name: "", address: "" };
  }

  /** Says from now on that it is at that address. */
  introduce(address: string): void {
    const name = this.#givenName ?? this.place.nameAt(address) ?? address;
    this.self = { id: this.id, name, address };
  }

  /** Learns from a link to another member by which of its addresses others reach it. */
  learn(link: Link): void {
    const address = this.place.learn(link, this.self.address);
    if (address === undefined) return;
    this.introduce(address);
    this.onReaddress.emit();
  }
}
