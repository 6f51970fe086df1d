import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClusterError,
  type DialHandler,
  type LinkFailure,
  LINKS_TO_ALL,
  type Ports,
  RETURN_DIAL_MS,
  STRANGER_REDIAL_MS,
} from "../../lib/core/mod.ts";
import {
  Connection,
  type Connections,
  LocalIdentity,
  OwnAddress,
  PeerPool,
  RateLimitedWarnings,
} from "../../lib/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeLink } from "../support/fake_link.ts";

const AT_ONE = { addressOf: () => "127.0.0.1:1", hasLeftInOrder: () => false };

/** The links of a node of that cluster to its members. */
function pool(
  ports: Ports,
  cluster?: string,
  connections: Pick<Connections, "establish"> = {} as Connections,
): PeerPool {
  const place = new OwnAddress(ports.network, {
    host: "127.0.0.1",
    port: 2,
    advertise: undefined,
  });
  const local = new LocalIdentity(idOf(0), idOf(0), place, "self");
  local.cluster = cluster;
  const warnings = new RateLimitedWarnings(ports.clock, { emit: () => {} });
  return new PeerPool(ports, local, connections as Connections, warnings);
}

/** What a part has under way on a connection. */
class Work {
  owed = 0;
}

/** The links of a node to members that all let it in; each by its number. */
class ManyPeers {
  readonly links: PeerPool;
  readonly sessions: Connection[] = [];
  /** Who is dialled next: it is who answers. */
  #dialled = 0;

