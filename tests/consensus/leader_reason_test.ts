import { assertEquals } from "@std/assert";
import { masterReason } from "../../lib/consensus/leader_reason.ts";

Deno.test("why the master changed is said in the words of those who read it", () => {
  const TABLE: [reason: string, said: string][] = [
    ["started", "this node has just started"],
    ["elected by 1 of 1 voters: no leader was heard", "it is the only voter"],
    [
      "elected by 2 of 3 voters: the link to the leader broke",
      "elected by 2 of 3 voters: the link to the master broke",
    ],
    ["no majority of the voters answers", "no majority of the voters answers"],
  ];
  for (const [reason, said] of TABLE) assertEquals(masterReason(reason), said);
});
