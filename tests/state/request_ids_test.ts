import { assertEquals } from "@std/assert";
import { SESSION_COMMANDS, SESSION_RESULTS } from "../../lib/core/mod.ts";
import { type RequestId, RequestIds } from "../../lib/state/request_ids.ts";
import { State } from "../../lib/state/store/mod.ts";

/** A session of a state, its stamps, and what puts a key with one of them. */
function session() {
  const state = new State();
  let index = 1;
  const opened = state.apply(index, { type: "session-open", ttlMs: 60_000 });
  const put = (stamp: RequestId) =>
    state.apply(++index, { type: "put", key: "a", value: 1, ...stamp }).outcome;
  return { stamps: new RequestIds(opened.index), put };
}

/** Whether a stamp is to be had now. */
async function takeNow(stamps: RequestIds): Promise<RequestId | undefined> {
  const soon = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 0));
  return await Promise.race([stamps.take(), soon]);
}

Deno.test("a command that is slow, while many others are quick, is still known to the state", async () => {
  const { stamps, put } = session();
  const slow = await stamps.take();
  let quick = 0;
  for (let stamp = await takeNow(stamps); stamp !== undefined; stamp = await takeNow(stamps)) {
    assertEquals(put(stamp).ok, true);
    stamps.give(stamp);
    if (++quick > 3 * SESSION_RESULTS) break;
  }
  assertEquals(quick, SESSION_RESULTS - 1);
  assertEquals(put(slow).ok, true);
});

Deno.test("so many stamps are in use at once, and each that is given back lets one more be taken", async () => {
  const { stamps } = session();
  const taken = await Promise.all(Array.from({ length: SESSION_COMMANDS }, () => stamps.take()));
  const next = [stamps.take(), stamps.take()];
  stamps.give(taken[0] as RequestId);
  assertEquals((await next[0])?.sequence, SESSION_COMMANDS + 1);
  stamps.give(taken[1] as RequestId);
  assertEquals((await next[1])?.sequence, SESSION_COMMANDS + 2);
});
