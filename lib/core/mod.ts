/**
 * What everything else stands on: ids, addresses, errors, limits, seeded randomness, and the ports
 * (clock, network, disk, ids) through which the protocols reach the world.
 *
 * Pure: nothing here touches IO, time or randomness, and nothing here imports another folder.
 *
 * @module
 */
export * from "./address.ts";
export * from "./errors.ts";
export * from "./find_member.ts";
export * from "./heap.ts";
export * from "./held.ts";
export * from "./ids.ts";
export * from "./invariant.ts";
export * from "./json.ts";
export * from "./limits.ts";
export * from "./machine.ts";
export * from "./machine_runner.ts";
export * from "./member_state.ts";
export * from "./metadata.ts";
export * from "./names.ts";
export * from "./random.ts";
export * from "./rate_limit.ts";
export * from "./sleep.ts";
export * from "./ports.ts";
export * from "./signal.ts";
export * from "./unreachable.ts";
export * from "./utf8_bytes.ts";
export * from "./version.ts";
