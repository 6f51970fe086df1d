import { assertEquals } from "@std/assert";
import { Progress } from "../../../lib/consensus/raft/progress.ts";
import { APPEND_BYTES_IN_FLIGHT, APPENDS_IN_FLIGHT } from "../../../lib/consensus/raft/limits.ts";

/** A follower in `replicate`, to which nothing is under way. */
function replicating(): Progress {
  const progress = new Progress(1, 0);
  progress.replicate();
  return progress;
}

Deno.test("the window is full at its number of appends, and one answer makes room", () => {
  const progress = replicating();
  for (let at = 1; at <= APPENDS_IN_FLIGHT; at++) {
    assertEquals(progress.hasRoom, true, `before append ${at}`);
    progress.sent(at, 1);
  }
  assertEquals(progress.hasRoom, false);
  progress.agreed(1);
  assertEquals(progress.hasRoom, true);
});

Deno.test("the window is full at its bytes, and has room again one byte below", () => {
  const progress = replicating();
  progress.sent(1, 1);
  progress.sent(2, APPEND_BYTES_IN_FLIGHT - 1);
  assertEquals(progress.hasRoom, false);
  progress.agreed(1);
  assertEquals(progress.hasRoom, true);
});

Deno.test("what was under way when a link broke takes no room of the next window", () => {
  const progress = replicating();
  const ways: [what: string, leave: () => void][] = [
    ["a broken link", () => progress.probe()],
    ["a snapshot", () => progress.awaitSnapshot(progress.next)],
  ];
  for (let time = 0; time < 10; time++) {
    for (const [what, leave] of ways) {
      progress.sent(progress.next, APPEND_BYTES_IN_FLIGHT);
      leave();
      progress.replicate();
      assertEquals(progress.hasRoom, true, `after ${what}, time ${time}`);
    }
  }
});
