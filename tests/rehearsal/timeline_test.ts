import { assertEquals } from "@std/assert";
import { type Belief, processAddress, processId, Timeline } from "../../lib/rehearsal/mod.ts";

Deno.test("a life has an id after all ids of the life before it, and its address for ever", () => {
  assertEquals(processId(1, 0), "01900000-0000-7000-8000-000000000001");
  assertEquals(processId(258, 2), "01900000-0000-7000-8000-000002000102");
  assertEquals([1, 255, 256, 258].map(processAddress), [
    "10.0.0.1:8001",
    "10.0.0.255:8001",
    "10.0.1.0:8001",
    "10.0.1.2:8001",
  ]);
});

Deno.test("a timeline keeps as many beliefs as its limit, and counts the others", () => {
  const timeline = new Timeline(2);
  const belief: Belief = {
    at: 1,
    observer: 1,
    subject: 2,
    generation: 0,
    state: "suspect",
    cause: "",
    by: [],
    isWrong: false,
  };
  for (let count = 0; count < 5; count++) timeline.believe(belief);
  assertEquals([timeline.beliefs.length, timeline.dropped], [2, 3]);
  timeline.mark({ at: 1, member: 1, text: "is killed" });
  timeline.clear();
  assertEquals([timeline.beliefs, timeline.marks, timeline.dropped], [[], [], 0]);
});
