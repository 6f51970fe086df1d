import { assertEquals } from "@std/assert";
import {
  BACKUP_IDLE_MS,
  BACKUP_YIELD_MS,
  BACKUPS,
  type Json,
  type NodeId,
  SeededRandom,
} from "../../lib/core/mod.ts";
import { BACKUP_SERVICE, Backups } from "../../lib/state/backups.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { failureOf } from "../support/local_cluster.ts";

/** A node with a state of so many chunks, or without one. */
function backupsOf(chunks: number | undefined, replicas: NodeId[] = []) {
  const clock = new ManualClock();
  const passed: [node: NodeId, service: string, body: Json][] = [];
  const reads = { count: 0 };
  const raft = {
    hasState: chunks !== undefined,
    readiness: { check: () => {} },
    status: () => ({ term: 7 }),
    read: () => Promise.resolve(void reads.count++),
  } as never;
  const backups = new Backups(
    "n1",
    { clock, random: new SeededRandom(1) },
    { snapshot: () => Array.from({ length: chunks ?? 0 }, (_, at) => at) },
    { raft, replicas: () => replicas },
    {
      call: (node, { service, body }) => {
        passed.push([node, service, body]);
        return Promise.resolve("passed");
      },
    },
  );
  const serve = (body: unknown) => backups.serve(body as Json);
  const begin = async () => (await serve({ op: "begin" }) as { backup: number }).backup;
  const chunk = (backup: unknown, part: unknown) => serve({ op: "chunk", backup, part });
  return { clock, passed, reads, backups, serve, begin, chunk };
}

Deno.test("a backup is read part by part to its last, and a lost answer is given again", async () => {
  const { serve, chunk, reads, clock, backups } = backupsOf(2);
  const begun = await serve({ op: "begin" }) as { backup: number };
  assertEquals([{ ...begun, backup: 0 }, reads.count], [{ backup: 0, node: "n1", term: 7 }, 1]);
  const { backup } = begun;
  assertEquals((await failureOf(chunk(backup, 1))).code, "BAD_REQUEST");
  assertEquals(await chunk(backup, 0), { chunk: 0 });
  assertEquals(await chunk(backup, 0), { chunk: 0 });
  assertEquals(await chunk(backup, 1), { chunk: 1 });
  assertEquals((await failureOf(chunk(backup, 0))).code, "BAD_REQUEST");
  assertEquals(await chunk(backup, 2), { last: true });
  assertEquals(await chunk(backup, 2), { last: true });
  await serve({ op: "begin", stale: true });
  assertEquals(reads.count, 1, "what may be stale asks nobody");
  backups.stop();
  assertEquals(clock.due, []);
});

Deno.test("who has no copy of the state passes a backup on, and says when nobody has one", async () => {
  const alone = backupsOf(undefined);
  assertEquals((await failureOf(alone.serve({ op: "begin" }))).code, "NO_QUORUM");
  const { serve, chunk, passed } = backupsOf(undefined, ["n2", "n3"]);
  assertEquals(await serve({ op: "begin", stale: true }), "passed");
  assertEquals(await serve({ op: "chunk", backup: 1, part: 0, node: "n3" }), "passed");
  assertEquals(passed, [
    ["n2", BACKUP_SERVICE, { op: "begin", stale: true, node: "n2" }],
    ["n3", BACKUP_SERVICE, { op: "chunk", backup: 1, part: 0, node: "n3" }],
  ]);
  assertEquals((await failureOf(chunk(1, 0))).code, "BAD_REQUEST", "it has none itself");
});

Deno.test("a backup that nobody reads is forgotten, and each part that is read puts that off", async () => {
  const { begin, chunk, clock } = backupsOf(9);
  const backup = await begin();
  clock.advance(BACKUP_IDLE_MS - 1);
  assertEquals(await chunk(backup, 0), { chunk: 0 });
  clock.advance(2 * BACKUP_IDLE_MS - 2);
  assertEquals(await chunk(backup, 1), { chunk: 1 });
  clock.advance(3 * BACKUP_IDLE_MS - 2);
  assertEquals((await failureOf(chunk(backup, 2))).code, "BAD_REQUEST");
  assertEquals(clock.due, []);
});

Deno.test("so many backups are read at once, and one more only where another was left or read", async () => {
  const { begin, chunk, clock } = backupsOf(1);
  const all: number[] = [];
  for (let at = 0; at < BACKUPS; at++) all.push(await begin());
  assertEquals((await failureOf(begin())).code, "TOO_MANY");
  // One that was read to its end makes room at once.
  const [first, second] = all as [number, number];
  for (const part of [0, 1]) await chunk(first, part);
  const next = await begin();
  assertEquals((await failureOf(chunk(first, 1))).code, "BAD_REQUEST");
  assertEquals((await failureOf(begin())).code, "TOO_MANY");
  clock.time = BACKUP_YIELD_MS - 1;
  for (const each of [...all.slice(2), next]) await chunk(each, 0);
  assertEquals((await failureOf(begin())).code, "TOO_MANY");
  clock.time = BACKUP_YIELD_MS;
  await begin();
  assertEquals((await failureOf(chunk(second, 0))).code, "BAD_REQUEST", "it was left");
});

Deno.test("what is no request of a backup is refused", async () => {
  const { serve, begin } = backupsOf(1);
  await begin();
  for (
    const body of [null, 1, "begin", {}, { op: "end" }, { op: "chunk" }, {
      op: "chunk",
      backup: "1",
    }]
  ) {
    assertEquals((await failureOf(serve(body))).code, "BAD_REQUEST", JSON.stringify(body));
  }
});
