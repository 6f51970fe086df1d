import { assert, assertEquals } from "@std/assert";
import { GUESTS, GUESTS_KNOWN } from "../../lib/core/mod.ts";
import {
  Guests,
  parseGuest,
  parseTutorialNode,
  tutorialAddress,
  tutorialAnswer,
} from "../../lib/tutorial/guests.ts";

const HOST = "01890000-0000-7000-8000-000000000001";
const SELF = { id: "01890000-0000-7000-8000-0123456789ab", host: "127.0.0.1", port: 8001 };

/** What tutorial programs send for their address and port, and what is made of it. */
const ADDRESSES: Array<[ip: string, port: string | number, address: string | undefined]> = [
  ["127.0.0.1/8", "8002", "127.0.0.1:8002"],
  ["127.0.0.1", 8002, "127.0.0.1:8002"],
  ["192.168.10.20/24", 8002, "192.168.10.20:8002"],
  ["::1/128", "8002", "[::1]:8002"],
  ["fe80::1%eth0/64", 8002, "[fe80::1%eth0]:8002"],
  ["", "8002", undefined],
  ["127.0.0.1/8/8", "8002", undefined],
  ["127.0.0.1", "", undefined],
  ["127.0.0.1", 0, undefined],
  ["127.0.0.1", 70_000, undefined],
  ["127.0.0.1\n", 8002, undefined],
];

for (const [nodeIpAddr, port, address] of ADDRESSES) {
  Deno.test(`a tutorial node at ${JSON.stringify([nodeIpAddr, port])} is ${address ?? "refused"}`, () => {
    const node = parseTutorialNode({ nodeId: 5, nodeIpAddr, port });
    assertEquals(node && tutorialAddress(node), address);
  });
}

for (const given of [null, [], "node", {}, { nodeId: {}, nodeIpAddr: "127.0.0.1", port: 1 }]) {
  Deno.test(`${JSON.stringify(given)} is no tutorial node`, () => {
    assertEquals(parseTutorialNode(given), undefined);
  });
}

Deno.test("the answer has ids and ports of the kinds that the tutorial node used itself", () => {
  const numbers = { nodeId: 12, nodeIpAddr: "127.0.0.1/8", port: 8002 };
  const answer = tutorialAnswer(numbers, SELF);
  const source = answer["source"] as { nodeId: number; port: number };
  assert(Number.isInteger(source.nodeId) && source.nodeId < 100_000_000);
  assertEquals([source.port, answer["dest"]], [8001, numbers]);
  const texts = { nodeId: "12", nodeIpAddr: "127.0.0.1", port: "8002" };
  assertEquals(tutorialAnswer(texts, SELF)["source"], {
    nodeId: SELF.id,
    nodeIpAddr: "127.0.0.1",
    port: "8001",
  });
});

Deno.test("of one host's guests only the newest are kept, and other hosts' are not touched", () => {
  const guests = new Guests();
  guests.add({ id: "theirs", address: "127.0.0.1:1", host: "other", since: 0 });
  for (let i = 0; i < GUESTS + 5; i++) {
    guests.add({ id: `g${i}`, address: "127.0.0.1:1", host: HOST, since: i });
  }
  const ids = guests.all().map(({ id }) => id);
  assertEquals([ids.length, ids[0], ids[1]], [GUESTS + 1, "theirs", "g5"]);
  guests.forgetHost(HOST);
  assertEquals(guests.all().map(({ id }) => id), ["theirs"]);
});

Deno.test("of all hosts' guests together only the newest are kept", () => {
  const guests = new Guests();
  for (let i = 0; i < GUESTS_KNOWN + 3; i++) {
    guests.add({ id: `g${i}`, address: "127.0.0.1:1", host: `host${i}`, since: i });
  }
  assertEquals([guests.all().length, guests.all()[0]?.id], [GUESTS_KNOWN, "g3"]);
});

Deno.test("a guest that says hello again is listed once", () => {
  const guests = new Guests();
  for (const since of [1, 2]) guests.add({ id: "5", address: "127.0.0.1:1", host: HOST, since });
  assertEquals(guests.all().map(({ since }) => since), [2]);
});

Deno.test("a guest as another member tells of it is read only when it makes sense", () => {
  const good = { id: "5", address: "127.0.0.1:1", host: HOST, since: 7 };
  const isMember = (id: string) => id === HOST;
  assertEquals(parseGuest({ ...good, later: 1 }, isMember), good);
  const bad = [{ id: "" }, { id: 5 }, { address: "x" }, { host: "nobody" }, { since: "now" }, {
    since: Infinity,
  }, { since: 1e16 }];
  for (const change of bad) assertEquals(parseGuest({ ...good, ...change }, isMember), undefined);
  assertEquals(parseGuest(null, isMember), undefined);
});
