import { isJsonObject, type JsonObject, type NodeId } from "../core/mod.ts";
import { sanitize, type Tone, toneOfState } from "./terminal/mod.ts";

/** An event as a sentence, and what its colour says. */
export interface EventText {
  readonly text: string;
  readonly tone: Tone | undefined;
}

/** Names for the ids that events mention: of the members that were heard of so far. */
export class MemberNames {
  readonly #names = new Map<NodeId, string>();

  /** Remembers a member that was listed, or that an event was about. */
  learn(member: unknown): void {
    if (!isJsonObject(member)) return;
    const { id, name } = member;
    if (typeof id === "string" && typeof name === "string") this.#names.set(id, name);
  }

  /** Forgets a member that the cluster has forgotten. */
  forget(member: unknown): void {
    if (isJsonObject(member) && typeof member["id"] === "string") this.#names.delete(member["id"]);
  }

  /** The name for an id, or the part of the id that tells it from others. */
  of(id: unknown): string {
    const text = String(id);
    return sanitize(this.#names.get(text) ?? shortId(text));
  }
}

/** The part of an id that tells it from others: its time, down to the millisecond. */
export function shortId(id: string): string {
  return id.slice(0, 13);
}

const CHANGES: Readonly<Record<string, string>> = {
  joined: "joined",
  alive: "is alive",
  suspect: "is suspect",
  dead: "is dead",
  left: "left",
  removed: "was removed",
  updated: "changed",
  forgotten: "is forgotten",
};

/** An event of a node, as data from the wire or from the node itself, for a person. */
export function describeEvent(event: JsonObject, names: MemberNames): EventText {
  switch (event["event"]) {
    case "member":
      return describeMember(event, names);
    case "master":
      return event["master"] === null
        ? { text: `there is no master: ${shown(event["reason"])}`, tone: "bad" }
        : {
          text: `${shown(event["name"] ?? names.of(event["master"]))} is the master, term ` +
            `${shown(event["term"])}: ${shown(event["reason"])}`,
          tone: "name",
        };
    case "voters": {
      const notes = textsOf(event["notes"]).join("; ");
      const text = `voters: ${textsOf(event["names"]).join(", ")}`;
      return notes === "" ? { text, tone: "gone" } : { text: notes, tone: "doubtful" };
    }
    case "guest": {
      const member = isJsonObject(event["member"]) ? event["member"] : {};
      return { text: `guest ${nameAndAddress(member)} said hello`, tone: undefined };
    }
    case "join-attempt":
      return {
        text: `join ${shown(event["address"])}: ${shown(event["message"])}`,
        tone: event["ok"] === true ? "good" : "doubtful",
      };
    case "gathering":
      return { text: `waiting: ${shown(event["message"])}`, tone: "doubtful" };
    case "warning":
      return {
        text: `warning ${shown(event["code"])}: ${shown(event["message"])}`,
        tone: "doubtful",
      };
    case "leaving": {
      const seconds = Number((Number(event["withinMs"]) / 1_000).toFixed(1));
      const text = `leaving: ${shown(event["reason"])}; waits for the calls that are under way ` +
        `(${shown(event["calls"])}), at most ${seconds} s`;
      return { text, tone: "doubtful" };
    }
    case "stopped":
      return { text: `stopped: ${shown(event["reason"])}`, tone: "gone" };
    default:
      return { text: sanitize(JSON.stringify(event)), tone: undefined };
  }
}

/** The members on whose word something is believed; empty when nobody is named. */
export function byText(by: unknown, names: MemberNames): string {
  return Array.isArray(by) && by.length > 0 ? `by ${by.map((id) => names.of(id)).join(", ")}` : "";
}

/** Who and where: `NAME (ADDRESS)`, or once where the name is the address. */
export function nameAndAddress(member: { name?: unknown; address?: unknown }): string {
  const name = shown(member.name);
  const address = shown(member.address);
  return name === address ? name : `${name} (${address})`;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(shown) : [];
}

function describeMember(event: JsonObject, names: MemberNames): EventText {
  const member = isJsonObject(event["member"]) ? event["member"] : {};
  names.learn(member);
  const change = String(event["change"]);
  const who = change === "joined" ? nameAndAddress(member) : shown(member["name"]);
  // Its own word about itself needs no witness.
  const others = Array.isArray(event["by"]) ? event["by"].filter((id) => id !== member["id"]) : [];
  const reason = shown(event["cause"]);
  const isTold = others.every((id) => reason.split(/[\s,]+/).includes(names.of(id)));
  const by = isTold ? "" : byText(others, names);
  if (change === "forgotten") names.forget(member);
  const cause = [reason, by].filter((part) => part !== "").join(", ");
  return {
    text: `${who} ${CHANGES[change] ?? sanitize(change)}${cause === "" ? "" : `: ${cause}`}`,
    tone: change === "joined" ? "good" : toneOfState(change === "removed" ? "left" : change),
  };
}

/** Any value of an answer as text that is safe to print; nothing for nothing. */
export function shown(value: unknown): string {
  return value === undefined || value === null ? "" : sanitize(String(value));
}
