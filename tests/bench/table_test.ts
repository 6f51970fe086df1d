import { assertEquals } from "@std/assert";
import { median, medianSample } from "../../scripts/bench/statistics.ts";
import {
  callTable,
  idleTable,
  startTable,
  type WriteReport,
  writeTable,
} from "../../scripts/bench/table.ts";

const OURS = { writesPerSecond: 6_000, p50Ms: 1.25, p99Ms: 4, failed: 0 };
const THEIRS = { writesPerSecond: 5_000, p50Ms: 1.5, p99Ms: 3, failed: 2 };

function linesOf(report: WriteReport): string[] {
  return writeTable(report).split("\n").map((line) => line.trim().replaceAll(/ {2,}/g, " | "));
}

Deno.test("writes stand beside etcd's, and over what the disk takes", () => {
  const results = [{ clients: 1_000, muster: OURS, etcd: THEIRS, rateRatio: 1.2 }];
  assertEquals(linesOf({ syncMs: 0.25, etcdVersion: "3.4.23", results }), [
    "Writes to three members; one sync of their disk takes 0.250 ms. Beside them etcd 3.4.23.",
    "clients | muster/s | etcd/s | ratio | muster p50 ms | over sync | etcd p50 ms | muster p99 ms | " +
    "etcd p99 ms | muster failed | etcd failed",
    "1,000 | 6,000 | 5,000 | 120 % | 1.25 | 1.00 | 1.50 | 4.00 | 3.00 | 0 | 2",
  ]);
});

Deno.test("where etcd is not installed the writes stand alone, and one line says how to install it", () => {
  const results = [{ clients: 1, muster: OURS, etcd: null, rateRatio: null }];
  const [note, , row] = linesOf({ syncMs: 0.25, etcdVersion: null, results });
  assertEquals(note?.endsWith("install it: apt-get install etcd-server"), true);
  assertEquals(row, "1 | 6,000 | - | - | 1.25 | 1.00 | - | 4.00 | - | 0 | -");
});

Deno.test("without data folders there is no sync to compare with", () => {
  const results = [{ clients: 1, muster: OURS, etcd: null, rateRatio: null }];
  const [note, , row] = linesOf({ syncMs: null, etcdVersion: null, results });
  assertEquals(note, "Writes to three members without data folders.");
  assertEquals(row, "1 | 6,000 | - | - | 1.25 | - | - | 4.00 | - | 0 | -");
});

Deno.test("calls stand beside the bare framer's", () => {
  const sample = { callsPerSecond: 1_000, p50Us: 10, p99Us: 20 };
  const row = callTable([{
    outstanding: 64,
    bodyBytes: 100,
    muster: sample,
    bare: sample,
    rateRatio: 0.704,
    p50Ratio: 1.234,
  }]).split("\n")[1];
  assertEquals(row?.trim().split(/ {2,}/), [
    ..."100|64|1,000|1,000|70 %|10|10|1.23|20|20".split("|"),
  ]);
});

Deno.test("start and idle memory stand beside a program that only listens", () => {
  assertEquals(startTable({ muster: 120.4, bare: 60 }).split("\n").map((line) => line.trim()), [
    "start ms",
    "muster       120",
    "bare listener        60",
  ]);
  const [, muster, bare] = idleTable({ muster: 58e6, bare: null }).split("\n");
  assertEquals([muster?.trim(), bare?.trim()], ["muster       58", "bare listener        -"]);
});

Deno.test("of several samples each figure's own median counts", () => {
  assertEquals(median([5, 1, 3]), 3);
  const samples = [{ rate: 3, ms: 1 }, { rate: 1, ms: 3 }, { rate: 2, ms: 9 }];
  assertEquals(medianSample(samples), { rate: 2, ms: 3 });
});