  constructor() {
    const network = {
      listen: () => {
        throw new TypeError("Nobody dials this node");
      },
      dial: (_address: unknown, _timeout: number, handler: DialHandler) => {
        const link = new FakeLink();
        handler.connected(link);
        const node = { id: idOf(this.#dialled), name: "peer", address: "127.0.0.1:1" };
        link.receive({ type: "welcome", protocol: 1, node });
        return { cancel: () => {} };
      },
    };
    this.links = pool({ network, clock: new ManualClock() } as unknown as Ports, undefined, {
      establish: (link, peer) => this.#sessionOf(link, peer),
    });
    this.links.addressBook = AT_ONE;
  }

  control(number: number): void {
    this.#dialled = number;
    this.links.connect(idOf(number), "127.0.0.1:1");
  }

  async data(number: number): Promise<Connection> {
    this.#dialled = number;
    return await this.links.openData(idOf(number));
  }

  #sessionOf(link: Connection["link"], peer: Connection["peer"]): Connection {
    const connection = new Connection(link, peer, {
      message: () => {},
      closed: (ended, failure) => this.links.disconnected(ended, failure),
    });
    this.sessions.push(connection);
    return connection;
  }
}

function idOf(number: number): string {
  return `01939fd0-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

for (const answer of ["refuse", "welcome"] as const) {
  Deno.test(`an address where another cluster answered is dialled seldom: ${answer}`, async () => {
    const clock = new ManualClock();
    const [strange, kinds] = [[] as unknown[], [] as string[]];
    let dials = 0;
    const network = {
      dial: (_address: unknown, _timeout: number, handler: DialHandler) => {
        dials++;
        const link = new FakeLink();
        handler.connected(link);
        const node = { id: idOf(9), name: "peer", address: "127.0.0.1:1" };
        const details = { node: node.id, cluster: idOf(8) };
        link.receive(
          answer === "welcome"
            ? { type: "welcome", protocol: 1, cluster: idOf(8), node }
            : { type: "refuse", code: "OTHER_CLUSTER", message: "another", details },
        );
        return { cancel: () => {} };
      },
    };
    const links = pool({ network, clock } as unknown as Ports, idOf(7));
    links.onUnreachable.subscribe((_, kind) => kinds.push(kind));
    links.onStranger.subscribe((...met) => strange.push(met));
    for (let at = 0; at < 5; at++) links.send(idOf(1), "127.0.0.1:1", { type: "gossip" });
    await assertRejects(() => links.openData(idOf(1)), ClusterError, "No member");
    links.addressBook = AT_ONE;
    await assertRejects(() => links.openData(idOf(1)), ClusterError, "another");
    assertEquals(dials, 1);
    assertEquals(strange, [[idOf(1), "127.0.0.1:1", idOf(8)]]);
    assertEquals([...new Set(kinds)], ["other-cluster"]);
    // It has moved: the note is of the address.
    links.send(idOf(1), "127.0.0.1:2", { type: "gossip" });
    assertEquals(dials, 2);
    clock.advance(STRANGER_REDIAL_MS);
    links.send(idOf(1), "127.0.0.1:2", { type: "gossip" });
    assertEquals(dials, 3);
  });
}

/** Looks for one that is gone, at an address where each dial ends in a given way. */
class Looks {
  readonly clock = new ManualClock();
  readonly kinds: string[] = [];
  dials = 0;
  /** How the next dials end. */
  end: LinkFailure;
  readonly #pool: PeerPool;

  constructor(end: LinkFailure) {
    this.end = end;
    const network = {
      dial: (_address: unknown, _timeout: number, handler: DialHandler) => {
        this.dials++;
        if (this.end.kind === "refused") handler.failed(this.end);
        else {
          const link = new FakeLink();
          handler.connected(link);
          link.end(this.end);
        }
        return { cancel: () => {} };
      },
    };
    this.#pool = pool({ network, clock: this.clock } as unknown as Ports);
    this.#pool.onUnreachable.subscribe((_, kind) => this.kinds.push(kind));
  }

  /** @returns how often the address was dialled. */
  run(forMs: number, everyMs = RETURN_DIAL_MS): number {
    const before = this.dials;
    for (let ms = 0; ms < forMs; ms += everyMs) {
      // Several members were at that address, one after another.
      const node = idOf(ms / everyMs % 3);
      this.#pool.send(node, "127.0.0.1:1", { type: "probe" }, true);
      this.clock.advance(this.clock.time + everyMs);
    }
    return this.dials - before;
  }
}

const STRANGE: [what: string, end: LinkFailure, kind: string][] = [
  [
    "another kind of server",
    { kind: "rejected", message: "A frame of 1213486160 bytes", foreign: "HTTP" },
    "not-muster",
  ],
  [
    "who takes connections and ends them at once",
    { kind: "closed", message: "the other side closed the connection" },
    "unreachable",
  ],
  ["who resets connections", { kind: "reset", message: "connection reset" }, "unreachable"],
];

for (const [what, end, kind] of STRANGE) {
  Deno.test(`${what} is dialled ever more seldom, and when it is gone as often as ever`, () => {
    const looks = new Looks(end);
    assert(looks.run(10_000) <= 7, `${looks.dials}`);
    assertEquals(new Set(looks.kinds), new Set([kind]));
    looks.run(60_000);
    assertEquals(looks.run(10 * STRANGER_REDIAL_MS), 10);
    looks.end = { kind: "refused", message: "nothing listens there" };
    looks.run(STRANGER_REDIAL_MS);
    assertEquals(looks.run(10_000), 10_000 / RETURN_DIAL_MS);
  });

  Deno.test(`${what} is dialled ever more seldom also by who looks now and then`, () => {
    const looks = new Looks(end);
    looks.run(120_000, 2_000);
    assertEquals(looks.run(10 * STRANGER_REDIAL_MS, 2_000), 10);
  });

  Deno.test(`${what}, if only for a second, is soon known to be gone`, () => {
    const looks = new Looks(end);
    looks.run(1_000);
    looks.end = { kind: "refused", message: "nothing listens there" };
    looks.run(1_000);
    assertEquals(looks.run(1_000), 1_000 / RETURN_DIAL_MS);
  });
}

Deno.test("a look for one that is gone is never held up by what else is sent to it", () => {
  const clock = new ManualClock();
  let dials = 0;
  const network = {
    dial: (_address: unknown, _timeout: number, handler: DialHandler) => {
      dials++;
      handler.failed({ kind: "refused", message: "nothing listens there" });
      return { cancel: () => {} };
    },
  };
  const links = pool({ network, clock } as unknown as Ports);
  let held = 0;
  for (let at = 0; at < 5_000; at += 50) {
    links.send(idOf(1), "127.0.0.1:1", { type: "append" });
    if (at % RETURN_DIAL_MS > 0) continue;
    const before = dials;
    links.send(idOf(1), "127.0.0.1:1", { type: "probe" }, true);
    if (dials === before) held++;
  }
  assertEquals(held, 0);
});

Deno.test("past so many members the links that rest longest are closed, those for calls too", async () => {
  const peers = new ManyPeers();
  for (let number = 1; number <= LINKS_TO_ALL + 40; number++) {
    await peers.data(number);
    peers.control(number);
  }
  const open = peers.sessions.filter(({ isOver }) => !isOver);
  assertEquals(peers.links.connected, LINKS_TO_ALL);
  assertEquals(open.length, 2 * LINKS_TO_ALL);
  // The oldest went, the newest are there.
  assertEquals(peers.links.data(idOf(1)), undefined);
  assertEquals(peers.links.data(idOf(LINKS_TO_ALL + 40))?.isOver, false);
});

Deno.test("data links alone are bounded in the same way, and one with a call under way stays", async () => {
  const peers = new ManyPeers();
  const busy = await peers.data(1);
  busy.slot(Work).owed = 1;
  for (let number = 2; number <= 3 * LINKS_TO_ALL; number++) await peers.data(number);
  const open = peers.sessions.filter(({ isOver }) => !isOver);
  assertEquals([open.length, open.includes(busy)], [LINKS_TO_ALL, true]);
});
