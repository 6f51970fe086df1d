import {
  type Address,
  type Json,
  type Millis,
  type Ports,
  type Random,
  randomBelow,
  randomBetween,
  sample,
} from "../../lib/core/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import { StateClient, StateFailure } from "./state_client.ts";

/** Milliseconds for connecting, and before it is tried again elsewhere. */
const CONNECT_MS = 1_000;
const RECONNECT_MS = 50;
/** The chance that a client goes on through another member though nothing failed. */
const MOVE_CHANCE = 0.03;

/** One operation as the history file has it: a line of JSON, which `checker.ts` reads. */
export interface HistoryLine {
  client: string;
  op: "get" | "put" | "cas" | "delete";
  key: string;
  value: Json;
  expected?: Json;
  succeeded?: boolean;
  /** `true`: done. `false`: certainly not. `null`: nobody knows. */
  ok: boolean | null;
  start: number;
  end: number;
  /** Why it is not known, for people. */
  error?: string;
}

/** What a client does, and with what. */
export interface WorkloadOptions {
  /** Its name in the history. */
  name: string;
  ports: Pick<Ports, "clock" | "network">;
  random: Random;
  keys: readonly string[];
  /** The members that it may talk to, at that moment. */
  addresses(): readonly Address[];
  /** The clock that all clients of a history share. */
  now(): Millis;
  record(line: HistoryLine): void;
  /** Whether it is to stop. */
  isOver(): boolean;
  /** Milliseconds between two operations: from, to. */
  pauseMs: readonly [Millis, Millis];
}

/** A client that reads and writes a few keys, one operation after another, and records each. */
export class Workload {
  readonly #options: WorkloadOptions;
  /** What it last saw of each key: a likely expectation of a compare-and-set. */
  readonly #seen = new Map<string, Json>();
  #state: StateClient | undefined;
  #operations = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Works until it is over. */
  async run(): Promise<void> {
    const { isOver, random, pauseMs } = this.#options;
    while (!isOver()) {
      const state = this.#state ?? await this.#connect();
      if (state === undefined) {
        await this.#pause(RECONNECT_MS);
        continue;
      }
      await this.#operate(state);
      if (random.next() < MOVE_CHANCE) this.#disconnect();
      await this.#pause(randomBetween(random, ...pauseMs));
    }
    this.#disconnect();
  }

  async #operate(state: StateClient): Promise<void> {
    const { name, keys, now, record } = this.#options;
    const line = this.#choose(name, sample(this.#options.random, keys, 1)[0] as string, now());
    try {
      await this.#perform(state, line);
      record({ ...line, ok: true, end: now() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const isRefused = error instanceof StateFailure && CERTAIN.has(error.code);
      record({ ...line, ok: isRefused ? false : null, end: now(), error: why });
      // It goes on elsewhere: whatever failed may well go on failing here.
      this.#disconnect();
    }
  }

  #choose(client: string, key: string, start: number): HistoryLine {
    const { random } = this.#options;
    const value = `${client}-${++this.#operations}`;
    const line = { client, key, start, end: start, ok: null };
    const dice = randomBelow(random, 100);
    if (dice < 40) return { ...line, op: "get", value: null };
    if (dice < 70) return { ...line, op: "put", value };
    if (dice < 95) return { ...line, op: "cas", value, expected: this.#seen.get(key) ?? null };
    return { ...line, op: "delete", value: null };
  }

  async #perform(state: StateClient, line: HistoryLine): Promise<void> {
    const { key, value, expected = null } = line;
    switch (line.op) {
      case "get":
        line.value = await state.get(key);
        this.#seen.set(key, line.value);
        return;
      case "put":
        await state.put(key, value);
        this.#seen.set(key, value);
        return;
      case "cas":
        line.succeeded = await state.cas(key, expected, value);
        if (line.succeeded) this.#seen.set(key, value);
        return;
      case "delete":
        line.succeeded = await state.delete(key);
        this.#seen.set(key, null);
    }
  }

  async #connect(): Promise<StateClient | undefined> {
    const { ports, addresses, random } = this.#options;
    const chosen = sample(random, addresses(), 1);
    try {
      this.#state = new StateClient(await Client.connect(ports, chosen, CONNECT_MS));
    } catch {
      this.#state = undefined;
    }
    return this.#state;
  }

  #disconnect(): void {
    const state = this.#state;
    this.#state = undefined;
    // The member may be stopped: its end of the link is nobody's concern.
    if (state !== undefined) void state.client.close();
  }

  #pause(ms: Millis): Promise<void> {
    return new Promise((resolve) => void this.#options.ports.clock.setTimer(ms, resolve));
  }
}

/** Refusals of the state after which a command certainly was not, and will not be, applied. */
const CERTAIN: ReadonlySet<string> = new Set(["BAD_REQUEST", "TOO_LARGE", "NO_SPACE"]);
