import type { Millis } from "../../core/mod.ts";
import { UsageError } from "../usage_error.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const SHAPE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

/**
 * Reads a duration as Go's programs (Serf, Consul, NATS) write it: `500ms`, `5s`, `1m30s`, `2h`.
 *
 * A number without a unit is refused as it is there: half of the world's programs mean seconds by
 * it, and half milliseconds.
 *
 * @throws {UsageError} when it is no duration, or is 0.
 */
export function parseDuration(text: string): Millis {
  if (!SHAPE.test(text)) {
    const hint = /^\d+(?:\.\d+)?$/.test(text) ? `: give it a unit, like ${text}s or ${text}ms` : "";
    throw new UsageError(
      `Invalid duration "${text}"${hint || ": write it like 500ms, 5s or 1m30s"}`,
    );
  }
  let totalMs = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    totalMs += Number(number) * (UNITS_MS[unit as string] as number);
  }
  totalMs = Math.round(totalMs);
  if (totalMs < 1) throw new UsageError(`Invalid duration "${text}": it is at least 1ms`);
  return totalMs;
}

/**
 * A duration for a person, in two units while the smaller means something: `12s`, `3m20s`, `59m`,
 * `5h10m`, `9d`.
 */
export function formatAge(durationMs: Millis): string {
  if (!(durationMs > 0)) return "0s";
  const seconds = Math.floor(durationMs / 1_000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600)];
  if (minutes < 1) return `${seconds}s`;
  if (minutes < 10) return `${minutes}m${seconds % 60}s`;
  if (hours < 1) return `${minutes}m`;
  if (hours < 10) return `${hours}h${minutes % 60}m`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** A round-trip time for a person, with three digits that mean something: `0.214 ms`, `31.9 ms`. */
export function formatRoundTrip(roundTripMs: number): string {
  return `${roundTripMs.toPrecision(3)} ms`;
}
