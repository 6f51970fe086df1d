import { assertEquals } from "@std/assert";
import { LOG_WAITING_CHARACTERS } from "../../lib/cli/limits.ts";
import type { Output } from "../../lib/cli/context.ts";
import type { LostLines } from "../../lib/cli/terminal/text_writer.ts";
import { LOG_MODES, type LogMode, NodeLog } from "../../lib/cli/node_log.ts";
import type { MemberView, NodeEvent } from "../../lib/node/mod.ts";

const CLOCK = {
  now: () => 0,
  wallTime: () => new Date(2026, 0, 2, 3, 4, 5).getTime(),
  setTimer: () => ({ cancel: () => {} }),
};
/** When that is, as a line of a log says it in whatever zone this runs. */
const AT = (() => {
  const minutes = -new Date(2026, 0, 2, 3, 4, 5).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
    .map((part) => String(part).padStart(2, "0"));
  return `2026-01-02T03:04:05${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
})();
const CLUSTER = "01a2059b-5e02-7f88-922f-1b77bd50245d";
const ADA = member("ada", "master");
const GRACE = member("grace", "member");

function member(name: string, role: MemberView["role"]): MemberView {
  return {
    id: `id-of-${name}-which-is-long`,
    name,
    address: `${name}:8001`,
    state: "alive",
    role,
    tags: {},
    services: [],
    since: "2026-01-02T03:04:05.000Z",
  };
}

function nodeOf(...members: MemberView[]) {
  return {
    id: ADA.id,
    name: "ada",
    address: "ada:8001",
    listening: "ada:8001",
    membersView: () => ({ cluster: CLUSTER, master: ADA.id, term: 3, members }),
  };
}

class Paper implements Output {
  readonly lines: string[] = [];
  readonly isTerminal = false;
  readonly isClosed = false;
  readonly closed = Promise.resolve();
  readonly failure = undefined;
  waitingCharacters = 0;
  /** What failed writes have lost. */
  lost: LostLines | undefined;
  out(): void {}
  log(line: string): void {
    this.lines.push(line);
  }
  takeLost(): LostLines | undefined {
    const { lost } = this;
    this.lost = undefined;
    return lost;
  }
  err(): void {}
  flush(): Promise<void> {
    return Promise.resolve();
  }
}

function logOn(mode: LogMode): { paper: Paper; log: NodeLog } {
  const paper = new Paper();
  return { paper, log: new NodeLog(paper, mode, CLOCK) };
}

function suspect(by: string[]): NodeEvent {
  const suspected = { ...GRACE, state: "suspect" as const };
  return { event: "member", change: "suspect", member: suspected, cause: "no answer", by };
}

Deno.test("a node that advertises another address says where it listens", () => {
  const { paper, log } = logOn("pretty");
  log.ready({ ...nodeOf(ADA), listening: "127.0.0.1:9001" });
  assertEquals(paper.lines, [
    "ready ada ada:8001 master of 1, cluster 01a2059b-5e02, listening on 127.0.0.1:9001",
  ]);
  const json = logOn("json");
  json.log.ready({ ...nodeOf(ADA), listening: "127.0.0.1:9001" });
  const { address, listening } = JSON.parse(json.paper.lines[0] as string);
  assertEquals([address, listening], ["ada:8001", "127.0.0.1:9001"]);
});

Deno.test("the ready line comes before what happened to members, and after the attempts to join", () => {
  const { paper, log } = logOn("pretty");
  log.event({ event: "join-attempt", address: "b:1", ok: true, message: "joined through b" });
  log.event({ event: "ready", id: "x", name: "ada", address: "a:1", cluster: "c", founded: false });
  log.event({ event: "member", change: "joined", member: ADA, cause: "it was here", by: [] });
  log.event({ event: "member", change: "updated", member: ADA, cause: "it changed", by: [ADA.id] });
  log.ready(nodeOf(ADA, GRACE, { ...member("eve", "member"), state: "dead" }));
  log.event({ event: "member", change: "joined", member: GRACE, cause: "it came", by: [GRACE.id] });
  log.event(suspect([ADA.id, "unknown-id-of-somebody"]));
  log.event({ event: "master", master: null, name: null, term: 3, reason: "ada is dead" });
  log.event({
    event: "member",
    change: "joined",
    member: GRACE,
    cause: "ada said so",
    by: [ADA.id],
  });
  const voters = { event: "voters" as const, voters: [ADA.id] };
  log.event({ ...voters, names: ["ada", "grace"], notes: [] });
  log.event({ ...voters, names: ["ada"], notes: ["Only ada votes"] });
  log.event({ event: "warning", code: "BAD_MESSAGE", message: "odd\x07 bytes" });
  log.event({ event: "stopped", reason: "done" });
  assertEquals(paper.lines, [
    `${AT} join b:1: joined through b`,
    "ready ada ada:8001 master of 2, cluster 01a2059b-5e02",
    `${AT} ada changed: it changed`,
    `${AT} grace (grace:8001) joined: it came`,
    `${AT} grace is suspect: no answer, by ada, unknown-id-of`,
    `${AT} there is no master: ada is dead`,
    `${AT} grace (grace:8001) joined: ada said so`,
    `${AT} voters: ada, grace`,
    `${AT} Only ada votes`,
    `${AT} warning BAD_MESSAGE: odd\\x07 bytes`,
    `${AT} stopped: done`,
  ]);
});

Deno.test("as JSON those who were here are told of too, after the ready line", () => {
  const { paper, log } = logOn("json");
  log.event({ event: "member", change: "joined", member: GRACE, cause: "it was here", by: [] });
  log.ready(nodeOf(ADA, GRACE));
  assertEquals(paper.lines.map((line) => JSON.parse(line).event), ["ready", "member"]);
});

Deno.test("a node that could not start does not also say that it stopped", () => {
  for (const mode of LOG_MODES) {
    const { paper, log } = logOn(mode);
    log.event({ event: "stopped", reason: "could not start" });
    assertEquals(paper.lines, []);
  }
});

Deno.test("a log that nobody reads loses lines, and says how many", () => {
  const { paper, log } = logOn("pretty");
  log.ready(nodeOf(ADA));
  paper.waitingCharacters = LOG_WAITING_CHARACTERS + 1;
  for (let i = 0; i < 5; i++) log.event(suspect([]));
  assertEquals(paper.lines.length, 1);
  paper.waitingCharacters = 0;
  log.event(suspect([]));
  assertEquals(paper.lines.slice(1), [
    `${AT} 5 lines of this log were lost: nobody read them`,
    `${AT} grace is suspect: no answer`,
  ]);
});

Deno.test("a log that could not be written says how many lines that cost, and why", () => {
  const { paper, log } = logOn("pretty");
  log.ready(nodeOf(ADA));
  paper.lost = { lines: 1, why: "No space left" };
  log.event(suspect([]));
  const json = logOn("json");
  json.paper.lost = { lines: 7, why: "No space left" };
  json.log.ready(nodeOf(ADA));
  assertEquals(paper.lines.slice(1), [
    `${AT} 1 line of this log was lost: they could not be written: No space left`,
    `${AT} grace is suspect: no answer`,
  ]);
  const { event, lines, reason } = JSON.parse(json.paper.lines[0] as string);
  assertEquals([event, lines, reason], [
    "log-lost",
    7,
    "they could not be written: No space left",
  ]);
});
