import { assertEquals, assertRejects } from "@std/assert";
import {
  ClusterError,
  INCARNATION_JUMP,
  type Json,
  METADATA_BYTES,
  NAME_CHARACTERS,
} from "../../lib/core/mod.ts";
import { AddressCheck } from "../../lib/bootstrap/address_check.ts";
import { Admission, validateJoin } from "../../lib/bootstrap/admission.ts";
import type { ConsensusService } from "../../lib/consensus/mod.ts";
import type { MembershipService } from "../../lib/membership/mod.ts";
import type { NodeContext } from "../../lib/part/mod.ts";
import { Connection, type PeerPool } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";
import { idOf, Street } from "../support/street.ts";

const FROM = idOf(5);
const ASKED = { id: FROM, name: "n", address: "10.0.0.0:8001", tags: {}, services: [] };

type Membership = Parameters<typeof validateJoin>[1];

/** A membership that lets everybody in, or gives those verdicts one after another. */
function membershipOf(...verdicts: unknown[]): Membership {
  return { admission: () => verdicts.shift() ?? { ok: true } } as unknown as Membership;
}

/** The record to admit, or the code of the refusal. */
async function judged(asked: Json, membership = membershipOf(), street = new Street([])) {
  const judging = validateJoin(street.ports, membership, FROM, asked);
  const [verdict] = await street.comesTo(judging.catch((error: ClusterError) => error));
  return verdict;
}

async function codeOf(asked: Json): Promise<string> {
  const verdict = await judged(asked);
  return verdict instanceof ClusterError ? verdict.code : "admitted";
}

Deno.test("a request to join has sound fields, each at its bounds, or is refused", async () => {
  const full = METADATA_BYTES - JSON.stringify([{ k: "" }, []]).length;
  const sound: Record<string, Json[]> = {
    name: ["n", "x".repeat(NAME_CHARACTERS)],
    tags: [{}, { k: "v" }, { k: "x".repeat(full) }],
    services: [[], ["s"]],
    incarnation: [1, INCARNATION_JUMP, 0, "odd"],
  };
  const bad: Record<string, Json[]> = {
    id: [idOf(6), 5, null],
    name: ["", "x".repeat(NAME_CHARACTERS + 1), 5, null, "master"],
    address: ["nowhere", 5, null],
    tags: [null, [], "x", { k: 5 }, { a: "v", k: null }, { k: "x".repeat(full + 1) }],
    services: [null, {}, "x", [5], ["s", null]],
  };
  for (const [field, values] of Object.entries(sound)) {
    for (const value of values) {
      assertEquals(await codeOf({ ...ASKED, [field]: value }), "admitted");
    }
  }
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      const what = `${field}: ${JSON.stringify(value)}`.slice(0, 80);
      assertEquals(await codeOf({ ...ASKED, [field]: value }), "BAD_MESSAGE", what);
    }
  }
  for (const asked of [null, [], "x", {}]) assertEquals(await codeOf(asked), "BAD_MESSAGE");
});

Deno.test("a newcomer begins with the incarnation that it asks for, if that is one, and is alive", async () => {
  const expected = { ...ASKED, name: "caf\u00e9", incarnation: 1, state: "alive" };
  assertEquals(await judged({ ...ASKED, name: "cafe\u0301" }), expected as never);
  for (const [incarnation, first] of [[2, 2], [INCARNATION_JUMP, INCARNATION_JUMP]] as const) {
    const record = await judged({ ...ASKED, incarnation });
    assertEquals(record instanceof ClusterError ? undefined : record.incarnation, first);
  }
  for (const incarnation of [0, INCARNATION_JUMP + 1, 1.5, "2", null]) {
    const record = await judged({ ...ASKED, incarnation });
    assertEquals(record instanceof ClusterError ? undefined : record.incarnation, 1);
  }
});

Deno.test("an address of another member is asked who listens there, and a doubted holder is waited for", async () => {
  const taken = (code: string, state: string) => ({
    ok: false,
    code,
    message: "m",
    holder: { state },
  });
  const host = { id: FROM, name: "n", address: ASKED.address };
  const here = { afterMs: 10, says: { type: "welcome", protocol: 1, node: host } };
  const table: [street: Street, verdicts: unknown[], comes: unknown][] = [
    [new Street([here]), [taken("ADDRESS_TAKEN", "alive")], "admitted"],
    // The holder itself answers, or nobody.
    [new Street([{ afterMs: 10 }]), [taken("ADDRESS_TAKEN", "alive")], ["ADDRESS_TAKEN", false]],
    [new Street(["silent"]), [taken("ADDRESS_TAKEN", "suspect")], ["ADDRESS_TAKEN", true]],
    // A name is no matter of who listens.
    [new Street([here]), [taken("NAME_TAKEN", "suspect")], ["NAME_TAKEN", true]],
    [new Street([here]), [taken("NAME_TAKEN", "alive")], ["NAME_TAKEN", false]],
    [new Street([here]), [taken("ADDRESS_TAKEN", "alive"), taken("NAME_TAKEN", "alive")], [
      "NAME_TAKEN",
      false,
    ]],
  ];
  for (const [street, verdicts, comes] of table) {
    const verdict = await judged(ASKED, membershipOf(...verdicts), street);
    const told = verdict instanceof ClusterError ? [verdict.code, verdict.retryable] : "admitted";
    assertEquals(told, comes as typeof told);
  }
});

Deno.test("a refusal is answered and the link closed, and a mistake of ours is no refusal", async () => {
  const { ports } = new Street([]);
  const answered = (machine: Membership) => {
    const link = new FakeLink();
    const connection = new Connection(
      link,
      { role: "member", node: FROM, channel: "control" },
      { message: () => {}, closed: () => {} },
    );
    const [context, membership] = [{ ports } as NodeContext, { machine } as MembershipService];
    const consensus = {} as ConsensusService;
    const check = new AddressCheck(context, membership, {} as PeerPool);
    const admission = new Admission(context, membership, consensus, check);
    const ask = (id: number) => admission.admit(connection, { type: "join", id, member: ASKED });
    const judging = ask(4);
    // One at a time: the judge may have to dial.
    void ask(5);
    const sent = link.take().map(({ id, code }) => [id, code]);
    return { judging, link, ask, sent };
  };
  const refused = answered(
    membershipOf({ ok: true }, { ok: false, code: "NAME_TAKEN", message: "m" }),
  );
  assertEquals(refused.sent, [[5, "OVERLOADED"]]);
  await refused.judging;
  const answers = refused.link.take().map(({ type, code }) => code ?? type);
  assertEquals([answers, refused.link.isClosed], [["NAME_TAKEN", "bye"], true]);
  const mistaken = answered({
    admission: (): never => {
      throw new RangeError("a mistake");
    },
  } as unknown as Membership);
  await assertRejects(() => mistaken.judging, RangeError, "a mistake");
  assertEquals([mistaken.link.take(), mistaken.link.isClosed], [[], false]);
  // What was judged, however that ended, is in nobody's way.
  await assertRejects(() => mistaken.ask(6), RangeError, "a mistake");
});
