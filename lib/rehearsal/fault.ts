import type { Millis } from "../core/mod.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** What is done to the cluster, and when. */
export type Fault =
  & {
    /** Milliseconds from the beginning. */
    at: Millis;
  }
  & (
    /** Killed, or without power; with `forMs`, a new node starts at its place after that. */
    | { type: "kill" | "silence"; member: number; forMs?: Millis }
    /** Stopped, and continued after `forMs`. */
    | { type: "pause"; member: number; forMs: Millis }
    /** Each message to it waits 0 to `byMs`. */
    | { type: "slow"; member: number; byMs: Millis; forMs: Millis }
    /** Its clock jumps forward. */
    | { type: "jump"; member: number; byMs: Millis }
    | { type: "leave"; member: number }
    | { type: "join"; member: number }
    /** The network falls into parts. */
    | { type: "partition"; parts: number[][]; forMs: Millis }
    /** What `from` sends does not reach `to`. */
    | { type: "cut"; from: number; to: number; forMs: Millis }
  );

/** Sees to it that the faults happen, and that the timeline says so. */
export function schedule(rehearsal: Rehearsal, faults: readonly Fault[]): void {
  for (const fault of faults) {
    rehearsal.at(fault.at, () => happen(rehearsal, fault));
  }
}

function happen(rehearsal: Rehearsal, fault: Fault): void {
  const mark = (member: number | undefined, text: string) =>
    rehearsal.timeline.mark({ at: rehearsal.now, member, text });
  const then = (forMs: Millis, member: number | undefined, text: string, run: () => void) =>
    rehearsal.after(forMs, () => {
      mark(member, text);
      run();
    });
  switch (fault.type) {
    case "kill":
    case "silence": {
      const { member, type, forMs } = fault;
      mark(member, type === "kill" ? "is killed" : "loses power");
      if (type === "kill") rehearsal.kill(member);
      else rehearsal.silence(member);
      if (forMs !== undefined) {
        then(forMs, member, "starts anew", () => joinSomewhere(rehearsal, member));
      }
      return;
    }
    case "pause":
      mark(fault.member, "is stopped");
      rehearsal.pause(fault.member);
      return then(fault.forMs, fault.member, "goes on", () => rehearsal.resume(fault.member));
    case "slow": {
      const process = rehearsal.process(fault.member);
      mark(fault.member, `is slow, by up to ${fault.byMs} ms`);
      process.slowMs = fault.byMs;
      return then(fault.forMs, fault.member, "is fast again", () => process.slowMs = 0);
    }
    case "jump":
      mark(fault.member, `its clock jumps by ${fault.byMs} ms`);
      return rehearsal.jumpClock(fault.member, fault.byMs);
    case "leave":
      mark(fault.member, "leaves");
      return rehearsal.input(rehearsal.process(fault.member), { type: "leave" });
    case "join":
      mark(fault.member, "joins");
      return joinSomewhere(rehearsal, fault.member);
    case "partition":
      mark(
        undefined,
        `the network falls into ${fault.parts.map((part) => part.join(",")).join(" / ")}`,
      );
      rehearsal.cuts.partition(fault.parts);
      return then(fault.forMs, undefined, "the network is whole", () => rehearsal.cuts.unite());
    case "cut":
      mark(undefined, `nothing of ${fault.from} reaches ${fault.to}`);
      rehearsal.cuts.cut(fault.from, fault.to);
      return then(
        fault.forMs,
        undefined,
        `${fault.from} reaches ${fault.to}`,
        () => rehearsal.cuts.mend(fault.from, fault.to),
      );
  }
}

function joinSomewhere(rehearsal: Rehearsal, member: number): void {
  for (const process of rehearsal.processes) {
    if (process.number === member || !process.isRunning) continue;
    return rehearsal.join(member, process.number);
  }
}
