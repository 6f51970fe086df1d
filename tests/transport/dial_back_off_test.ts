import { assertEquals } from "@std/assert";
import {
  DIAL_BACK_OFF_LONGEST_MS,
  DIAL_BACK_OFF_MEMBERS,
  DIAL_BACK_OFF_SHORTEST_MS,
} from "../../lib/transport/limits.ts";
import { DialBackOff } from "../../lib/transport/mod.ts";

const ADDRESS = "10.0.0.1:8001";

Deno.test("a member that refuses is dialled ever more seldom, and another of its addresses at once", () => {
  const backOff = new DialBackOff();
  let now = 0;
  let waitMs = DIAL_BACK_OFF_SHORTEST_MS;
  for (let refusals = 1; refusals <= 100; refusals++) {
    assertEquals(backOff.mayDial("n", ADDRESS, now), true);
    backOff.refused("n", ADDRESS, now);
    assertEquals(backOff.mayDial("n", ADDRESS, now + waitMs - 1), false);
    assertEquals(backOff.mayDial("n", "10.0.0.2:8001", now), true);
    assertEquals(backOff.mayDial("other", ADDRESS, now), true);
    now += waitMs;
    waitMs = Math.min(2 * waitMs, DIAL_BACK_OFF_LONGEST_MS);
  }
  backOff.refused("n", ADDRESS, now);
  backOff.forget("n");
  assertEquals(backOff.mayDial("n", ADDRESS, now), true);
});

Deno.test("who dials a refusing member now and then is never kept from it", () => {
  const backOff = new DialBackOff();
  for (let now = 0; now < 100_000; now += 500) {
    assertEquals(backOff.mayDial("n", ADDRESS, now), true);
    backOff.refused("n", ADDRESS, now);
  }
});

Deno.test("of more members than refuse in any cluster the first are forgotten", () => {
  const backOff = new DialBackOff();
  for (let n = 0; n <= DIAL_BACK_OFF_MEMBERS; n++) backOff.refused(`n${n}`, ADDRESS, 0);
  assertEquals(backOff.mayDial("n0", ADDRESS, 0), true);
  assertEquals(backOff.mayDial("n1", ADDRESS, 0), false);
});
