import {
  type Address,
  type ClusterError,
  DIAL_STAGGER_MS,
  type Link,
  type LinkFailure,
  type Message,
  type Millis,
  type Ports,
  type Timer,
} from "../core/mod.ts";
import type { Welcome } from "./handshake.ts";
import { dial, type Opening } from "./dial.ts";

/** What came of one address. */
export interface FailedDial {
  /** Which address. */
  readonly address: Address;
  /** What came of it. */
  readonly failure: LinkFailure;
  /** What the other side said, when it said anything. */
  readonly refusal: ClusterError | undefined;
}

/** How long to try. */
export interface DialLimits {
  /** For each address. */
  readonly eachMs: Millis;
  /** For all of them together. */
  readonly withinMs?: Millis | undefined;
  /** Gives it up: every address fails that has not yet. */
  readonly signal?: AbortSignal | undefined;
  /** Why a node that welcomes us will not do: its address has failed then. */
  readonly objection?: ((welcome: Welcome) => ClusterError | undefined) | undefined;
}

/** What came of dialling several addresses. Exactly one of the two is called. */
export interface FirstLinkHandler {
  /** Attach a handler at once: messages may follow in the same turn. */
  opened(link: Link, welcome: Welcome): void;
  /** None of them welcomed us; in the order of the addresses. */
  failed(tried: readonly FailedDial[]): void;
}

/**
 * Opens a link to the first of several addresses that welcomes us. They are tried in order and
 * overlapping (RFC 8305, 5): the next one 250 ms after the last, or at once when that fails; the
 * first welcome wins, and the others are given up.
 */
export function openFirstLink(
  ports: Pick<Ports, "network" | "clock">,
  addresses: readonly Address[],
  hello: Message,
  limits: DialLimits,
  handler: FirstLinkHandler,
): void {
  const { clock } = ports;
  const failed = new Map<number, FailedDial>();
  const underWay = new Map<number, { opening: Opening; since: Millis }>();
  let begun = 0;
  let isOver = false;
  let stagger: Timer | undefined;
  const finish = () => {
    isOver = true;
    stagger?.cancel();
    ending?.cancel();
    limits.signal?.removeEventListener("abort", abandon);
    for (const { opening } of underWay.values()) opening.cancel();
  };
  const fail = () => {
    finish();
    handler.failed(addresses.map((_, at) => failed.get(at) as FailedDial));
  };
  /** Every address that has not failed yet fails so. */
  const giveUp = (failureOf: (at: number) => LinkFailure) => {
    if (isOver) return;
    addresses.forEach((address, at) => {
      if (failed.has(at)) return;
      failed.set(at, { address, failure: failureOf(at), refusal: undefined });
    });
    fail();
  };
  const abandon = () => giveUp(() => ({ kind: "local", message: "given up" }));
  /** Who took the connection and is silent is not as who cannot be reached. */
  const latenessOf = (at: number, withinMs: Millis): LinkFailure => {
    const { opening, since } = underWay.get(at) ?? {};
    return opening === undefined || since === undefined
      ? { kind: "timeout", message: `not tried within ${withinMs} ms` }
      : opening.lateness(Math.round(clock.now() - since));
  };
  const next = () => {
    stagger?.cancel();
    const at = begun++;
    const address = addresses[at];
    if (address === undefined) {
      if (failed.size === addresses.length) fail();
      return;
    }
    const since = clock.now();
    const opening = dial(ports, address, hello, limits.eachMs, {
      opened: (link, welcome) => {
        underWay.delete(at);
        const refusal = limits.objection?.(welcome);
        if (refusal !== undefined) {
          link.attach({ message: () => {}, closed: () => {} });
          link.close(refusal.message);
          failed.set(at, {
            address,
            failure: { kind: "rejected", message: refusal.message },
            refusal,
          });
          return next();
        }
        finish();
        handler.opened(link, welcome);
      },
      failed: (failure, refusal) => {
        underWay.delete(at);
        if (isOver) return;
        failed.set(at, { address, failure, refusal });
        next();
      },
    });
    if (isOver || failed.has(at)) return;
    underWay.set(at, { opening, since });
    if (begun < addresses.length) stagger = clock.setTimer(DIAL_STAGGER_MS, next);
  };
  const { withinMs, signal } = limits;
  const ending = withinMs === undefined ? undefined : clock.setTimer(
    withinMs,
    () => giveUp((at) => latenessOf(at, withinMs)),
  );
  if (signal?.aborted === true) return void queueMicrotask(abandon);
  signal?.addEventListener("abort", abandon);
  next();
}
