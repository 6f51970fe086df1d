/**
 * Rehearsals: a cluster of membership machines over a simulated network and clocks, to see what would
 * happen before it does. Pure: one seed is one run, on any machine.
 *
 *     faults ──► Rehearsal ──inputs──► MemberProcess: Membership, a clock of its own
 *                  │   ▲                    │
 *                  │   └── Stream, Cuts ◄───┘ effects
 *                  ▼
 *               Timeline ──► summarize, plot
 *
 * Time is milliseconds since the cluster was formed. A run begins with all members knowing each other; what
 * they told each other for that is neither simulated message by message nor counted.
 *
 * | what may happen         | over links                                   | as datagrams |
 * |-------------------------|----------------------------------------------|--------------|
 * | loss, a cut             | the message and all behind it come late: after 200 ms, doubled each time | lost |
 * | order, duplication      | in order, once                               | overtaking, twice |
 * | killed                  | links are reset, dials refused               | silence |
 * | no power                | silence                                      | silence |
 * | stopped, goes on        | what came waits for it                       | the same |
 *
 * Not modelled: link set-up (a first message takes one latency, not three), full receive windows, bandwidth.
 *
 * @module
 */
export * from "./conditions.ts";
export { Cuts } from "./cuts.ts";
export { EventQueue } from "./event_queue.ts";
export { type Fault, schedule } from "./fault.ts";
export { plot, type PlotOptions } from "./plot.ts";
export { MemberProcess, processAddress, processId, type ProcessState } from "./process.ts";
export type { RehearsalOptions } from "./options.ts";
export { Rehearsal } from "./rehearsal.ts";
export { type Scheduler, Stream } from "./stream.ts";
export { type Detection, summarize, type Summary } from "./summary.ts";
export { type Belief, type Mark, Timeline } from "./timeline.ts";
