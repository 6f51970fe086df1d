import { assertEquals } from "@std/assert";
import type { NodeEvent } from "../../lib/node/mod.ts";
import { VoterChangeFilter } from "../../lib/consensus/voter_change_filter.ts";
import { found, joinThrough } from "../cli/harness.ts";
import { eventually } from "../support/eventually.ts";

Deno.test("a change of the voters, and what to know of them, is news once", () => {
  const STEPS: [voters: string[], notes: string[], isNews: boolean][] = [
    [[], [], false],
    [["a"], [], false],
    [["a"], ["only a votes"], true],
    [["a"], ["only a votes"], false],
    [["a", "b"], [], true],
    [["b", "a"], [], false],
    [["b", "a"], ["no answer from b"], true],
    [["b", "a"], [], false],
    [["b", "a"], ["no answer from b"], true],
  ];
  const news = new VoterChangeFilter();
  for (const [voters, notes, isNews] of STEPS) {
    assertEquals(news.isNews(voters, notes), isNews, `${voters} ${notes}`);
  }
});

Deno.test("with two members both say that there is one voter, with three that there are three", async () => {
  await using first = await found({ name: "ada" });
  const said: string[] = [];
  const listen = (event: NodeEvent) => {
    if (event.event === "voters") said.push([...event.names.toSorted(), ...event.notes].join());
  };
  first.on(listen);
  await using second = await joinThrough(first, { name: "grace" });
  await eventually("it is said", () => said.some((text) => text.startsWith("ada,Two members")));
  await using third = await joinThrough(second, { name: "alan" });
  await eventually("three vote", () => said.includes("ada,alan,grace"), [first, third], 10_000);
});
