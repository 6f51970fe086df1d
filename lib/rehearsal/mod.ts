/**
 * Rehearsals: a cluster of membership machines in the simulated world (`lib/simulation`), to see
 * what would happen before it does. Pure: one seed is one run, on any machine.
 *
 *     faults ──► Rehearsal ──inputs──► MemberProcess: Membership, a clock of its own
 *                  │   ▲                    │
 *                  │   └─ MessageNetwork ◄──┘ effects
 *                  ▼
 *               Timeline ──► summarize, plot
 *
 * Time is milliseconds since the cluster was formed. A run begins with all members knowing each
 * other; what they told each other for that is neither simulated message by message nor counted.
 *
 * @module
 */
export { type ProfileName, PROFILES } from "../membership/swim/mod.ts";
export { type Fault, schedule } from "./fault.ts";
export { MemberProcess, processAddress, processId } from "./member_process.ts";
export { plot, type PlotOptions } from "./plot.ts";
export type { RehearsalOptions } from "./options.ts";
export { Rehearsal } from "./rehearsal.ts";
export { type Detection, summarize, type Summary } from "./summary.ts";
export { type Belief, type Mark, Timeline } from "./timeline.ts";
