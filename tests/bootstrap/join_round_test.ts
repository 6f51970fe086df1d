import { assertEquals } from "@std/assert";
import type { ClusterError, LinkFailure, Message, NodeId } from "../../lib/core/mod.ts";
import type { JoinPlan } from "../../lib/bootstrap/join_round.ts";
import { joinRound } from "../../lib/bootstrap/join_round.ts";
import { rejoinCluster } from "../../lib/bootstrap/rejoin.ts";
import type { FakeLink } from "../support/fake_link.ts";
import { type House, idOf, STEP_MS, Street } from "../support/street.ts";

const REFUSED: LinkFailure = { kind: "refused", message: "nothing listens there" };
const OWN_LIFE = idOf(51);

function planOf(street: Street, attempted: JoinPlan["attempted"] = () => {}): JoinPlan {
  return {
    id: idOf(50) as NodeId,
    life: OWN_LIFE,
    addresses: street.addresses,
    hello: { type: "hello" },
    request: () => ({ type: "join", id: 1 }),
    enter: () => {},
    isOver: () => false,
    attempted,
    willFound: true,
  };
}

function refuse(code: string, details?: Message["details"], retryable = false): House {
  const said = { type: "refuse", code, message: `said ${code}`, retryable };
  return { afterMs: 10, says: details === undefined ? said : { ...said, details } } as House;
}

Deno.test("each answer to a join says what it means for the next try", async () => {
  const nobody = (reason: string, isCertain: boolean) => ({
    outcome: "no-answer",
    reason,
    isCertain,
  });
  const self = nobody("that is this node itself", true);
  const table: [house: House, answer: unknown][] = [
    [REFUSED, nobody("nothing listens there", true)],
    [{ kind: "unreachable", message: "m", isNameUnknown: true }, nobody("m", true)],
    [{ kind: "unreachable", message: "m" }, nobody("m", false)],
    [{ kind: "unpermitted", message: "m" }, { outcome: "not-asked", reason: "m" }],
    // The same process, an older one that does not tell its life, and what nobody says.
    [refuse("SELF", { life: OWN_LIFE }), self],
    [refuse("SELF", { life: 5 }), self],
    [refuse("SELF"), self],
    [refuse("NOT_A_MEMBER", undefined, true), { outcome: "not-yet", reason: "said NOT_A_MEMBER" }],
    [refuse("NOT_A_MEMBER", { node: "x", founds: false }, true), {
      outcome: "not-yet",
      reason: "said NOT_A_MEMBER",
      joining: { node: "x", founds: false },
    }],
    [refuse("NOT_A_MEMBER", { node: "x", founds: "no" }, true), {
      outcome: "not-yet",
      reason: "said NOT_A_MEMBER",
    }],
  ];
  for (const [house, answer] of table) {
    const street = new Street([house]);
    const [answers] = await street.comesTo(joinRound(street.ports, planOf(street), 1_000));
    assertEquals(answers as unknown[], [answer], JSON.stringify(house));
  }
});

Deno.test("this very node in another process is no round without an answer: it ends the join", async () => {
  const twin = refuse("SELF", { life: idOf(52) });
  const street = new Street([twin, REFUSED]);
  const [answers] = await street.comesTo(joinRound(street.ports, planOf(street), 1_000));
  assertEquals(answers.length, 1);
  const [answer] = answers;
  assertEquals(
    answer?.outcome === "refused" && [answer.error.code, answer.error.details],
    ["RUNS_ELSEWHERE", { node: idOf(50), address: "10.0.0.0:8001" }],
  );
});

Deno.test("a round over no address is over at once, and sets no timer", async () => {
  const street = new Street([]);
  assertEquals(await street.comesTo(joinRound(street.ports, planOf(street), 1_000)), [[], STEP_MS]);
  assertEquals(street.clock.due, []);
});

Deno.test("a member that welcomed this node and went before it was asked is not asked any more", async () => {
  const street = new Street([{ afterMs: 10 }, { afterMs: 10 }, { afterMs: 10 }]);
  const asked: number[] = [];
  const numberOf = (link: FakeLink) => [...street.links].find(([, each]) => each === link)?.[0];
  const round = joinRound(street.ports, planOf(street), 4_000);
  const [answers, at] = await street.comesTo(round, (link) => {
    const number = numberOf(link) as number;
    for (const { type } of link.take()) if (type === "join") asked.push(number);
    if (number === 1) link.end({ kind: "closed", message: "it goes" });
    if (number === 0 && street.links.size === 3) {
      const notYet = { code: "NOT_A_MEMBER", message: "not yet", retryable: true };
      link.receive({ type: "error", id: 1, ...notYet });
    }
    if (number === 2 && asked.includes(2)) link.receive({ type: "joined" });
  });
  assertEquals(asked, [0, 2]);
  assertEquals(answers.map(({ outcome }) => outcome), ["not-yet", "no-answer", "joined"]);
  // Nobody waited for an answer of the one that was gone.
  assertEquals(at < 2_000, true, `${at} ms`);
});

/**
 * What becomes of a return, whose addresses are these first and those later; and how often each is
 * dialled.
 */
async function returnTo(first: House, later: House | "company"): Promise<[string, number]> {
  const houses: House[] = [first];
  const street = new Street(houses);
  const { attempted: _, isOver: __, willFound: ___, ...plan } = planOf(street);
  const rejoining = rejoinCluster(street.ports, {
    ...plan,
    self: "10.0.0.9:8001",
    signal: new AbortController().signal,
    attempted: () => {},
    hasCompany: () => {
      if (later !== "company") houses[0] = later;
      return later === "company";
    },
  });
  const rejoined = rejoining.then(() => "over", ({ code }: ClusterError) => code as string);
  const [what] = await street.comesTo(rejoined, (link) => {
    if (link.take().some(({ type }) => type === "join")) link.receive({ type: "joined" });
  });
  return [what, street.dialled.length];
}

Deno.test("a node that came back tries on while nobody is there, and ends at what is final", async () => {
  const denied: LinkFailure = { kind: "unpermitted", message: "--allow-net" };
  const member: House = { afterMs: 10 };
  const table: [first: House, later: House | "company", comes: [string, number]][] = [
    [member, "company", ["over", 1]],
    [REFUSED, member, ["over", 2]],
    [denied, member, ["over", 2]],
    [REFUSED, "company", ["over", 1]],
    [refuse("REMOVED"), member, ["REMOVED", 1]],
    [REFUSED, refuse("OTHER_CLUSTER"), ["OTHER_CLUSTER", 2]],
  ];
  for (const [first, later, comes] of table) {
    assertEquals(await returnTo(first, later), comes, JSON.stringify([first, later]));
  }
});
