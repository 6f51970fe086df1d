/**
 * The simulated world: time, machines with clocks and disks of their own, and the network between
 * them. Rehearsals stand on it, and the tests that run whole nodes or single machines of the
 * protocols.
 *
 *     SimWorld: time, chance, Conditions, Cuts
 *        │ wakes          ▲ transit, signal
 *        ▼                │
 *     Alarm ──► SimProcess: running, paused, killed or silent; DriftingClock
 *                  │    └── MessageNetwork ── Stream         what machines say, message by message
 *                  ▼
 *               HostProcess in a HostWorld                   what a node sees: the ports of `core`
 *                  ├── SimNetwork ── SimLink ── Stream
 *                  └── SimDisk ── DiskContents
 *
 * Pure: one seed is one run, on any machine. Nothing here waits: who runs programs with promises in
 * it lets them take their turns between two steps of the world.
 *
 * | what may happen         | over links                                   | as datagrams |
 * |-------------------------|----------------------------------------------|--------------|
 * | loss, a cut             | the message and all behind it come late: after 200 ms, doubled each time | lost |
 * | order, duplication      | in order, once                               | overtaking, twice |
 * | killed                  | links are reset, dials refused               | silence |
 * | no power                | silence                                      | silence |
 * | stopped, goes on        | what came waits for it                       | the same |
 *
 * Not modelled: full receive windows, bandwidth; between machines alone, the making of links, too
 * (a first message takes one latency, not three).
 *
 * @module
 */
export * from "./conditions.ts";
export { Cuts } from "./cuts.ts";
export { DriftingClock } from "./drifting_clock.ts";
export type { DiskContents, DiskRecord } from "./disk_contents.ts";
export { EventQueue } from "./event_queue.ts";
export { type Backlog, type HostClock, hostOf, HostProcess, HostWorld } from "./host_world.ts";
export { MessageNetwork } from "./message_network.ts";
export { Alarm, type Scheduler, type SimEvent, type Sleeper } from "./scheduler.ts";
export { type DiskCopy, type Loss, SimDisk, SYNC_MS } from "./sim_disk.ts";
export { portsOf, SimNetwork } from "./sim_network.ts";
export { type ProcessState, SimProcess } from "./sim_process.ts";
export { SimWorld } from "./sim_world.ts";
export { Stream } from "./stream.ts";
