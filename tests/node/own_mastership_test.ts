import { assertEquals } from "@std/assert";
import type { Member } from "../../lib/membership/mod.ts";
import { systemPorts } from "../../lib/io/mod.ts";
import { Governance } from "../../lib/node/governance.ts";
import { leadershipMessage } from "../../lib/node/leadership.ts";
import { MemoryStore } from "../../lib/node/memory_store.ts";

Deno.test("a master that stepped down is not talked into being it again by who has not heard of it", () => {
  const ports = systemPorts();
  const [self, other] = [ports.ids.next(), ports.ids.next()];
  const member = (id: string) => ({ id, name: id, state: "alive", isSelf: id === self }) as Member;
  const deposed = { master: undefined, term: 1, voters: [self, other], learners: [] };
  const changes: string[] = [];
  const governance = new Governance(
    {
      id: self,
      ports,
      store: new MemoryStore(),
      members: () => [self, other].map(member),
      member,
      send: () => {},
      flush: () => {},
      broadcast: () => {},
      call: () => Promise.reject(new Error("nobody is asked")),
      changed: (_view, _previous, reason) => void changes.push(reason),
      rejected: () => {},
      storeFailed: () => {},
    },
    "local",
    deposed,
    false,
  );
  const tell = (master: string, term: number) =>
    governance.takes(other, leadershipMessage({ ...deposed, master, term }));
  tell(self, 1);
  tell(self, 2);
  assertEquals([governance.master, changes], [undefined, []]);
  tell(other, 2);
  assertEquals([governance.master, changes], [other, ["the master said so"]]);
  governance.stop();
});
