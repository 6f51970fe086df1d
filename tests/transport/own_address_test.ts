import { assertEquals } from "@std/assert";
import { ClusterError, formatAddress, type Network, parseAddress } from "../../lib/core/mod.ts";
import { type ListenPlan, OwnAddress } from "../../lib/transport/own_address.ts";
import { FakeLink } from "../support/fake_link.ts";

/** A machine that has those hosts, and what listens on it. */
class Machine implements Network {
  readonly listening = new Set<string>();
  readonly #hosts: readonly string[];

  constructor(...hosts: string[]) {
    this.#hosts = hosts;
  }

  listen({ host, port }: Parameters<Network["listen"]>[0]): ReturnType<Network["listen"]> {
    if (!this.#hosts.includes(host)) throw new ClusterError("BAD_REQUEST", `${host} is not here`);
    const address = { host, port: port === 0 ? 9_999 : port };
    this.listening.add(formatAddress(address));
    return { address, close: () => void this.listening.delete(formatAddress(address)) };
  }

  dial(): never {
    throw new Error("Nobody is dialled");
  }
}

const ANY = "0.0.0.0";

function listeningAt(
  machine: Machine,
  host: string,
  advertise?: ListenPlan["advertise"],
): OwnAddress {
  const own = new OwnAddress(machine, { host, port: 8001, advertise });
  own.listen(() => {}, () => {});
  return own;
}

/** A link whose own end is at that host. */
function linkFrom(host: string): FakeLink {
  return Object.assign(new FakeLink(), { local: { host, port: 50_000 } });
}

Deno.test("whoever listens on all addresses is called by loopback, until a link shows a better one", () => {
  const own = listeningAt(new Machine(ANY, "10.0.0.1", "10.0.0.2"), ANY);
  assertEquals([own.first, own.listening, own.isGuessing], [
    "127.0.0.1:8001",
    "0.0.0.0:8001",
    true,
  ]);
  const table: [local: string, told: string, learned: string | undefined][] = [
    // A link on loopback shows nothing, whatever is told.
    ["127.0.0.1", "127.0.0.1:8001", undefined],
    ["::1", "10.0.0.9:8001", undefined],
    ["10.0.0.1", "127.0.0.1:8001", "10.0.0.1:8001"],
    ["::ffff:10.0.0.1", "127.0.0.1:8001", "10.0.0.1:8001"],
    ["::FFFF:10.0.0.1", "127.0.0.1:8001", "10.0.0.1:8001"],
    // What is told already, or another address of this machine, is as good.
    ["10.0.0.1", "10.0.0.1:8001", undefined],
    ["10.0.0.1", "10.0.0.2:8001", undefined],
    // An address that this machine had once is no address of it.
    ["10.0.0.1", "10.0.0.9:8001", "10.0.0.1:8001"],
    // Seen through a host that nobody can listen at by its name, and told just that.
    ["10.0.0.7", "10.0.0.7:8001", undefined],
  ];
  for (const [local, told, learned] of table) {
    assertEquals(own.learn(linkFrom(local), told), learned, `${local}, ${told}`);
  }
});

Deno.test("whether an address is ours is tried without keeping it", () => {
  const machine = new Machine(ANY, "10.0.0.2");
  listeningAt(machine, ANY).learn(linkFrom("10.0.0.1"), "10.0.0.2:8001");
  assertEquals([...machine.listening], ["0.0.0.0:8001"]);
});

Deno.test("whoever was told its address, or listens on one, learns no other", () => {
  const machine = new Machine(ANY, "10.0.0.1");
  const advertise = parseAddress("example.org:80");
  const told = listeningAt(machine, ANY, advertise);
  const one = listeningAt(machine, "10.0.0.1");
  assertEquals([told.first, one.first], ["example.org:80", "10.0.0.1:8001"]);
  for (const own of [told, one]) {
    assertEquals(own.isGuessing, false);
    assertEquals(own.learn(linkFrom("10.0.0.1"), "127.0.0.1:8001"), undefined);
  }
});

Deno.test("a node has a name of its own where its address is a guess that many make", () => {
  const machine = new Machine(ANY, "127.0.0.1", "10.0.0.1");
  const guessing = listeningAt(machine, ANY);
  assertEquals(
    ["127.0.0.1:8001", "[::1]:8001", "10.0.0.1:8001"].map((told) => guessing.nameAt(told)),
    ["0.0.0.0:8001", "0.0.0.0:8001", undefined],
  );
  // On loopback alone there is no guess.
  assertEquals(listeningAt(machine, "127.0.0.1").nameAt("127.0.0.1:8001"), undefined);
});

Deno.test("an address of an earlier life goes on with the port of now", () => {
  const own = new OwnAddress(new Machine(ANY), { host: ANY, port: 0, advertise: undefined });
  assertEquals([own.first, own.keptAt("10.0.0.9:8001")], ["127.0.0.1:0", "10.0.0.9:0"]);
  own.listen(() => {}, () => {});
  assertEquals([own.first, own.keptAt("10.0.0.9:8001")], ["127.0.0.1:9999", "10.0.0.9:9999"]);
  assertEquals([own.isAt("0.0.0.0:9999"), own.isAt("127.0.0.1:9999")], [true, false]);
});

Deno.test("a node that is closed listens no more, and one that never listened can be closed", () => {
  const machine = new Machine("10.0.0.1");
  const plan = { host: "10.0.0.1", port: 8001, advertise: undefined };
  new OwnAddress(machine, plan).close();
  const own = listeningAt(machine, "10.0.0.1");
  assertEquals([...machine.listening], ["10.0.0.1:8001"]);
  own.close();
  assertEquals([...machine.listening], []);
});

Deno.test("an address is another node's unless whoever dials it from this machine dials this node", () => {
  const all = [ANY, "127.0.0.1", "10.0.0.1"];
  const machine = new Machine(...all);
  const advertise = parseAddress("example.org:80");
  const isElsewhere = (own: OwnAddress, ...addresses: string[]) =>
    own.isElsewhere(addresses.map(parseAddress));
  const table: [own: OwnAddress, here: string[], elsewhere: string[]][] = [
    [listeningAt(machine, "127.0.0.1"), ["127.0.0.1:8001", "[::1]:8001"], [
      "127.0.0.1:8002",
      "10.0.0.1:8001",
      "example.org:80",
    ]],
    [listeningAt(machine, ANY), ["127.0.0.1:8001", "0.0.0.0:8001"], ["10.0.0.1:8001"]],
    [listeningAt(machine, "10.0.0.1"), ["10.0.0.1:8001"], ["127.0.0.1:8001", "10.0.0.1:80"]],
    [listeningAt(machine, "10.0.0.1", advertise), ["example.org:80", "10.0.0.1:8001"], [
      "example.org:8001",
      "127.0.0.1:80",
    ]],
  ];
  for (const [own, here, elsewhere] of table) {
    assertEquals(isElsewhere(own, ...here), false, `${own.first}: ${here}`);
    for (const address of elsewhere) {
      assertEquals(isElsewhere(own, address), true, `${own.first}: ${address}`);
      assertEquals(isElsewhere(own, ...here, address), true);
    }
    assertEquals([own.isElsewhere(), own.isElsewhere([])], [false, false]);
  }
});
