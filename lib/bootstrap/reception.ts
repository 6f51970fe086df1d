import {
  ClusterError,
  formatAddress,
  type Link,
  type LinkFailure,
  type NodeId,
} from "../core/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { Connection, Gatekeeper, Hello, RateLimitedWarnings } from "../transport/mod.ts";
import type { Bootstrap } from "./bootstrap.ts";
import type { OtherClusters } from "./other_clusters.ts";

/**
 * Who may come in while the node joins, is a member and leaves; and what is said of those who may
 * not.
 */
export class Reception implements Gatekeeper {
  /** What it is called. */
  readonly name = "reception";
  readonly #context: NodeContext;
  readonly #founds: boolean;
  readonly #membership: MembershipService;
  readonly #bootstrap: Bootstrap;
  readonly #others: OtherClusters;
  readonly #warnings: RateLimitedWarnings;

  /**
   * Lets nobody in before it is made the gatekeeper.
   *
   * @param founds whether the node founds a cluster when nobody lets it in: those that it refuses
   * until then hear so.
   */
  constructor(
    context: NodeContext,
    founds: boolean,
    membership: MembershipService,
    bootstrap: Bootstrap,
    others: OtherClusters,
    warnings: RateLimitedWarnings,
  ) {
    this.#context = context;
    this.#founds = founds;
    this.#membership = membership;
    this.#bootstrap = bootstrap;
    this.#others = others;
    this.#warnings = warnings;
  }

  /** Whether an operator removed that node. */
  isRemoved(node: NodeId): boolean {
    return this.#membership.member(node)?.removed === true;
  }

  /**
   * Checks that members may come in now.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` while this node joins, which keeps in mind who dialled
   * it, or `SHUTTING_DOWN` once it has left.
   */
  checkOpen(hello: Hello): void {
    const { phase, self, isClosing } = this.#context;
    if (phase === "joining") {
      this.#bootstrap.callers.receive(hello);
      const reason = `${self.name} is still joining a cluster itself`;
      throw new ClusterError("NOT_A_MEMBER", reason, { details: { founds: this.#founds } });
    }
    // While it still drains it is a member, which the others may need.
    if (isClosing) {
      throw new ClusterError("SHUTTING_DOWN", `${self.name} is leaving the cluster`);
    }
  }

  /** Somebody was sent away, with its hello if that was understood. */
  rejected(link: Link, { code, message }: ClusterError, hello: Hello | undefined): void {
    const { phase } = this.#context;
    if (code === "SELF") this.#bootstrap.metItself(hello);
    if (code === "SELF" || phase === "stopped") return;
    // Of who was taken note of there is nothing to complain: this node may join through it.
    if (phase === "joining" && hello?.cluster !== undefined) return;
    if (code === "OTHER_CLUSTER" && hello?.role === "member") return this.#others.dialled(hello);
    this.#warnings.warn(code, `Turned ${formatAddress(link.remote)} away: ${message}`);
  }

  /** A connection is over: people hear of the one that broke the protocol. */
  disconnected(connection: Connection, failure: LinkFailure): void {
    if (failure.kind !== "rejected") return;
    const who = formatAddress(connection.link.remote);
    this.#warnings.warn("BAD_MESSAGE", `Closed the link to ${who}: ${failure.message}`);
  }
}
