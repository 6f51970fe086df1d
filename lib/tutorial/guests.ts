import {
  GUESTS,
  GUESTS_KNOWN,
  isAddress,
  isInteger,
  isJsonObject,
  isNonEmptyString,
  type Message,
  type NodeId,
} from "../core/mod.ts";

/** The latest moment that a date can show, in milliseconds since 1970. */
const LAST_MOMENT_MS = 8.64e15;

/** A program of the tutorial's kind that said hello: listed, neither probed nor a voter. */
export interface Guest {
  /** Its own id as text: the tutorial draws a number. */
  id: string;
  /** As `host:port`. */
  address: string;
  /** The member that it said hello to; it is forgotten with that member. */
  host: NodeId;
  /** When it said hello, in milliseconds since 1970. */
  since: number;
}

/** The guests that a node knows of, its own and other members'. */
export class Guests {
  readonly #guests = new Map<string, Guest>();

  /** All, the latest last. */
  all(): Guest[] {
    return [...this.#guests.values()];
  }

  /**
   * Remembers a guest, in the place of the oldest of the same host, or of all, where those are too
   * many.
   */
  add(guest: Guest): void {
    this.#guests.delete(guest.id);
    const ofHost = this.all().filter((each) => each.host === guest.host);
    if (ofHost.length >= GUESTS) this.#guests.delete((ofHost[0] as Guest).id);
    const [oldest] = this.#guests.keys();
    if (this.#guests.size >= GUESTS_KNOWN) this.#guests.delete(oldest as string);
    this.#guests.set(guest.id, guest);
  }

  /** Forgets the guests of a member that is gone. */
  forgetHost(host: NodeId): void {
    for (const guest of this.all()) if (guest.host === host) this.#guests.delete(guest.id);
  }
}

/** Reads a guest as another member tells of it; `undefined` when it is malformed. */
export function parseGuest(value: unknown, isMember: (id: NodeId) => boolean): Guest | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, address, host, since } = value;
  if (!isNonEmptyString(id, 64) || !isAddress(address)) return undefined;
  if (!isInteger(since, 0, LAST_MOMENT_MS)) return undefined;
  if (typeof host !== "string" || !isMember(host)) return undefined;
  return { id, address, host, since };
}

/**
 * The tutorial's description of a node. Its ids were numbers and its ports texts; both kinds are
 * taken.
 */
interface TutorialNode {
  nodeId: string | number;
  nodeIpAddr: string;
  port: string | number;
}

/** Reads who sends a tutorial join; `undefined` when it is malformed. */
export function parseTutorialNode(value: unknown): TutorialNode | undefined {
  if (!isJsonObject(value)) return undefined;
  const { nodeId, nodeIpAddr, port } = value;
  const isId = isNonEmptyString(nodeId, 64) || Number.isSafeInteger(nodeId);
  if (!isId || (typeof port !== "string" && typeof port !== "number")) return undefined;
  if (typeof nodeIpAddr !== "string") return undefined;
  const node = { nodeId: nodeId as string | number, nodeIpAddr, port };
  return isAddress(tutorialAddress(node)) ? node : undefined;
}

/** The `host:port` of a tutorial node. */
export function tutorialAddress(node: TutorialNode): string {
  // It took its address from its network interface, whose text ends with the size of the network.
  const ip = node.nodeIpAddr.replace(/\/\d{1,3}$/, "");
  const host = ip.includes(":") ? `[${ip}]` : ip;
  return `${host}:${node.port}`;
}

/**
 * Answers a tutorial join in its own shape, with ids and ports of the kinds that it used itself: a
 * program in a typed language reads the answer with the type that it sent.
 */
export function tutorialAnswer(
  asked: TutorialNode,
  self: { id: NodeId; host: string; port: number },
): Omit<Message, "type"> {
  return {
    source: {
      nodeId: typeof asked.nodeId === "number" ? numberOf(self.id) : self.id,
      nodeIpAddr: self.host,
      port: typeof asked.port === "number" ? self.port : String(self.port),
    },
    dest: asked,
    message: "Welcome to the cluster: you are listed as a guest",
  };
}

/** A number for an id, below the tutorial's own bound of 100 million: its last random bits. */
function numberOf(id: NodeId): number {
  return Number.parseInt(id.replaceAll("-", "").slice(-12), 16) % 100_000_000;
}
