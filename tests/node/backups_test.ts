import { assertEquals, assertNotEquals } from "@std/assert";
import { BACKUP_YIELD_MS, BACKUPS, type Json, SeededRandom } from "../../lib/core/mod.ts";
import { Backups, type BackupsOwner } from "../../lib/node/sharing/backups.ts";
import { State } from "../../lib/state/mod.ts";
import { failureOf } from "../support/local_cluster.ts";
import { HandClock } from "../support/hand_clock.ts";

/** The backups of one life of a node that has the whole state. */
function backupsOf(clock: HandClock, seed = 1) {
  const agreement = {
    hasState: true,
    state: new State(),
    readiness: { check: () => {} },
    status: () => ({ term: 1 }),
    read: () => Promise.resolve(),
  } as unknown as BackupsOwner["agreement"];
  const backups = new Backups({
    id: "a",
    ports: { clock, random: new SeededRandom(seed) },
    agreement,
    replicas: () => [],
    call: () => Promise.reject(new Error("nobody else is there")),
  });
  const ask = async (body: Json) => await backups.serve(body) as Record<string, Json>;
  const begin = async () => Number((await ask({ op: "begin" }))["backup"]);
  const read = (backup: number, part: number) => ask({ op: "chunk", backup, part });
  return { begin, read };
}

Deno.test("backups that were read to the end are in nobody's way", async () => {
  const { begin, read } = backupsOf(new HandClock());
  for (let count = 0; count < 3 * BACKUPS; count++) {
    const id = await begin();
    for (let part = 0;; part++) {
      const { last } = await read(id, part);
      if (last === true) break;
    }
  }
});

Deno.test("backups that their readers left make room soon; those that are read on do not", async () => {
  const clock = new HandClock();
  const { begin, read } = backupsOf(clock);
  const ids = [];
  for (let count = 0; count < BACKUPS; count++) ids.push(await begin());
  assertEquals((await failureOf(begin())).code, "TOO_MANY");
  clock.advance(clock.now() + BACKUP_YIELD_MS);
  const [first = 0, ...others] = ids;
  for (const id of others) await read(id, 0);
  await begin();
  assertEquals((await failureOf(read(first, 0))).code, "BAD_REQUEST", "the one that was left");
  assertEquals((await failureOf(begin())).code, "TOO_MANY");
  for (const id of others) await read(id, 1);
});

Deno.test("the backup of a node's earlier life is none of its next", async () => {
  const clock = new HandClock();
  assertNotEquals(await backupsOf(clock, 1).begin(), await backupsOf(clock, 2).begin());
});
