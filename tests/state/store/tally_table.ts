import { isInteger } from "../../../lib/core/mod.ts";
import {
  CommandError,
  type ReplicatedTable,
  sectionOf,
  type SnapshotContents,
  type SnapshotSection,
  type TableKind,
} from "../../../lib/state/store/mod.ts";

/** A further table, as small as one can be: what is counted under each name. */
export class Tally implements ReplicatedTable {
  readonly counts = new Map<string, number>();

  apply(command: { type: string; name: string; by: number }): object | CommandError {
    const count = (this.counts.get(command.name) ?? 0) + command.by;
    if (count > 100) return new CommandError("TOO_MANY", "A tally goes to 100");
    if (command.type === "tally-reset") this.counts.clear();
    else this.counts.set(command.name, count);
    return { type: "tally", count };
  }

  snapshot(): SnapshotSection[] {
    return [sectionOf("tally", [...this.counts])];
  }

  restore(contents: SnapshotContents): void {
    for (const item of contents.of("tally")) {
      const [name, count] = item as [string, number];
      this.counts.set(name, count);
    }
  }
}

/** Its registration: clients add to it, and the leader alone resets it. */
export const TALLY: TableKind = {
  name: "tally",
  sections: ["tally"],
  commands: {
    "tally-add": {
      proposedBy: "clients",
      parse: ({ name, by }) =>
        typeof name === "string" && isInteger(by, 1)
          ? undefined
          : new CommandError("BAD_REQUEST", "A tally has a name and a number"),
    },
    "tally-reset": { isRepeatable: true, parse: () => undefined },
  },
  make: () => new Tally(),
};
