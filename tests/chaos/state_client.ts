import type { Json, JsonObject, Millis } from "../../lib/core/mod.ts";
import { type Client, KEY_VALUE_SERVICE } from "../../lib/node/mod.ts";
import type { Command, Outcome } from "../../lib/state/store/mod.ts";

/** Longer than a member tries to find a master, so that its own answer comes first. */
const CALL_MS = 5_000;

/** Uses the shared state through the one member that a client is connected to. */
export class StateClient {
  readonly client: Client;
  readonly #callMs: Millis;

  constructor(client: Client, callMs: Millis = CALL_MS) {
    this.client = client;
    this.#callMs = callMs;
  }

  /** Reads a key: `null` when it is absent. */
  async get(key: string, { stale = false }: { stale?: boolean } = {}): Promise<Json> {
    const outcome = await this.#ask({ op: "get", key, ...(stale ? { stale } : {}) });
    return (outcome["entry"] as { value: Json } | null)?.value ?? null;
  }

  /** Writes a key; resolves to the revision of the write. */
  async put(key: string, value: Json): Promise<number> {
    return (await this.#apply({ type: "put", key, value })).revision;
  }

  /** Writes a key if `expected` stands there (`null`: nothing); resolves to whether it did. */
  async cas(key: string, expected: Json, value: Json): Promise<boolean> {
    const expect = expected === null ? { absent: true } as const : { value: expected };
    return (await this.#apply({ type: "cas", key, expect, value })).result["succeeded"] === true;
  }

  /** Deletes a key; resolves to whether there was one. */
  async delete(key: string): Promise<boolean> {
    return (await this.#apply({ type: "delete", key })).result["deleted"] === 1;
  }

  async #ask(body: JsonObject): Promise<JsonObject> {
    return (await this.#outcome(body)).result;
  }

  #apply(command: Command): Promise<{ revision: number; result: JsonObject }> {
    return this.#outcome({ op: "apply", command: command as unknown as Json });
  }

  async #outcome(body: JsonObject): Promise<{ revision: number; result: JsonObject }> {
    const reply = await this.client.call({
      service: KEY_VALUE_SERVICE,
      node: this.client.node.id,
      body: body as Json,
      timeoutMs: this.#callMs,
    });
    const outcome = reply as unknown as Outcome;
    if (!outcome.ok) throw new StateFailure(outcome.error.code, outcome.error.message);
    return { revision: outcome.revision, result: outcome.result as unknown as JsonObject };
  }
}

/** The state itself refused: nothing was changed. */
export class StateFailure extends Error {
  override readonly name = "StateFailure";
  /** The stable code of the refusal. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
