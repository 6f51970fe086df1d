import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ClusterError,
  DIAL_MS,
  DIAL_STAGGER_MS,
  JOIN_MS,
  type LinkFailure,
} from "../../lib/core/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { joinCluster } from "../../lib/bootstrap/join.ts";
import type { JoinPlan } from "../../lib/bootstrap/join_round.ts";
import { type House, idOf, STEP_MS, Street } from "../support/street.ts";

const REFUSED: LinkFailure = { kind: "refused", message: "nothing listens there" };
const NO_NAME: LinkFailure = { kind: "unreachable", message: "no name", isNameUnknown: true };
const NO_ROUTE: LinkFailure = { kind: "unreachable", message: "no route" };
const DENIED: LinkFailure = { kind: "unpermitted", message: "start with --allow-net=10.0.0.0" };

/** The way in: whether a member let us in, and when. */
function joinIn(
  street: Street,
  willFound = false,
  afterLinks = 1,
): Promise<[joined: boolean, at: number]> {
  const plan: JoinPlan = {
    id: idOf(50) as JoinPlan["id"],
    life: "1",
    addresses: street.addresses,
    hello: { type: "hello" },
    request: () => ({ type: "join", id: 1 }),
    enter: () => {},
    isOver: () => false,
    attempted: () => {},
    willFound,
  };
  return street.comesTo(joinCluster(street.ports, plan), (link) => {
    if (street.links.size < afterLinks) return;
    if (link.take().some(({ type }) => type === "join")) link.receive({ type: "joined" });
  });
}

const SIX_SILENT: readonly House[] = Array.from({ length: 6 }, () => "silent" as const);

Deno.test("a client gets past six silent addresses in a quarter of a second each", async () => {
  const street = new Street([...SIX_SILENT, { afterMs: 20 }]);
  const [client, at] = await street.comesTo(Client.connect(street.ports, street.addresses));
  assertEquals(client.node.name, "node6");
  assert(at <= 6 * DIAL_STAGGER_MS + 20 + 7 * STEP_MS, `it took ${at} ms`);
  // The attempts that lost are over, and with the client that won everything.
  await street.comesTo(client.close());
  assertEquals(street.clock.due, []);
});

Deno.test("the next address is dialled at once when one fails", async () => {
  const street = new Street([REFUSED, NO_NAME, NO_ROUTE, { afterMs: 20 }]);
  const [, at] = await street.comesTo(Client.connect(street.ports, street.addresses));
  assert(at <= 20 + 4 * STEP_MS, `it took ${at} ms`);
});

Deno.test("the first good welcome wins, and the others are closed", async () => {
  const refusal = { type: "refuse", code: "OVERLOADED", message: "full", retryable: true };
  const street = new Street([
    { afterMs: 900 },
    { afterMs: 10, says: refusal },
    { afterMs: 100 },
    { afterMs: 10 },
  ]);
  const [client] = await street.comesTo(Client.connect(street.ports, street.addresses));
  assertEquals(client.node.name, "node2");
  street.clock.advance(5_000);
  assertEquals(street.dialled.map(([house]) => house), [0, 1, 2]);
  assertEquals(street.links.get(2)?.isClosed, false);
  for (const [number, link] of street.links) if (number !== 2) assertEquals(link.isClosed, true);
});

Deno.test("a bound for all addresses holds, and each is named with what came of it", async () => {
  const street = new Street([REFUSED, ...SIX_SILENT]);
  const connecting = Client.connect(street.ports, street.addresses, DIAL_MS, { withinMs: 1_000 });
  const failing = assertRejects(() => connecting, ClusterError, "no answer within");
  await street.comesTo(connecting).catch(() => {});
  assert(street.clock.now() <= 1_000 + STEP_MS);
  const { code, message } = await failing;
  assertEquals(code, "NO_CLUSTER");
  assertStringIncludes(message, "10.0.0.2:8001 (no answer within");
  // Its turn would have come later.
  assertStringIncludes(message, "10.0.0.6:8001 (not tried within 1000 ms)");
  const abort = new AbortController();
  abort.abort();
  const given = Client.connect(street.ports, street.addresses, DIAL_MS, { signal: abort.signal });
  await assertRejects(() => given, ClusterError, "given up");
});

