import type { Message } from "../../lib/core/mod.ts";
import type { MemberRecord } from "../../lib/membership/swim/mod.ts";
import { Violation } from "./violation.ts";

/**
 * Reads every message that is sent: an incarnation is raised by its owner only, so nobody may speak
 * of a member at an incarnation that the member itself has not spoken of.
 */
export class IncarnationWatch {
  readonly #spoken = new Map<string, number>();
  readonly #ownerOf: (id: string) => number | undefined;

  /** @param ownerOf the number of the process that a node's id belongs to. */
  constructor(ownerOf: (id: string) => number | undefined) {
    this.#ownerOf = ownerOf;
  }

  /** Judges one message of a process. */
  read(from: number, message: Message): void {
    const records = [...recordsOf(message["gossip"]), ...recordsOf(message["members"])];
    const own = message["member"] as MemberRecord | undefined;
    if (own?.id !== undefined) records.push(own);
    for (const record of records) {
      // A request to join carries no incarnation: it is the first.
      const incarnation = record.incarnation ?? 1;
      const spoken = this.#spoken.get(record.id) ?? 1;
      if (this.#ownerOf(record.id) === from) {
        this.#spoken.set(record.id, Math.max(spoken, incarnation));
      } else if (incarnation > spoken) {
        throw new Violation(
          `member ${from} raised ${record.name}'s incarnation from ${spoken} to ${incarnation}`,
        );
      }
    }
  }
}

function recordsOf(value: unknown): MemberRecord[] {
  return Array.isArray(value) ? value as MemberRecord[] : [];
}
