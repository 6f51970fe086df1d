import type { Clock, JsonObject } from "../core/mod.ts";
import { LOG_WAITING_CHARACTERS } from "./limits.ts";
import type { MembersView, NodeEvent } from "../node/mod.ts";
import type { Output } from "./context.ts";
import { describeEvent, MemberNames, shortId } from "./event_text.ts";
import {
  jsonLine,
  LineTimes,
  type LostLines,
  type Paint,
  paletteFor,
  sanitize,
} from "./terminal/mod.ts";

/** How a node tells what happens: `--log`. */
export const LOG_MODES = ["pretty", "json", "quiet"] as const;
/** One of the ways in which a node tells what happens. */
export type LogMode = typeof LOG_MODES[number];

/** What is told of a cluster comes after the line that says that the node is in it. */
const AFTER_READY: ReadonlySet<NodeEvent["event"]> = new Set(["member", "master", "voters"]);

/** What the line of a node that is ready tells. */
export interface ReadyNode {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly listening: string;
  membersView(): MembersView;
}

/**
 * What a node prints. The ready line comes once, before all that happens to members; a reader that
 * does not keep up loses lines, as a disk that is full does, and is told how many: the node itself
 * never waits for it.
 */
export class NodeLog {
  readonly #output: Output;
  readonly #mode: LogMode;
  readonly #clock: Clock;
  readonly #paint: Paint;
  readonly #times: LineTimes;
  readonly #names = new MemberNames();
  #isReady = false;
  /** What happened between being a member and the ready line. */
  #early: NodeEvent[] = [];
  /** Lines that nobody read in time, since that was told. */
  #lost: LostLines | undefined;

  constructor(output: Output, mode: LogMode, clock: Clock) {
    this.#output = output;
    this.#mode = mode;
    this.#clock = clock;
    this.#paint = paletteFor(output.isTerminal && mode === "pretty");
    this.#times = new LineTimes(clock, output.isTerminal, this.#paint);
  }

  /** Takes an event of the node. */
  event(event: NodeEvent): void {
    // A node that could not start says so as an error.
    if (event.event === "ready" || (event.event === "stopped" && !this.#isReady)) return;
    if (!this.#isReady && AFTER_READY.has(event.event)) this.#early.push(event);
    else this.#print(event);
  }

  /** The node was told to end before it was a member. */
  gaveUp(reason: string): void {
    this.#print({ event: "stopped", reason: `${reason} while joining` });
  }

  /** The node is a member: `ready NAME ADDRESS …`. */
  ready(node: ReadyNode): void {
    const { id, name, address, listening } = node;
    const { cluster, master, term, members } = node.membersView();
    for (const member of members) this.#names.learn(member);
    const count = members.filter(({ state }) => state === "alive" || state === "suspect").length;
    const role = master === id ? "master" : "member";
    if (this.#mode === "json") {
      const time = this.#time();
      this.#write(
        jsonLine({
          event: "ready",
          time,
          id,
          name,
          address,
          listening,
          cluster,
          master,
          term,
          role,
          members: count,
        }),
      );
    } else {
      const where = `${sanitize(name)} ${sanitize(address)}`;
      // Whoever advertises another address (a proxy's) needs to know where that has to lead.
      const elsewhere = listening === address ? "" : `, listening on ${listening}`;
      this.#write(
        ...(this.#mode === "pretty" ? this.#times.dateLine() : []),
        `ready ${where} ${role} of ${count}, cluster ${shortId(String(cluster))}${elsewhere}`,
      );
    }
    this.#isReady = true;
    for (const event of this.#early.splice(0)) {
      // The ready line counted those who were here: a program wants them all the same.
      const isCounted = event.event === "member" && event.change === "joined";
      if (!isCounted || this.#mode === "json") this.#print(event);
    }
  }

  #print(event: NodeEvent): void {
    if (this.#mode === "quiet") return;
    const data = event as unknown as JsonObject;
    if (this.#mode === "json") {
      const { event: name, ...rest } = data;
      this.#write(jsonLine({ event: name, time: this.#time(), ...rest }));
      return;
    }
    const { text, tone } = describeEvent(data, this.#names);
    this.#write(...this.#times.lines(this.#paint(tone, text)));
  }

  #write(...lines: string[]): void {
    const output = this.#output;
    if (output.isClosed) return;
    if (output.waitingCharacters > LOG_WAITING_CHARACTERS) {
      this.#lost = { lines: (this.#lost?.lines ?? 0) + lines.length, why: "nobody read them" };
      return;
    }
    this.#tellOfLost();
    for (const line of lines) output.log(line);
  }

  #tellOfLost(): void {
    const unwritten = this.#output.takeLost();
    const { lines: unread = 0, why = `they could not be written: ${unwritten?.why}` } =
      this.#lost ?? {};
    this.#lost = undefined;
    const lines = unread + (unwritten?.lines ?? 0);
    if (lines === 0) return;
    const were = lines === 1 ? "line of this log was" : "lines of this log were";
    this.#output.log(
      this.#mode === "json"
        ? jsonLine({ event: "log-lost", time: this.#time(), lines, reason: why })
        : this.#times.lines(`${lines} ${were} lost: ${sanitize(why)}`).join("\n"),
      lines,
    );
  }

  #time(): string {
    return new Date(this.#clock.wallTime()).toISOString();
  }
}
