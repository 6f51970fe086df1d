import { assertEquals } from "@std/assert";
import { type Message, Signal } from "../../lib/core/mod.ts";
import type { MembershipService } from "../../lib/membership/mod.ts";
import type { Member, MemberEvent } from "../../lib/membership/swim/mod.ts";
import type { NodeContext } from "../../lib/part/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { ConsensusService } from "../../lib/consensus/consensus_service.ts";
import { type LeaderInfo, leadershipMessage } from "../../lib/consensus/leader_info.ts";
import { VoterNames } from "../../lib/consensus/voter_names.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { ReplicatedState } from "../support/replicated_state.ts";
import { Connection, type PeerPool, Router } from "../../lib/transport/mod.ts";
import { FakeLink } from "../support/fake_link.ts";

const PORTS = systemPorts();
const [SELF, OTHER] = [PORTS.ids.next(), PORTS.ids.next()];

/**
 * What governs at one of two members that founds, or was told of the leadership; what it sends to
 * the other, and the reasons of all changes of who leads.
 */
function governed(told?: LeaderInfo) {
  const member = (id: string) => ({ id, name: id, state: "alive", isSelf: id === SELF }) as Member;
  const changes: string[] = [];
  const sent: Message[] = [];
  const memberChanges: Signal<[Pick<MemberEvent, "member" | "previous">]> = new Signal();
  const membership = {
    onChange: memberChanges,
    members: () => [SELF, OTHER].map(member),
    member,
    send: (_to: string, message: Message) => void sent.push(message),
    broadcast: () => {},
  } as unknown as MembershipService;
  const context = { id: SELF, ports: PORTS, store: new MemoryStore(), events: { emit: () => {} } };
  const governance = new ConsensusService(
    context as unknown as NodeContext,
    "local",
    new VoterNames(),
    membership,
    { flush: () => {} } as PeerPool,
    () => Promise.reject(new Error("nobody is asked")),
  );
  governance.onChange.subscribe((_view, _previous, reason) => void changes.push(reason));
  governance.attach(new ReplicatedState());
  if (told !== undefined) governance.expect(told);
  governance.joined({ cluster: PORTS.ids.next(), isFounder: told === undefined });
  const changed = (isBack: boolean) =>
    memberChanges.emit({ member: member(OTHER), previous: isBack ? "dead" : "alive" });
  const router = new Router();
  router.register(governance);
  const other = { role: "member", node: OTHER, channel: "control" } as const;
  const connection = new Connection(new FakeLink(), other, router);
  return { governance, changed, changes, sent, connection };
}

Deno.test("a master that stepped down is not talked into being it again by who has not heard of it", () => {
  const deposed = { master: undefined, term: 1, voters: [SELF, OTHER], learners: [] };
  const { governance, changes, connection } = governed(deposed);
  const tell = (master: string, term: number) =>
    connection.message(leadershipMessage({ ...deposed, master, term }));
  tell(SELF, 1);
  tell(SELF, 2);
  assertEquals([governance.master, changes], [undefined, []]);
  tell(OTHER, 2);
  assertEquals([governance.master, changes], [OTHER, ["the master said so"]]);
  governance.stop();
});

Deno.test("a new learner believes in the voters that it was told of until its own log names some", async () => {
  const told = { master: OTHER, term: 1, voters: [OTHER], learners: [SELF] };
  const { governance, changes, connection } = governed(told);
  // Its log is empty: it hears who leads, and can take no entry yet.
  const append = { term: 1, previousIndex: 5, previousTerm: 1, entries: [], commit: 5 };
  connection.message({ type: "append", ...append, round: 1, sentAt: 0 });
  await Promise.resolve();
  assertEquals([governance.view, changes], [told, []]);
  governance.stop();
});

Deno.test("a master tells once more who is back: a link may outlive that it seemed dead", () => {
  const { governance, changed, sent, connection } = governed();
  sent.length = 0;
  const told = leadershipMessage(governance.view);
  assertEquals([told["master"], told["copies"]], [SELF, 1]);
  // Whoever was only suspected was told all along.
  changed(false);
  assertEquals(sent, []);
  changed(true);
  assertEquals(sent.splice(0), [told]);
  governance.link(OTHER, "link-made");
  assertEquals(sent.splice(0), [told]);
  connection.message({ type: "master-query", master: SELF, term: 1 });
  assertEquals(sent, [told]);
  governance.stop();
});

Deno.test("who is taken for the master and leads no more denies it, in the term that is asked about", () => {
  const view = { master: undefined, term: 7, voters: [SELF, OTHER], learners: [] };
  const { governance, changed, sent, connection } = governed(view);
  const ask = (query: Record<string, unknown>) =>
    connection.message({ type: "master-query", ...query });
  changed(true);
  governance.link(OTHER, "link-made");
  ask({});
  ask({ master: OTHER, term: 5 });
  ask({ master: SELF, term: "5" });
  assertEquals(sent, []);
  ask({ master: SELF, term: 5 });
  // In its own term nobody led: whoever leads an earlier one would not be believed any more.
  assertEquals(sent, [leadershipMessage({ ...view, term: 5 })]);
  governance.stop();
  const asker = governed({ ...view, master: OTHER, term: 5, counts: { copies: 2, disks: 2 } });
  asker.connection.message(sent[0] as Message);
  assertEquals([asker.governance.master, asker.governance.counts], [undefined, undefined]);
  asker.governance.stop();
});

Deno.test("who hears a master by consensus hears what it says of copies, and no news twice", async () => {
  const told = { master: OTHER, term: 1, voters: [OTHER], learners: [SELF] };
  const { governance, changes, connection } = governed({
    ...told,
    counts: { copies: 1, disks: 1 },
  });
  const config = { index: 1, term: 1, type: "config", data: { voters: [OTHER], learners: [SELF] } };
  const append = { term: 1, previousIndex: 0, previousTerm: 0, entries: [config], commit: 1 };
  connection.message({ type: "append", ...append, round: 1, sentAt: 0 });
  await Promise.resolve();
  changes.length = 0;
  for (const copies of [2, 2, 1, 1]) {
    const view = { ...told, counts: { copies, disks: copies } };
    connection.message(leadershipMessage(view));
    assertEquals(governance.counts, view.counts);
  }
  assertEquals(changes, ["the master said so", "the master said so"]);
  governance.stop();
});
