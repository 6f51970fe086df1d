import { assert, assertEquals } from "@std/assert";
import {
  FRAME_BYTES,
  type JsonObject,
  MEMBERS_PAGE_BYTES,
  type Message,
  parseAddress,
} from "../../lib/core/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Client, type Node, startNode } from "../../lib/node/mod.ts";
import { helloMessage } from "../../lib/transport/handshake.ts";
import { wholeAnswer } from "../../lib/client/whole_answer.ts";
import { membersPage, type MemberView } from "../../lib/wire/mod.ts";
import { dial } from "../../lib/transport/dial.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf } from "../support/local_cluster.ts";
import { KillablePorts } from "../support/killable_ports.ts";

const BIG = "x".repeat(4_000);

function idOf(n: number): string {
  return `01890000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** At an address that the system refuses to dial at all: no evidence against anybody. */
function viewOf(n: number, changes: Partial<MemberView> = {}): MemberView {
  const since = "2026-01-31T12:00:00.000Z";
  const known = { id: idOf(n), name: `n${n}`, address: `255.255.255.255:${n}`, since };
  return { ...known, state: "alive", role: "member", tags: { BIG }, services: [], ...changes };
}

const ANSWER = { cluster: idOf(9), master: null, term: 1 };

Deno.test("the pages of a view have every member once, the guests last, and fit a frame each", () => {
  const guests = [viewOf(0, { id: "41", state: "guest", role: "guest", tags: {} })];
  const members = [...Array.from({ length: 2_000 }, (_, n) => viewOf(n + 1)), ...guests];
  const seen: MemberView[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const page = membersPage({ ...ANSWER, members }, after);
    assert(JSON.stringify(page).length < MEMBERS_PAGE_BYTES + 1_000);
    seen.push(...page.members);
    after = page.next;
    pages++;
  } while (after !== undefined);
  assertEquals(seen, members);
  assert(pages > 10);
});

Deno.test("a view that fits one answer has no next", () => {
  assertEquals("next" in membersPage({ ...ANSWER, members: [viewOf(1)] }), false);
});

Deno.test("pages that make no way are refused", async () => {
  const page: Message = { type: "members", members: [], next: idOf(5) };
  assertEquals(
    (await failureOf(wholeAnswer(page, () => Promise.resolve(page)))).code,
    "BAD_MESSAGE",
  );
});

Deno.test("what does not say where the next page begins, in 64 characters, is the last one", async () => {
  const [fits, tooLong] = ["a".repeat(64), "a".repeat(65)];
  const asked: unknown[] = [];
  const pages = (first: JsonObject, ...rest: JsonObject[]) =>
    wholeAnswer({ type: "members", ...first }, (after) => {
      asked.push(after);
      return Promise.resolve({ type: "members", ...rest.shift() });
    });
  const [one, two] = [viewOf(1), viewOf(2)] as unknown as [JsonObject, JsonObject];
  const whole = { type: "members", members: [one, two] };
  // The first page: what is odd about it is handed on.
  for (const first of [{ members: [one], next: tooLong }, { members: [one], next: 5 }]) {
    assertEquals(await pages(first), { type: "members", ...first });
  }
  for (const first of [{ members: "many", next: fits }, { next: fits }]) {
    assertEquals(await pages(first), { type: "members", ...first } as Message);
  }
  assertEquals(asked.splice(0), []);
  // Those that follow.
  assertEquals(await pages({ members: [one], next: fits }, { members: [two] }), whole);
  for (const next of ["b".repeat(65), 5, null]) {
    assertEquals(await pages({ members: [one], next: fits }, { members: [two], next }), whole);
  }
  assertEquals(asked.splice(0), [fits, fits, fits, fits]);
  const last = "b".repeat(64);
  const three = [{ members: [one], next: fits }, { members: [two], next: last }, {}] as const;
  assertEquals(await pages(...three), whole);
  assertEquals(asked, [fits, last]);
});

/** Tells a node of members that there are not, as a member that knows them would. */
async function tellOf(node: Node, count: number): Promise<void> {
  const teller = { id: idOf(1), name: "teller", address: "127.0.0.1:1" };
  const cluster = node.cluster ?? "";
  const hello = helloMessage({ role: "member", channel: "control", cluster, node: teller });
  const link = await new Promise<Parameters<Parameters<typeof dial>[4]["opened"]>[0]>(
    (resolve, reject) =>
      dial(systemPorts(), parseAddress(node.address), hello, 2_000, {
        opened: resolve,
        failed: ({ message }) => reject(new Error(message)),
      }),
  );
  const closed = new Promise<void>((resolve) =>
    link.attach({ message: () => {}, closed: () => resolve() })
  );
  for (let n = 10; n < count + 10;) {
    const members: object[] = [];
    for (const end = Math.min(n + 50, count + 10); n < end; n++) {
      const { id, name, address, tags } = viewOf(n);
      members.push({ id, name, address, incarnation: 1, state: "alive", tags, services: [] });
    }
    link.send({ type: "sync-records", members });
  }
  await eventually("all are known", () => node.members.length > count);
  link.close();
  await closed;
}

Deno.test("a cluster of two thousand members with full metadata is listed, watched and joined", async () => {
  // They die in the end: a leave would wait for members that there are not.
  const [here, there] = [new KillablePorts(), new KillablePorts()];
  const a = await startNode(here, { port: 0, join: [], makeMasterOnError: true, name: "a" });
  await tellOf(a, 2_000);
  assert(JSON.stringify(a.membersView()).length > 4 * FRAME_BYTES);
  const client = await Client.connect(systemPorts(), [parseAddress(a.address)]);
  const { members, next } = await client.request({ type: "members" }, 5_000);
  const isListed = (listed: unknown) => Array.isArray(listed) && listed.length > 2_000;
  assert(isListed(members) && next === undefined);
  const watch = client.stream({ type: "watch" });
  assert(isListed((await watch.next()).value?.["members"]));
  await watch.return();
  const b = await startNode(there, { port: 0, join: [parseAddress(a.address)], name: "b" });
  await eventually("b knows all", () => b.members.length >= 2_002, [], 10_000);
  await client.close();
  await Promise.all([here.die(), there.die()]);
});
