import { messageOf, type Millis } from "../core/mod.ts";
import { REHEARSAL_MS, REHEARSAL_NODES } from "./limits.ts";
import { type Fault, type ProfileName, PROFILES } from "../rehearsal/mod.ts";
import { parseDuration } from "./terminal/mod.ts";
import { choiceOf, integerOf } from "./flag_values.ts";
import type { Flag, ParsedArguments } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** What a rehearsal is asked for. */
export interface RehearsalPlan {
  nodes: number;
  seed: number;
  profile: ProfileName;
  /** The share of transmissions that are lost, 0 to 1. */
  loss: number;
  latencyMs: Millis;
  durationMs: Millis;
  faults: Fault[];
}

/** The flags of `rehearse`, `--json` aside. */
export const REHEARSAL_FLAGS: readonly Flag[] = [
  { name: "nodes", value: "N", summary: "members at the beginning (5)" },
  { name: "seed", value: "S", summary: "the same seed is the same run (1)" },
  { name: "profile", value: "lan|wan|local", summary: "timing (lan)" },
  { name: "loss", value: "SHARE", summary: "what the network loses, like 5% (0%)" },
  { name: "latency", value: "DURATION", summary: "one way, in the mean (1ms)" },
  { name: "for", value: "DURATION", summary: "how long (60s)" },
  flag("kill", "N@T[+D]", "the process is killed, and started anew after D"),
  flag("off", "N@T[+D]", "the machine loses power, and starts anew after D"),
  flag("stop", "N@T+D", "the process is stopped, and goes on after D"),
  flag("slow", "N@T+D", "messages to it come up to a second late"),
  flag("leave", "N@T", "it leaves in order"),
  flag("join", "N@T", "a new member"),
  flag("partition", "A,B/C,D@T+D", "the network falls into parts"),
  flag("cut", "A/B@T+D", "nothing that A sends reaches B"),
  { name: "svg", value: "FILE", summary: "draws who believed what when (needs --allow-write)" },
];

/** How late messages to a slow member are, at most. */
const SLOW_MS = 1_000;

function flag(name: string, value: string, summary: string): Flag {
  return { name, value, summary, isRepeatable: true };
}

/**
 * Reads what is to be rehearsed.
 *
 * @throws {UsageError} naming the flag, and what it should look like.
 */
export function planOf(args: ParsedArguments): RehearsalPlan {
  const names = Object.keys(PROFILES) as ProfileName[];
  const plan: RehearsalPlan = {
    nodes: integerOf(args, "nodes", 2, REHEARSAL_NODES) ?? 5,
    seed: integerOf(args, "seed", 0, 2 ** 32 - 1) ?? 1,
    profile: choiceOf(args, "profile", names) ?? "lan",
    loss: shareOf(args, "loss"),
    latencyMs: durationOf(args, "latency") ?? 1,
    durationMs: durationOf(args, "for") ?? 60_000,
    faults: faultsOf(args),
  };
  if (plan.durationMs > REHEARSAL_MS) {
    throw new UsageError(`Invalid --for: at most ${REHEARSAL_MS / 60_000} minutes`);
  }
  for (const fault of plan.faults) checkFault(fault, plan);
  return plan;
}

