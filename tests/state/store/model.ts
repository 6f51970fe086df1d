import type {
  Command,
  Compare,
  KeyEvent,
  KeyValue,
  Operation,
} from "../../../lib/state/store/mod.ts";

/** The same semantics done in the plainest way: a list of all events, read anew each time. */
export class Model {
  revision = 1;
  #compacted = 1;
  readonly #events: KeyEvent[] = [];

  apply(command: Command): { result: unknown; events: KeyEvent[] } {
    const pending: KeyEvent[] = [];
    const result = this.#run(command, pending);
    if (typeof result === "string") return { result, events: [] };
    if (pending.length > 0) {
      this.revision++;
      this.#events.push(...pending);
    }
    return { result, events: pending };
  }

  list(prefix: string, revision: number): KeyValue[] | string {
    if (revision < this.#compacted) return "COMPACTED";
    if (revision > this.revision) return "FUTURE_REVISION";
    return this.#list(prefix, this.#events.filter((event) => event.revision <= revision));
  }

  #run(command: Command, pending: KeyEvent[]): unknown {
    switch (command.type) {
      case "put":
      case "delete":
        return this.#operate(command, pending);
      case "cas": {
        const now = this.#get(command.key, pending);
        const { expect } = command;
        const succeeded = "absent" in expect
          ? now === null
          : "revision" in expect
          ? (now?.modRevision ?? 0) === expect.revision
          : now !== null && now.value === expect.value;
        const { key, value } = command;
        if (succeeded) this.#operate({ type: "put", key, value }, pending);
        return { type: "cas", succeeded, entry: this.#get(key, pending) };
      }
      case "transaction": {
        for (const branch of [command.then ?? [], command.else ?? []]) {
          const puts = branch.flatMap((each) => each.type === "put" ? [each.key] : []);
          const isTwice = new Set(puts).size < puts.length ||
            branch.some((each) =>
              each.type === "delete" &&
              puts.some((key) => each.key === key || key.startsWith(each.prefix ?? "\uFFFF"))
            );
          if (isTwice) return "DUPLICATE_KEY";
        }
        const succeeded = (command.if ?? []).every((each) => this.#holds(each));
        const branch = (succeeded ? command.then : command.else) ?? [];
        const results = branch.map((each) => this.#operate(each, pending));
        return { type: "transaction", succeeded, results };
      }
      case "compact": {
        if (command.revision > this.revision) return "FUTURE_REVISION";
        const changed = command.revision > this.#compacted;
        if (changed) this.#compacted = command.revision;
        return { type: "done", changed };
      }
      default:
        throw new Error(`The model knows no ${command.type}`);
    }
  }

  #operate(operation: Operation, pending: KeyEvent[]): unknown {
    const revision = this.revision + 1;
    switch (operation.type) {
      case "put": {
        const { key, value } = operation;
        const before = this.#get(key, pending);
        const createRevision = before?.createRevision ?? revision;
        const version = (before?.version ?? 0) + 1;
        pending.push({ type: "put", key, revision, value, createRevision, version });
        return { type: "put", createRevision, version };
      }
      case "delete": {
        const all = this.#list("", [...this.#events, ...pending]).map((entry) => entry.key);
        const gone = all.filter((key) =>
          operation.key === undefined
            ? key.startsWith(operation.prefix ?? "")
            : key === operation.key
        );
        for (const key of gone) pending.push({ type: "delete", key, revision });
        return { type: "delete", deleted: gone.length };
      }
      case "get":
        return { type: "get", entry: this.#get(operation.key, pending) };
      case "list": {
        const entries = this.#list(operation.prefix, [...this.#events, ...pending]);
        return { type: "list", entries, more: false };
      }
    }
  }

  #holds({ key, target, operator, operand }: Compare): boolean {
    const entry = this.#get(key, []);
    if (target === "value" && entry === null) return false;
    const left = entry === null ? 0 : target === "lease" ? 0 : entry[target];
    if (operator === "=") return left === operand;
    if (operator === "!=") return left !== operand;
    if (typeof left !== "number") return false;
    return operator === "<" ? left < Number(operand) : left > Number(operand);
  }

  #get(key: string, pending: KeyEvent[]): KeyValue | null {
    return this.#list("", [...this.#events, ...pending]).find((entry) => entry.key === key) ?? null;
  }

  #list(prefix: string, events: readonly KeyEvent[]): KeyValue[] {
    const entries = new Map<string, KeyValue>();
    for (const event of events) {
      if (!event.key.startsWith(prefix)) continue;
      if (event.type === "delete") entries.delete(event.key);
      else {
        const { key, value, createRevision, revision: modRevision, version } = event;
        entries.set(key, { key, value, createRevision, modRevision, version });
      }
    }
    const bytes = (key: string) => new TextEncoder().encode(key);
    return [...entries.values()].sort((a, b) => compareBytes(bytes(a.key), bytes(b.key)));
  }
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const at = left.findIndex((byte, i) => byte !== right[i]);
  if (at < 0) return left.length - right.length;
  return at >= right.length ? 1 : (left[at] as number) - (right[at] as number);
}
