import { assertEquals } from "@std/assert";
import { PlayedMachine } from "./played_machine.ts";
import { idOf, recordOf } from "./records.ts";

Deno.test("a rumour of more refused observers than decide a death is taken, and does no more", () => {
  const played = new PlayedMachine(5);
  played.hear(2, recordOf(6, { state: "suspect", by: [idOf(2)] }));
  assertEquals(played.state(6), "suspect");
  const by = [3, 4, 5].map(idOf);
  played.hear(2, recordOf(6, { state: "suspect", by, refused: by }));
  assertEquals(played.state(6), "dead");
});
