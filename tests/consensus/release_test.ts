import { assertEquals, assertRejects } from "@std/assert";
import { ClusterError, type Json } from "../../lib/core/mod.ts";
import { LEAVING_LOOK_MS } from "../../lib/consensus/limits.ts";
import { Departures, type DeparturesOwner } from "../../lib/consensus/departures.ts";
import { Release } from "../../lib/consensus/release.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { idOf } from "../support/street.ts";

const PATIENCE_MS = 8_000;
const [SELF, VOTER, SILENT] = [idOf(1), idOf(2), idOf(3)] as [string, string, string];

/** A master whose voters cannot do without another. */
class Mastery {
  readonly clock = new ManualClock();
  readonly warned: string[] = [];
  master: string | undefined = SELF;
  isStopped = false;
  hasItsVote = true;
  silent: string[] = [SILENT];
  released = 0;
  confirmed = Promise.withResolvers<void>();
  answer: (body: Json) => Promise<Json> = (body) => new Release(this.owner).serve(body);

  get owner(): DeparturesOwner {
    const fields = {
      id: SELF,
      ports: { clock: this.clock },
      patienceMs: PATIENCE_MS,
      rpc: { call: (_: string, { body }: { body: Json }) => this.answer(body) },
      hasVote: (node: string) => node === VOTER && this.hasItsVote,
      release: () => {
        this.released++;
        return this.silent;
      },
      missedBy: () => this.silent,
      confirm: () => this.confirmed.promise,
      nameOf: (node: string) => `node ${node.at(-1)}`,
      warn: (message: string) => void this.warned.push(message),
    };
    const here = { isStopped: { get: () => this.isStopped }, master: { get: () => this.master } };
    return Object.defineProperties(fields, here) as unknown as DeparturesOwner;
  }

  /** What comes of something, and when. */
  async comesTo<T>(work: Promise<T>): Promise<[T | string, at: number]> {
    let ended: [T | string, number] | undefined;
    work.then(
      (value) => ended = [value, this.clock.now()],
      (error) => ended = [(error as ClusterError).code, this.clock.now()],
    );
    for (let at = 0; ended === undefined && at <= 2 * PATIENCE_MS; at += 10) {
      this.clock.advance(at);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    return ended ?? ["never", Infinity];
  }
}

Deno.test("a voter is let go at once when the others can do without it, and else within the time that is given", async () => {
  const refused = { ok: false, silent: [SILENT] };
  const table: [forMs: Json, isDone: boolean, comes: Json, at: number][] = [
    [5_000, true, { ok: true }, 0],
    [1_000, false, refused, 1_000],
    [0, false, refused, 0],
    [PATIENCE_MS + 5_000, false, refused, PATIENCE_MS],
    ["odd", false, refused, PATIENCE_MS],
  ];
  for (const [forMs, isDone, comes, at] of table) {
    const mastery = new Mastery();
    mastery.hasItsVote = !isDone;
    const serving = new Release(mastery.owner).serve({ node: VOTER, forMs });
    const [what, when] = await mastery.comesTo(serving);
    assertEquals(what, comes, `${forMs}`);
    assertEquals(when >= at && when <= at + 2 * LEAVING_LOOK_MS, true, `${when} for ${at}`);
    assertEquals(mastery.released > 0, !isDone);
  }
});

Deno.test("whoever only asks releases nobody, and is told by what was acknowledged since", async () => {
  const mastery = new Mastery();
  mastery.silent = [];
  mastery.confirmed.resolve();
  const asking = new Release(mastery.owner).serve({ node: VOTER, isAsked: true });
  assertEquals(await mastery.comesTo(asking), [{ ok: true }, 0]);
  assertEquals(mastery.released, 0);
  // However little time it has, it waits for an acknowledgement, which a moment may bring.
  const soon = new Mastery();
  soon.clock.setTimer(10, () => {
    soon.silent = [];
    soon.confirmed.resolve();
  });
  const quick = new Release(soon.owner).serve({ node: VOTER, isAsked: true, forMs: 0 });
  assertEquals(await soon.comesTo(quick), [{ ok: true }, 10]);
  assertEquals(soon.clock.due, []);
  // Nothing is acknowledged: the first look comes all the same.
  const other = new Mastery();
  const late = new Release(other.owner).serve({ node: VOTER, isAsked: true, forMs: 200 });
  const [what, when] = await other.comesTo(late);
  assertEquals([what, when >= 200], [{ ok: false, silent: [SILENT] }, true]);
});

Deno.test("only the master lets voters go, and only those that are named", async () => {
  const mastery = new Mastery();
  mastery.master = VOTER;
  for (const body of [null, [], "x", {}, { node: 5 }, { node: "x" }] as Json[]) {
    const error = await assertRejects(() => new Release(mastery.owner).serve(body), ClusterError);
    assertEquals(error.code, "BAD_REQUEST");
  }
  const serving = new Release(mastery.owner).serve({ node: VOTER });
  assertEquals(await mastery.comesTo(serving), ["NOT_MASTER", 0]);
});

Deno.test("who is removed by force goes, and what that costs is said", async () => {
  for (const [isForced, code] of [[true, undefined], [false, "NO_QUORUM"]] as const) {
    const mastery = new Mastery();
    const removing = new Departures(mastery.owner).remove(VOTER, isForced);
    assertEquals((await mastery.comesTo(removing))[0], code);
    const cost =
      "Without its vote no majority of the voters is left: nothing can be written until " +
      "node 3 is there again";
    assertEquals(mastery.warned, isForced ? [cost] : []);
  }
});
