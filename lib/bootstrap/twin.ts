import {
  type Address,
  ClusterError,
  formatAddress,
  isId,
  type Message,
  type Millis,
  type NodeId,
  parseAddress,
  type Ports,
} from "../core/mod.ts";
import { TWIN_LOOK_MS, TWIN_MS } from "./limits.ts";
import { dial } from "../transport/mod.ts";
import { askAddress } from "./ask_address.ts";

/** One process that runs as a node. */
export interface OwnLife {
  /** Who it is. */
  readonly id: NodeId;
  /** Of the processes that are or were this node the later has the larger one. */
  readonly life: string;
}

/**
 * Asks an address whether this very node runs there, in another process: from the folder that this
 * one's is a copy of.
 *
 * @returns the life of that process, `"unknown"` for one that does not tell it; `undefined` when it
 * is somebody else, this process itself, or nobody.
 */
export async function findTwin(
  ports: Pick<Ports, "network" | "clock">,
  address: Address,
  own: OwnLife,
  timeoutMs: Millis,
): Promise<string | undefined> {
  const asked = await askAddress(ports, address, { timeoutMs });
  if (!("welcome" in asked)) return undefined;
  const { node, life = "unknown" } = asked.welcome;
  return node.id === own.id && life !== own.life ? life : undefined;
}

/**
 * Looks, from time to time, whether the folder that a node's is a copy of is in use at its former
 * address, and shows itself there: whoever was started there would look for nobody.
 *
 * @param hello what the node says as a member of its cluster.
 * @param signal aborted when the node is a member no more.
 */
export function watchFormer(
  ports: Pick<Ports, "network" | "clock">,
  former: Address,
  own: OwnLife,
  hello: () => Message,
  signal: AbortSignal,
): void {
  const look = async () => {
    const life = await findTwin(ports, former, own, TWIN_MS);
    if (signal.aborted) return;
    timer = ports.clock.setTimer(TWIN_LOOK_MS, () => void look());
    if (life === undefined) return;
    dial(ports, former, hello(), TWIN_MS, {
      opened: (link) => link.close("only said who is here too"),
      failed: () => {},
    });
  };
  let timer = ports.clock.setTimer(TWIN_LOOK_MS, () => void look());
  signal.addEventListener("abort", () => timer.cancel());
}

/**
 * Asks, while a node runs, whether it runs elsewhere too: of two the one that was started later
 * stops.
 */
export class TwinWatch {
  readonly #ports: Ports;
  readonly #own: OwnLife;
  readonly #found: (error: ClusterError) => void;
  #isAsking = false;

  /**
   * Asks nobody before it is told to look.
   *
   * @param found this node was started later than the other, and must stop.
   */
  constructor(ports: Ports, own: OwnLife, found: (error: ClusterError) => void) {
    this.#ports = ports;
    this.#own = own;
    this.#found = found;
  }

  /** Others hear this node at another address than its own: asks there, one address at a time. */
  async look(address: string): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const life = await findTwin(this.#ports, parseAddress(address), this.#own, TWIN_MS);
    this.#isAsking = false;
    const isLater = life !== undefined && (life === "unknown" || life < this.#own.life);
    if (isLater) this.#found(runsElsewhere(address, this.#own.id));
  }
}

/** Whether a refusal is of this very node in another process. */
export function isOfTwin(refusal: ClusterError, own: OwnLife): boolean {
  const life = refusal.details?.["life"];
  return refusal.code === "SELF" && isId(life) && life !== own.life;
}

/** Why a node stops that runs elsewhere too, and what its operator can do. */
export function runsElsewhere(address: Address | string, id: NodeId): ClusterError {
  const where = typeof address === "string" ? address : formatAddress(address);
  return new ClusterError(
    "RUNS_ELSEWHERE",
    `This node runs at ${where} already: its data folder and that node's are copies of one another (node ` +
      `${id}), and a folder is for one node. To move the node, stop the other before this one is started; to ` +
      "have one member more, start this one with another, empty folder",
    { details: { node: id, address: where } },
  );
}
