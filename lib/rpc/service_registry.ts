import {
  ClusterError,
  isNonEmptyString,
  type Json,
  METADATA_BYTES,
  SERVICE_NAME_CHARACTERS,
  SERVICES_PER_NODE,
} from "../core/mod.ts";
import {
  type CallContext,
  type CallFate,
  isClusterService,
  type ServiceHandler,
} from "./call_context.ts";

/** A service of the cluster itself, which every member has without offering it. */
export interface SystemService {
  /** Who may call it: to others it is unknown. */
  readonly from: "member" | "anyone";
  /** Serves one call. */
  readonly serve: ServiceHandler;
}

/** System services by their names. */
export type SystemServices = Readonly<Record<string, SystemService>>;

/** What the registry knows of a part. */
export interface ServiceProvider {
  /** What the part is called. */
  readonly name: string;
  /** The system services that it offers. */
  readonly services?: SystemServices;
}

/** One system service, as it was registered. */
export interface RegisteredService {
  /** What it is called by. */
  readonly service: string;
  /** Who may call it. */
  readonly from: SystemService["from"];
  /** The part that serves it. */
  readonly part: string;
}

/** Who offers services: what a registry needs of its node. */
export interface OfferingNode {
  /** Its name may change while it finds its place. */
  readonly self: { readonly name: string };
}

/** Whether every node has that service, under that name. */
export function isSystemService(service: string): boolean {
  return service === "echo" || service === "info" || isClusterService(service);
}

/** The services that a node has: those that programs offer, and those of its own parts. */
export class ServiceRegistry {
  readonly #node: OfferingNode;
  readonly #tags: Readonly<Record<string, string>>;
  readonly #offered = new Map<string, ServiceHandler>();
  readonly #system = new Map<string, SystemService>();
  readonly #registered: RegisteredService[] = [];
  readonly #listeners: Array<(names: string[]) => void> = [];
  /** What is served: everything; while the node leaves, the cluster's services; then nothing. */
  #open: "all" | "system" | "none" = "all";

  /**
   * Offers nothing yet.
   *
   * @param tags what the node says of itself beside its services: both have one limit.
   */
  constructor(node: OfferingNode, tags: Readonly<Record<string, string>>) {
    this.#node = node;
    this.#tags = tags;
  }

  /** The names of the services that programs offer here. */
  get names(): string[] {
    return this.#open === "all" ? [...this.#offered.keys()] : [];
  }

  /** Whether a program offers that service here, be it withdrawn while the node leaves. */
  has(service: string): boolean {
    return this.#offered.has(service);
  }

  /** Calls back with the names whenever what programs offer here has changed. */
  onChange(listener: (names: string[]) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Gives a part the system services that it declares.
   *
   * @throws {TypeError} when another part has one of them already.
   */
  register(part: ServiceProvider): void {
    for (const [service, declared] of Object.entries(part.services ?? {})) {
      if (this.#system.has(service)) {
        const other = this.#registered.find((each) => each.service === service)?.part;
        throw new TypeError(`Both ${other} and ${part.name} declare the service "${service}"`);
      }
      this.#system.set(service, declared);
      this.#registered.push({ service, from: declared.from, part: part.name });
    }
  }

  /** All system services that are registered, in that order. */
  get registered(): readonly RegisteredService[] {
    return this.#registered;
  }

  /** See `Node.handle`. */
  handle(service: string, handler: ServiceHandler): () => void {
    if (!isNonEmptyString(service, SERVICE_NAME_CHARACTERS) || /[\p{Cc}\s]/u.test(service)) {
      const rule = `1 to ${SERVICE_NAME_CHARACTERS} characters without spaces`;
      throw new TypeError(`Invalid service name "${service}": it is ${rule}`);
    }
    if (isSystemService(service) || this.#offered.has(service)) {
      throw new TypeError(`This node has a service "${service}" already`);
    }
    if (this.#offered.size >= SERVICES_PER_NODE) {
      throw new TypeError(`A node offers at most ${SERVICES_PER_NODE} services`);
    }
    const metadata = JSON.stringify([this.#tags, [...this.#offered.keys(), service]]);
    if (new TextEncoder().encode(metadata).length > METADATA_BYTES) {
      throw new RangeError(
        `No room for a service "${service}": the tags and services of a node are at most ` +
          `${METADATA_BYTES} bytes`,
      );
    }
    this.#offered.set(service, handler);
    this.#changed();
    return () => {
      if (this.#offered.get(service) !== handler) return;
      this.#offered.delete(service);
      this.#changed();
    };
  }

  /** Withdraws what programs offer: only what the cluster needs of a member is served on. */
  withdraw(): void {
    const hasOffered = this.names.length > 0;
    this.#open = "system";
    if (hasOffered) this.#changed();
  }

  /** Offers again what was withdrawn. */
  offerAgain(): void {
    this.#open = "all";
    if (this.names.length > 0) this.#changed();
  }

  /** Refuses every call of others from now on. */
  close(): void {
    this.#open = "none";
  }

  /**
   * Checks that others may still call a service, wherever it runs.
   *
   * @throws {ClusterError} `SHUTTING_DOWN` while the node leaves.
   */
  checkOpen(service: string): void {
    if (this.#open === "all" || (this.#open === "system" && isClusterService(service))) return;
    throw new ClusterError("SHUTTING_DOWN", `${this.#node.self.name} is leaving the cluster`);
  }

  /**
   * Checks that clients may call a service, wherever it runs.
   *
   * @throws {ClusterError} `UNKNOWN_SERVICE` for what is between members.
   */
  checkClient(service: string): void {
    if (!isClusterService(service) || this.#system.get(service)?.from === "anyone") return;
    throw new ClusterError("UNKNOWN_SERVICE", `"${service}" is for members among themselves`);
  }

  /**
   * Serves a call here.
   *
   * @param fate told when the handler begins.
   * @throws {ClusterError} `UNKNOWN_SERVICE`, or what the handler throws.
   */
  serve(body: Json, context: CallContext, fate?: CallFate): ReturnType<ServiceHandler> {
    const { service } = context;
    const handler = this.#offered.get(service) ?? this.#system.get(service)?.serve;
    if (handler === undefined) {
      throw new ClusterError(
        "UNKNOWN_SERVICE",
        `${this.#node.self.name} offers no service "${service}"`,
      );
    }
    if (fate !== undefined) fate.isUnstarted = false;
    return handler(body, context);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener(this.names);
  }
}
