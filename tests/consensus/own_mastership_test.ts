import { assertEquals } from "@std/assert";
import type { Member } from "../../lib/membership/swim/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { ConsensusService } from "../../lib/consensus/consensus_service.ts";
import { type LeaderInfo, leadershipMessage } from "../../lib/consensus/leader_info.ts";
import { VoterNames } from "../../lib/consensus/voter_names.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";

const PORTS = systemPorts();
const [SELF, OTHER] = [PORTS.ids.next(), PORTS.ids.next()];

/** What governs at one of two members that was told of the leadership, and the reasons of all changes of it. */
function governed(told: LeaderInfo) {
  const member = (id: string) => ({ id, name: id, state: "alive", isSelf: id === SELF }) as Member;
  const changes: string[] = [];
  const governance = new ConsensusService(
    {
      id: SELF,
      ports: PORTS,
      store: new MemoryStore(),
      members: () => [SELF, OTHER].map(member),
      member,
      names: new VoterNames(),
      send: () => {},
      flush: () => {},
      broadcast: () => {},
      call: () => Promise.reject(new Error("nobody is asked")),
      changed: (_view, _previous, reason) => void changes.push(reason),
      rejected: () => {},
      warn: () => {},
      failed: () => {},
    },
    "local",
    told,
    false,
  );
  return { governance, changes };
}

Deno.test("a master that stepped down is not talked into being it again by who has not heard of it", () => {
  const deposed = { master: undefined, term: 1, voters: [SELF, OTHER], learners: [] };
  const { governance, changes } = governed(deposed);
  const tell = (master: string, term: number) =>
    governance.handle(OTHER, leadershipMessage({ ...deposed, master, term }));
  tell(SELF, 1);
  tell(SELF, 2);
  assertEquals([governance.master, changes], [undefined, []]);
  tell(OTHER, 2);
  assertEquals([governance.master, changes], [OTHER, ["the master said so"]]);
  governance.stop();
});

Deno.test("a new learner believes in the voters that it was told of until its own log names some", async () => {
  const told = { master: OTHER, term: 1, voters: [OTHER], learners: [SELF] };
  const { governance, changes } = governed(told);
  // Its log is empty: it hears who leads, and can take no entry yet.
  const append = { term: 1, previousIndex: 5, previousTerm: 1, entries: [], commit: 5 };
  governance.handle(OTHER, { type: "append", ...append, round: 1, sentAt: 0 });
  await Promise.resolve();
  assertEquals([governance.view, changes], [told, []]);
  governance.stop();
});
