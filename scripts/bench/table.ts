import type { IdleSample } from "./idle.ts";
import type { Sample } from "./measure.ts";

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

/** What a node costs at its start and at rest, beside a program that only listens. */
export function idleTable({ muster, bare }: { muster: IdleSample; bare: IdleSample }): string {
  return layOut([
    ["", "start ms", "idle MB"],
    ...Object.entries({ muster, "bare listener": bare }).map(([name, sample]) => [
      name,
      whole(sample.startMs),
      sample.residentBytes === null ? "-" : whole(sample.residentBytes / 1e6),
    ]),
  ]);
}
