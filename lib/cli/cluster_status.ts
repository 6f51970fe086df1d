import {
  ClusterError,
  isJsonObject,
  type Json,
  type JsonObject,
  messageOf,
  type Millis,
  parseAddress,
  type Ports,
} from "../core/mod.ts";
import { STATUS_DIALS } from "./limits.ts";
import { Client, type MembersView, type MemberView } from "../node/mod.ts";
import { formatAge, formatTable, type Paint, sanitize, toneOfState } from "./terminal/mod.ts";

const HEADER = [
  "NAME",
  "ADDRESS",
  "STATE",
  "ROLE",
  "VERSION",
  "TERM",
  "APPLIED",
  "LAG",
  "HEALTH",
  "UPTIME",
  "NOTE",
];
const RIGHT_ALIGNED = [5, 6, 7, 8, 9];
const NOTHING = "-";

/** One member, as it sees itself; what it did not say is `null`. */
export interface MemberStatus extends JsonObject {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** As the asked node sees it, as the role. */
  readonly state: string;
  readonly role: string;
  readonly version: string | null;
  readonly term: number | null;
  /** The last entry of the log that its copy of the state has. */
  readonly appliedIndex: number | null;
  /** Entries that the master has and it has not. */
  readonly lag: number | null;
  /** 0: it keeps up. */
  readonly health: number | null;
  readonly uptimeMs: number | null;
  /** Why it did not answer; `null` when it did. */
  readonly error: string | null;
}

/**
 * Asks each member itself how it is, all at once: who does not answer has a row that says so. The
 * dead are not asked.
 *
 * @param timeoutMs for all together.
 */
export async function clusterStatus(
  ports: Ports,
  view: MembersView,
  timeoutMs: Millis,
): Promise<MemberStatus[]> {
  const giveUpAt = ports.clock.now() + timeoutMs;
  const members = view.members.filter(({ state }) => state !== "left" && state !== "guest");
  const answers = new Map<string, JsonObject | ClusterError>();
  const waiting = members.filter(({ state }) => state !== "dead");
  const askNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const leftMs = Math.round(giveUpAt - ports.clock.now());
      answers.set(next.id, await statusOf(ports, next, leftMs));
    }
  };
  await Promise.all(Array.from({ length: STATUS_DIALS }, askNext));
  const master = view.master === null ? undefined : answers.get(view.master);
  const lags = master === undefined || master instanceof ClusterError ? {} : lagsOf(master);
  return members.map((member) => memberStatus(member, answers.get(member.id), lags));
}

/** The rows as a table for a person. */
export function clusterStatusTable(rows: readonly MemberStatus[], paint: Paint): string {
  const header = HEADER.map((title) => paint("heading", title));
  return formatTable([header, ...rows.map((row) => cellsOf(row, paint))], RIGHT_ALIGNED);
}

async function statusOf(
  ports: Ports,
  { id, address }: MemberView,
  timeoutMs: Millis,
): Promise<JsonObject | ClusterError> {
  if (timeoutMs < 1) return new ClusterError("TIMEOUT", "it was not asked in time");
  const startedAt = ports.clock.now();
  try {
    await using client = await Client.connect(ports, [parseAddress(address)], timeoutMs);
    if (client.node.id !== id) throw new ClusterError("UNREACHABLE", "another node is there");
    const leftMs = Math.max(1, Math.round(timeoutMs - (ports.clock.now() - startedAt)));
    return await client.request({ type: "status" }, leftMs) as JsonObject;
  } catch (error) {
    const reason = reasonOf(error);
    if (error instanceof ClusterError && reason === undefined) return error;
    return new ClusterError("UNREACHABLE", reason ?? messageOf(error), { cause: error });
  }
}

/** What came of the member's one address: to name another is no advice for a row. */
function reasonOf(error: unknown): string | undefined {
  const tried = error instanceof ClusterError ? error.details?.["tried"] : undefined;
  const [only] = Array.isArray(tried) ? tried : [];
  return isJsonObject(only) && typeof only["reason"] === "string" ? only["reason"] : undefined;
}

/** Names of members, with the entries that they lack, as the master says. */
function lagsOf(status: JsonObject): Record<string, Json> {
  const consensus = isJsonObject(status["consensus"]) ? status["consensus"] : {};
  return isJsonObject(consensus["lag"]) ? consensus["lag"] as Record<string, Json> : {};
}

function memberStatus(
  { id, name, address, state, role }: MemberView,
  answer: JsonObject | ClusterError | undefined,
  lags: Readonly<Record<string, Json>>,
): MemberStatus {
  const said = answer === undefined || answer instanceof ClusterError ? {} : answer;
  const consensus = isJsonObject(said["consensus"]) ? said["consensus"] : {};
  const error = answer instanceof ClusterError ? answer.message : null;
  return {
    id,
    name,
    address,
    state,
    role,
    version: typeof said["version"] === "string" ? said["version"] : null,
    term: numberOf(said["term"]),
    appliedIndex: numberOf(consensus["appliedIndex"]),
    lag: role === "master" && answer === said ? 0 : numberOf(lags[name]),
    health: numberOf(said["health"]),
    uptimeMs: numberOf(said["uptimeMs"]),
    error: answer === undefined ? "it is dead, and was not asked" : error,
  };
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function cellsOf(row: MemberStatus, paint: Paint): string[] {
  const shown = (value: number | string | null) =>
    value === null ? NOTHING : sanitize(String(value));
  return [
    sanitize(row.name),
    sanitize(row.address),
    paint(toneOfState(row.state), row.state),
    paint(row.role === "master" ? "name" : undefined, row.role),
    shown(row.version),
    shown(row.term),
    shown(row.appliedIndex),
    shown(row.lag),
    shown(row.health),
    row.uptimeMs === null ? NOTHING : formatAge(row.uptimeMs),
    row.error === null ? "" : paint("bad", sanitize(row.error)),
  ];
}
