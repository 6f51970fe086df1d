import { ClusterError, isInteger, isJsonObject, type JsonObject } from "../../core/mod.ts";
import { bad } from "./checks.ts";
import type { CommandError } from "./command_error.ts";
import { KeySpace } from "./key_space.ts";
import { LeaseTable } from "./lease_table.ts";
import { LockTable } from "./lock_table.ts";
import { REPLICATED_KEYS } from "./replicated_keys.ts";
import { REPLICATED_LEASES } from "./replicated_leases.ts";
import { REPLICATED_LOCKS } from "./replicated_locks.ts";
import { REPLICATED_SESSIONS } from "./replicated_sessions.ts";
import type { CommandRule, ReplicatedTable, TableKind } from "./replicated_table.ts";
import { SessionTable } from "./session_table.ts";
import type { Tables } from "./tables.ts";

/**
 * The tables that every node of protocol 1 knows, in the order in which snapshots hold them. A
 * further one is registered behind them; this list never grows.
 */
const FIRST_TABLES: readonly TableKind[] = [
  REPLICATED_KEYS,
  REPLICATED_LEASES,
  REPLICATED_LOCKS,
  REPLICATED_SESSIONS,
];

/** What `append`, its answer and snapshots take as a name. */
const NAME_SHAPE = /^[a-z][a-z0-9-]{0,63}$/;

/** A kind of command that this version knows. */
export interface KnownCommand {
  /** Who may propose it, and whether it may be repeated. */
  readonly rule: CommandRule;
  /**
   * The name of its table, unless that is one of the first four: what its log entry says beside it.
   */
  readonly further: string | undefined;
  /** Where its table is in a state's `all`. */
  readonly place: number;
}

/** The replicated tables that this version knows, and whose each command is. */
export class TableRegistry {
  readonly #kinds: readonly TableKind[];
  readonly #commands = new Map<unknown, KnownCommand>();
  readonly #sections = new Set<string>();
  /**
   * The names of the tables beyond the first four, which nodes have to tell each other that they
   * know.
   */
  readonly further: readonly string[];

  /**
   * Knows protocol 1's tables, and further ones.
   *
   * @param further tables beyond the first four.
   * @throws {TypeError} when two have a name, command or section in common, or a name does not
   * begin its commands.
   */
  constructor(further: readonly TableKind[] = []) {
    this.#kinds = [...FIRST_TABLES, ...further];
    this.further = further.map(({ name }) => name);
    for (const [place, kind] of this.#kinds.entries()) this.#register(kind, place);
  }

  /** What is known of commands of a type; `undefined` when none of these tables has them. */
  find(type: unknown): KnownCommand | undefined {
    return this.#commands.get(type);
  }

  /** Whether snapshots of these tables hold items of that type. */
  hasSection(type: string): boolean {
    return this.#sections.has(type);
  }

  /**
   * Reads a log entry's data as a command: the same answer on every replica that knows its table.
   *
   * @param further the table that the entry names. An entry that names none is of the first four:
   * what is of no type of theirs was proposed by a client, through a leader that did not look, and
   * every version refuses it.
   * @throws {ClusterError} `NEWER_CLUSTER` when this version does not know it.
   */
  parse(data: unknown, further: string | undefined): KnownCommand | CommandError {
    const type = isJsonObject(data) ? data["type"] : undefined;
    const found = this.#commands.get(type);
    const known = found?.further === further ? found : undefined;
    if (further !== undefined && known === undefined) {
      throw newerCluster(`an entry "${String(type).slice(0, 64)}" of its table "${further}"`);
    }
    if (!isJsonObject(data)) return bad("A command is an object");
    const error = checkNumber(data, known?.rule);
    if (error !== undefined) return error;
    if (known === undefined) return bad(`Unknown command "${String(type).slice(0, 64)}"`);
    return known.rule.parse(data) ?? known;
  }

  /** Empty tables, for a state. */
  make(): StateTables {
    return new StateTables(this.#kinds);
  }

  #register({ name, sections, commands }: TableKind, place: number): void {
    const further = place < FIRST_TABLES.length ? undefined : name;
    if (!NAME_SHAPE.test(name)) throw new TypeError(`Invalid name of a table: "${name}"`);
    if (this.#kinds.findIndex((kind) => kind.name === name) !== place) {
      throw new TypeError(`Two replicated tables are named "${name}"`);
    }
    for (const section of sections) {
      if (this.#sections.has(section)) {
        throw new TypeError(`Two tables have a section "${section}"`);
      }
      this.#sections.add(section);
    }
    for (const [type, rule] of Object.entries(commands)) {
      if (further !== undefined && !type.startsWith(`${name}-`)) {
        throw new TypeError(`The command "${type}" does not begin as its table, "${name}-"`);
      }
      if (this.#commands.has(type)) throw new TypeError(`Two tables have a command "${type}"`);
      this.#commands.set(type, { rule, further, place });
    }
  }
}

/** The first four, and no further one. */
export const PROTOCOL_1_TABLES: TableRegistry = new TableRegistry();

/** The tables of one state. */
export class StateTables implements Tables {
  readonly keys: KeySpace = new KeySpace();
  readonly leases: LeaseTable = new LeaseTable();
  readonly locks: LockTable = new LockTable();
  readonly sessions: SessionTable = new SessionTable();
  /** All of them, in the order in which snapshots hold them. */
  readonly all: readonly { readonly kind: TableKind; readonly table: ReplicatedTable }[];
  /**
   * The names of the further ones of which a command was applied: they are in every snapshot since.
   */
  readonly used: Set<string> = new Set();
  /** Those that count anything. */
  readonly #counted: readonly ReplicatedTable[];

  /** Empty tables of those kinds. */
  constructor(kinds: readonly TableKind[]) {
    this.all = kinds.map((kind) => ({ kind, table: kind.make(this) }));
    this.#counted = this.all.map(({ table }) => table).filter((table) => table.bytes !== undefined);
  }

  get bytes(): number {
    let bytes = 0;
    for (const table of this.#counted) bytes += table.bytes ?? 0;
    return bytes;
  }
}

/**
 * Why a node has to stop: its cluster has agreed on what this version cannot do. To answer with an
 * error, as if that were the command's outcome, would make this copy another than those that can.
 */
export function newerCluster(what: string): ClusterError {
  return new ClusterError(
    "NEWER_CLUSTER",
    `The cluster is newer than this node: it has ${what}, which this version of ` +
      "Muster does not know; start this node with the version that the others have",
  );
}

function checkNumber(data: JsonObject, rule: CommandRule | undefined): CommandError | undefined {
  const { session, sequence, acknowledged } = data;
  if (rule?.isRepeatable === true) {
    return sequence === undefined ? undefined : bad(`"${data["type"]}" takes no sequence`);
  }
  if (session === undefined && sequence === undefined) return undefined;
  if (!isInteger(session, 1) || !isInteger(sequence, 1)) {
    return bad("A session and a sequence are whole numbers from 1, and come together");
  }
  if (acknowledged === undefined || isInteger(acknowledged, 1, sequence)) return undefined;
  return bad("What is acknowledged is not above the sequence");
}
