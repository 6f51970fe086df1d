import type { Pair } from "./idle.ts";
import type { Sample } from "./measure.ts";
import type { WriteSample } from "./write_load.ts";

/** The calls of one kind, of both contenders: the medians of all rounds. */
export interface CallResult {
  outstanding: number;
  bodyBytes: number;
  muster: Sample;
  bare: Sample;
  /** Muster's calls a second by the bare framer's. */
  rateRatio: number;
  /** Muster's p50 by the bare framer's. */
  p50Ratio: number;
}

/** The writes of so many clients: the medians of all rounds; etcd's where it is installed. */
export interface WriteResult {
  clients: number;
  muster: WriteSample;
  etcd: WriteSample | null;
  /** Muster's writes a second by etcd's. */
  rateRatio: number | null;
}

/** All that was measured of writes. */
export interface WriteReport {
  /** What one sync of the disk takes; null when nothing was written to it. */
  syncMs: number | null;
  etcdVersion: string | null;
  results: readonly WriteResult[];
}

/** Lays out cells in columns, aligned to the right. */
function layOut(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

/** Calls a second and latencies of both contenders, with Muster's share of the bare framer's. */
export function callTable(results: readonly CallResult[]): string {
  const heading = [
    "body bytes",
    "outstanding",
    "muster/s",
    "bare/s",
    "ratio",
    "muster p50 us",
    "bare p50 us",
    "ratio",
    "muster p99 us",
    "bare p99 us",
  ];
  const rows = results.map(({ outstanding, bodyBytes, muster, bare, rateRatio, p50Ratio }) => [
    whole(bodyBytes),
    whole(outstanding),
    whole(muster.callsPerSecond),
    whole(bare.callsPerSecond),
    percent(rateRatio),
    whole(muster.p50Us),
    whole(bare.p50Us),
    p50Ratio.toFixed(2),
    whole(muster.p99Us),
    whole(bare.p99Us),
  ]);
  return layOut([heading, ...rows]);
}

/** How soon a node listens, beside a program that does nothing else. */
export function startTable({ muster, bare }: Pair<number>): string {
  return layOut([["", "start ms"], ["muster", whole(muster)], ["bare listener", whole(bare)]]);
}

/** What a node holds in memory at rest, beside the same program. */
export function idleTable({ muster, bare }: Pair<number | null>): string {
  const megabytes = (bytes: number | null) => bytes === null ? "-" : whole(bytes / 1e6);
  return layOut([
    ["", "idle MB"],
    ["muster", megabytes(muster)],
    ["bare listener", megabytes(bare)],
  ]);
}

/** Writes a second and latencies, over what the disk takes, and beside etcd's. */
export function writeTable({ syncMs, etcdVersion, results }: WriteReport): string {
  const ms = (value: number | undefined) => value === undefined ? "-" : value.toFixed(2);
  const rows = results.map(({ clients, muster, etcd, rateRatio }) => [
    whole(clients),
    whole(muster.writesPerSecond),
    etcd === null ? "-" : whole(etcd.writesPerSecond),
    rateRatio === null ? "-" : percent(rateRatio),
    ms(muster.p50Ms),
    syncMs === null ? "-" : ms(muster.p50Ms - syncMs),
    ms(etcd?.p50Ms),
    ms(muster.p99Ms),
    ms(etcd?.p99Ms),
    whole(muster.failed),
    etcd === null ? "-" : whole(etcd.failed),
  ]);
  const heading = [
    "clients",
    "muster/s",
    "etcd/s",
    "ratio",
    "muster p50 ms",
    "over sync",
    "etcd p50 ms",
    "muster p99 ms",
    "etcd p99 ms",
    "muster failed",
    "etcd failed",
  ];
  return [writeNote(syncMs, etcdVersion), layOut([heading, ...rows])].join("\n");
}

function writeNote(syncMs: number | null, etcdVersion: string | null): string {
  if (syncMs === null) return "Writes to three members without data folders.";
  const sync = `Writes to three members; one sync of their disk takes ${syncMs.toFixed(3)} ms.`;
  return etcdVersion === null
    ? `${sync} For etcd beside them, install it: apt-get install etcd-server`
    : `${sync} Beside them etcd ${etcdVersion}.`;
}
