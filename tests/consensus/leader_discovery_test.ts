import { assertEquals } from "@std/assert";
import { type Ports, SeededRandom } from "../../lib/core/mod.ts";
import type { Member } from "../../lib/membership/swim/mod.ts";
import {
  LeaderDiscovery,
  type LeaderDiscoveryOwner,
} from "../../lib/consensus/leader_discovery.ts";
import { ManualClock } from "../support/manual_clock.ts";

function member(id: string, changes: Partial<Member> = {}): Member {
  return { id, name: id, state: "alive", isSelf: id === "n1", ...changes } as Member;
}

/** A node that asks: what it knows may be changed, and whom it asked when is kept. */
class Asker implements LeaderDiscoveryOwner {
  readonly id = "n1";
  readonly clock = new ManualClock();
  readonly ports = { clock: this.clock, random: new SeededRandom(1) } as unknown as Ports;
  master: string | undefined;
  voters: string[] = ["n2", "n3", "n4"];
  isPart = false;
  all: Member[] = ["n1", "n2", "n3", "n4"].map((id) => member(id));
  asked: [who: string, at: number][] = [];

  members(): readonly Member[] {
    return this.all;
  }

  ask(who: string): void {
    this.asked.push([who, this.clock.time]);
  }

  /** Lets the time pass in steps of a tenth of a second. */
  wait(ms: number): [who: string, at: number][] {
    const end = this.clock.time + ms;
    while (this.clock.time < end) this.clock.advance(this.clock.time + 100);
    return this.asked.splice(0);
  }
}

Deno.test("who knows no master asks somebody alive each second, and never itself", () => {
  const asker = new Asker();
  asker.all = [...asker.all, member("n8", { state: "dead" }), member("n9", { state: "suspect" })];
  const inquiry = new LeaderDiscovery(asker);
  inquiry.start();
  const asked = asker.wait(60_000);
  assertEquals(asked.map(([, at]) => at), Array.from({ length: 60 }, (_, at) => (at + 1) * 1_000));
  assertEquals([...new Set(asked.map(([who]) => who))].toSorted(), ["n2", "n3", "n4"]);
  asker.all = [member("n1")];
  assertEquals(asker.wait(5_000), []);
  inquiry.stop();
  assertEquals(asker.clock.due, []);
});

Deno.test("who knows the master asks it every five seconds, in large clusters more seldom", () => {
  const asker = new Asker();
  asker.master = "n2";
  const inquiry = new LeaderDiscovery(asker);
  inquiry.start();
  assertEquals(asker.wait(12_000), [["n2", 1_000], ["n2", 6_000], ["n2", 11_000]]);
  asker.all = Array.from({ length: 200 }, (_, at) => member(`n${at + 1}`));
  // 50 ms for each of two hundred.
  assertEquals(asker.wait(25_000).map(([, at]) => at), [16_000, 26_000, 36_000]);
  // Consensus says who leads, but nothing of copies.
  asker.isPart = true;
  assertEquals(asker.wait(20_000).map(([, at]) => at), [46_000, 56_000]);
  asker.master = "n1";
  assertEquals(asker.wait(30_000), [], "the master itself asks nobody");
  inquiry.stop();
});

Deno.test("a master that denies it is asked who leads, a silent one's voters are, ten times a second at most", () => {
  const asker = new Asker();
  asker.master = "n2";
  const inquiry = new LeaderDiscovery(asker);
  asker.clock.time = 500;
  inquiry.reportFailure("n2", true);
  inquiry.reportFailure("n2", true);
  assertEquals(asker.asked.splice(0), [["n2", 500]]);
  asker.clock.time = 599;
  inquiry.reportFailure("n2", false);
  assertEquals(asker.asked, []);
  const asked = new Set<string>();
  for (let time = 600; time < 3_000; time += 100) {
    asker.clock.time = time;
    inquiry.reportFailure("n2", false);
    for (const [who] of asker.asked.splice(0)) asked.add(who);
  }
  assertEquals([...asked].toSorted(), ["n3", "n4"]);
  // Of no other voter, and by one that consensus tells, nobody is asked.
  asker.clock.time = 4_000;
  asker.voters = ["n1", "n2"];
  inquiry.reportFailure("n2", false);
  asker.clock.time = 5_000;
  asker.isPart = true;
  inquiry.reportFailure("n2", true);
  assertEquals(asker.asked, []);
});