Deno.test("what may not be dialled is an error of its own when it is all", async () => {
  for (
    const [houses, code] of [[[DENIED], "NOT_PERMITTED"], [
      [DENIED, REFUSED],
      "NO_CLUSTER",
    ]] as const
  ) {
    const street = new Street(houses);
    const connecting = Client.connect(street.ports, street.addresses);
    const failing = assertRejects(() => connecting, ClusterError, "--allow-net=10.0.0.0");
    await street.comesTo(connecting).catch(() => {});
    assertEquals((await failing).code, code);
  }
});

Deno.test("joining past six silent addresses takes as long as the stagger", async () => {
  const street = new Street([...SIX_SILENT, { afterMs: 20 }]);
  const [joined, at] = await joinIn(street);
  assertEquals(joined, true);
  assert(at <= 6 * DIAL_STAGGER_MS + 20 + 9 * STEP_MS, `it took ${at} ms`);
});

Deno.test("of two that welcome it a node asks one to let it in", async () => {
  const street = new Street(["silent", { afterMs: 300 }, { afterMs: 20 }]);
  assertEquals((await joinIn(street, false, 2))[0], true);
  assertEquals([...street.links.keys()], [2, 1]);
  assertEquals([street.links.get(2)?.isClosed, street.links.get(1)?.isClosed], [false, true]);
});

Deno.test("only what is certain counts as a round of a join: silence lasts its ten seconds", async () => {
  const table: [houses: House[], fromMs: number, toMs: number][] = [
    [[REFUSED], 500, 1_000],
    [[NO_NAME, REFUSED], 500, 1_000],
    [["silent"], JOIN_MS, JOIN_MS + 5 * STEP_MS],
    [[REFUSED, "silent"], JOIN_MS, JOIN_MS + 5 * STEP_MS],
    [[NO_ROUTE], JOIN_MS, JOIN_MS + 5 * STEP_MS],
  ];
  for (const [houses, fromMs, toMs] of table) {
    const [joined, at] = await joinIn(new Street(houses));
    assertEquals(joined, false);
    assert(fromMs <= at && at <= toMs, `${JSON.stringify(houses)} took ${at} ms`);
  }
  // Who founds a cluster when nobody answers looks once.
  const [, at] = await joinIn(new Street(["silent", "silent"]), true);
  assert(at <= DIAL_MS + DIAL_STAGGER_MS + 5 * STEP_MS, `founding took ${at} ms`);
});

Deno.test("beside an address that may not be dialled no cluster is founded", async () => {
  const notYet = { type: "refuse", code: "NOT_A_MEMBER", message: "joining", retryable: true };
  const founder = { ...notYet, details: { node: idOf(60), founds: true } };
  const table: [houses: House[], willFound: boolean, comes: "NOT_PERMITTED" | boolean][] = [
    [[DENIED], true, "NOT_PERMITTED"],
    [[REFUSED, DENIED, "silent"], true, "NOT_PERMITTED"],
    [[DENIED, { afterMs: 10, says: founder }], true, "NOT_PERMITTED"],
    [[DENIED, { afterMs: 20 }], true, true],
    [[DENIED, DENIED], false, "NOT_PERMITTED"],
    [[DENIED, REFUSED], false, false],
    [[DENIED, { afterMs: 20 }], false, true],
  ];
  for (const [houses, willFound, comes] of table) {
    const street = new Street(houses);
    const [what, at] = await joinIn(street, willFound).catch((error: unknown) => {
      assert(error instanceof ClusterError, String(error));
      assertStringIncludes(error.message, "start with --allow-net=10.0.0.0");
      return [error.code, street.clock.now()] as const;
    });
    assertEquals(what, comes, JSON.stringify(houses));
    if (houses.every((house) => house === DENIED)) assert(at <= 2 * STEP_MS, "it is said at once");
  }
});