function faultsOf(args: ParsedArguments): Fault[] {
  const faults: Fault[] = [];
  const each = (name: string, read: (text: string) => Fault) => {
    for (const text of args.rawTexts(name)) {
      try {
        faults.push(read(text));
      } catch (error) {
        throw new UsageError(`Invalid --${name} "${text}": ${messageOf(error)}`);
      }
    }
  };
  for (const [name, type] of [["kill", "kill"], ["off", "silence"]] as const) {
    each(name, (text) => {
      const { what, at, forMs } = split(text, "N@T or N@T+D, like 3@10s+5s");
      const fault = { type, at, member: memberIn(what) };
      return forMs === undefined ? fault : { ...fault, forMs };
    });
  }
  each("stop", (text) => {
    const { what, at, forMs } = splitLasting(text, "N@T+D, like 2@5s+10s");
    return { type: "pause", at, forMs, member: memberIn(what) };
  });
  each("slow", (text) => {
    const { what, at, forMs } = splitLasting(text, "N@T+D, like 2@5s+10s");
    return { type: "slow", at, forMs, byMs: SLOW_MS, member: memberIn(what) };
  });
  for (const type of ["leave", "join"] as const) {
    each(type, (text) => {
      const { what, at, forMs } = split(text, "N@T, like 4@20s");
      if (forMs !== undefined) throw new UsageError("write N@T, like 4@20s");
      return { type, at, member: memberIn(what) };
    });
  }
  each("partition", (text) => {
    const { what, at, forMs } = splitLasting(text, "A,B/C,D@T+D, like 1,2/3,4,5@10s+10s");
    const parts = what.split("/").map((part) => part.split(",").map(memberIn));
    if (parts.length < 2) throw new UsageError("a partition has parts, with / between: 1,2/3,4,5");
    if (new Set(parts.flat()).size < parts.flat().length) {
      throw new UsageError("a member is in one part only");
    }
    return { type: "partition", at, forMs, parts };
  });
  each("cut", (text) => {
    const { what, at, forMs } = splitLasting(text, "A/B@T+D, like 1/2@10s+10s");
    const [from, to, ...rest] = what.split("/").map(memberIn);
    if (from === undefined || to === undefined || from === to || rest.length > 0) {
      throw new UsageError("two members, with / between: 1/2");
    }
    return { type: "cut", at, forMs, from, to };
  });
  return faults;
}

function checkFault(fault: Fault, plan: RehearsalPlan): void {
  if (fault.at >= plan.durationMs) {
    throw new UsageError(
      `A "${fault.type}" at ${fault.at / 1_000}s is after the end: --for is ${
        plan.durationMs / 1_000
      }s`,
    );
  }
  const members = fault.type === "partition"
    ? fault.parts.flat()
    : fault.type === "cut"
    ? [fault.from, fault.to]
    : [fault.member];
  for (const member of members) {
    const isThere = member <= plan.nodes ||
      plan.faults.some((other) =>
        other.type === "join" && other.member === member && (other === fault || other.at < fault.at)
      );
    if (!isThere) {
      throw new UsageError(
        `There is no member ${member} to ${fault.type}: --nodes is ${plan.nodes}`,
      );
    }
  }
}

function split(text: string, shape: string): { what: string; at: Millis; forMs?: Millis } {
  const parts = /^([^@]+)@([^+@]+)(?:\+([^+@]+))?$/.exec(text);
  if (parts === null) throw new UsageError(`write ${shape}`);
  const [, what = "", at = "", forText] = parts;
  const read = { what, at: /^0(?:ms|s|m)?$/.test(at) ? 0 : parseDuration(at) };
  return forText === undefined ? read : { ...read, forMs: parseDuration(forText) };
}

function splitLasting(text: string, shape: string): { what: string; at: Millis; forMs: Millis } {
  const { what, at, forMs } = split(text, shape);
  if (forMs === undefined) throw new UsageError(`say for how long: ${shape}`);
  return { what, at, forMs };
}

function memberIn(text: string): number {
  const member = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (member < 1 || member > REHEARSAL_NODES) {
    throw new UsageError(`"${text}" is no member: they are numbered from 1`);
  }
  return member;
}

function shareOf(args: ParsedArguments, name: string): number {
  const text = args.text(name);
  if (text === undefined) return 0;
  const percent = /^(\d{1,2}(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent === undefined) {
    throw new UsageError(`Invalid --${name} "${text}": it is a share below 100%, like 5%`);
  }
  return Number(percent) / 100;
}

function durationOf(args: ParsedArguments, name: string): Millis | undefined {
  const text = args.text(name);
  return text === undefined ? undefined : parseDuration(text);
}
