import { assertEquals } from "@std/assert";
import {
  findLoss,
  type Held,
  heldAfter,
  heldDuring,
  heldIn,
  NOTHING_HELD,
} from "../../lib/core/mod.ts";
import { entries, metaOf } from "../io/store_compliance.ts";

const HELD: Held = { node: "a", cluster: "c", term: 3, votedFor: "b", last: 9, commit: 7 };

Deno.test("a change leaves as much of the log as it writes and does not take away", () => {
  const table: [change: Parameters<typeof heldAfter>[1], last: number][] = [
    [{ vote: { term: 4, votedFor: null } }, 9],
    [{ entries: entries(10, 12) }, 12],
    [{ truncateFrom: 5 }, 4],
    [{ truncateFrom: 5, entries: entries(5, 6) }, 6],
    [{ truncateFrom: 20 }, 9],
    [{ snapshot: metaOf(30) }, 30],
    [{ snapshot: metaOf(4) }, 9],
    [{ truncateFrom: 1, snapshot: metaOf(4) }, 4],
  ];
  for (const [change, last] of table) {
    assertEquals(heldAfter(HELD, change), { ...HELD, ...change.vote ?? {}, last });
  }
});

Deno.test("while something is taken away no more is held than before it, nor than after", () => {
  assertEquals([4, 9, 12].map((last) => heldDuring(HELD, last).last), [4, 9, 9]);
});

Deno.test("what is held is read from what is there: entries before the snapshot that they follow", () => {
  assertEquals(heldIn(undefined, undefined), { ...NOTHING_HELD, commit: null });
  assertEquals(heldIn({ id: 1, cluster: 2 }, undefined), { ...NOTHING_HELD, commit: null });
  const log = { term: 3, votedFor: "b", snapshot: metaOf(4), entries: entries(5, 9) };
  assertEquals(heldIn({ id: "a", cluster: "c" }, log), { ...HELD, commit: null });
  assertEquals(heldIn({ id: "a", cluster: "c" }, { ...log, entries: [] }).last, 4);
});

Deno.test("what a folder has lost is named, the worst first, and what it has gained is no loss", () => {
  const table: [known: Partial<Held>, found: Partial<Held>, loss: string | undefined][] = [
    [{}, {}, undefined],
    [{}, { node: null }, "it does not say any more which node it is of"],
    [{}, { node: "z" }, "it was of node a, and what is in it is of z"],
    [{ node: null, cluster: null }, {}, undefined],
    [{}, { cluster: "z" }, "it was of cluster c, and what is in it is of z"],
    [{}, { last: 0 }, "its log is empty, and entries up to 9 were durable in it"],
    [{}, { last: 8 }, "its log ends at entry 8, and entries up to 9 were durable in it"],
    [{}, { last: 10, term: 4, votedFor: null }, undefined],
    [{}, { term: 0 }, "its term and vote are gone"],
    [{}, { term: 2 }, "its vote is of term 2, and it had one of term 3"],
    [{}, { votedFor: null }, "its vote in term 3 is gone"],
    [{}, { votedFor: "z" }, "its vote in term 3 is gone"],
    [{ votedFor: null }, {}, undefined],
  ];
  for (const [known, found, loss] of table) {
    assertEquals(findLoss({ ...HELD, ...known }, { ...HELD, ...found }), loss);
  }
});
