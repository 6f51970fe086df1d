import {
  isAddress,
  isId,
  isJsonObject,
  isNonEmptyString,
  NAME_CHARACTERS,
  type NodeId,
} from "../core/mod.ts";

/** What a voter is called, and where it is dialled. */
export interface VoterName {
  /** Who it is. */
  readonly id: NodeId;
  /** What people call it. */
  readonly name: string;
  /** Where it was last, as `host:port`. */
  readonly address: string;
}

/** Voters that are kept in mind: more than any configuration has. */
const VOTERS_KNOWN = 16;

/**
 * What the voters are called, also those that membership does not know (any more): the log names
 * them by their ids alone, and after a restart that would be all there is to say of one that does
 * not answer.
 */
export class VoterNames {
  readonly #known = new Map<NodeId, VoterName>();

  /**
   * Begins with the names that were kept, none by default.
   *
   * @param kept those of an earlier life of this node.
   */
  constructor(kept: readonly VoterName[] = []) {
    for (const voter of kept) this.#known.set(voter.id, voter);
  }

  /** All that are known. */
  get all(): VoterName[] {
    return [...this.#known.values()];
  }

  /**
   * Keeps those who vote in mind, by what membership knows of them, and nobody else: all that are
   * known.
   */
  merge(
    voters: readonly NodeId[],
    member: (id: NodeId) => Omit<VoterName, "id"> | undefined,
  ): VoterName[] {
    // A log that is still empty names nobody.
    if (voters.length === 0) return this.all;
    const known = voters.slice(0, VOTERS_KNOWN)
      .flatMap((id) =>
        member(id) === undefined ? this.#known.get(id) ?? [] : this.of(id, member(id))
      );
    this.#known.clear();
    for (const voter of known) this.#known.set(voter.id, voter);
    return this.all;
  }

  /** What a voter is called, as membership knows it, or else as it was once; if need be, its id. */
  of(id: NodeId, known: Omit<VoterName, "id"> | undefined): VoterName {
    if (known === undefined) return this.#known.get(id) ?? { id, name: id, address: id };
    return { id, name: known.name, address: known.address };
  }
}

/** Reads the voters of an earlier life; what is malformed is left out. */
export function readVoterNames(value: unknown): VoterName[] {
  return Array.isArray(value) ? value.slice(0, VOTERS_KNOWN).filter(isVoterName) : [];
}

/** A voter for people: `NAME (ADDRESS)`, or once where the name is the address. */
export function nameAndAddress({ name, address }: VoterName): string {
  return name === address ? name : `${name} (${address})`;
}

function isVoterName(value: unknown): value is VoterName {
  if (!isJsonObject(value)) return false;
  const { id, name, address } = value;
  return isId(id) && isNonEmptyString(name, NAME_CHARACTERS) && isAddress(address);
}
