import {
  type Address,
  ClusterError,
  type Link,
  type LinkFailure,
  type Message,
  type Millis,
  type Ports,
  type Timer,
} from "../core/mod.ts";
import { parseWelcome, type Welcome } from "./handshake.ts";

/** What came of opening a link. Exactly one of the two is called. */
export interface OpenHandler {
  /** Attach a handler at once: messages may follow in the same turn. */
  opened(link: Link, welcome: Welcome): void;
  /** `refusal` is what the other side said, when it said anything. */
  failed(failure: LinkFailure, refusal?: ClusterError): void;
}

/** An attempt to open a link; `cancel` gives up without a call back. */
export interface Opening extends Timer {
  /** What it means that nothing came of it in so many milliseconds. */
  lateness(ms: Millis): LinkFailure;
}

/**
 * Dials, says hello and waits for the welcome.
 *
 * @param timeout for the whole of it.
 */
export function dial(
  ports: Pick<Ports, "network" | "clock">,
  address: Address,
  hello: Message,
  timeout: Millis,
  handler: OpenHandler,
): Opening {
  let isOver = false;
  let isCancelled = false;
  let link: Link | undefined;
  const fail = (failure: LinkFailure) => {
    if (isOver) return;
    isOver = true;
    timer.cancel();
    link?.close(failure.message);
    handler.failed(failure);
  };
  // Whoever refused closes too: it is over when the link is.
  const heedRefusal = (made: Link, refusal: ClusterError) => {
    isOver = true;
    timer.cancel();
    const failure: LinkFailure = { kind: "rejected", message: refusal.message };
    made.attach({
      message: () => {},
      closed: () => isCancelled || handler.failed(failure, refusal),
    });
    made.close(refusal.message);
  };
  const lateness = (ms: Millis): LinkFailure => ({
    kind: "timeout",
    message: link === undefined
      ? `no answer within ${ms} ms`
      : `it took the connection and said nothing for ${ms} ms: it hangs, or is not Muster`,
  });
  const timer = ports.clock.setTimer(timeout, () => {
    dialling.cancel();
    fail(lateness(timeout));
  });
  const dialling = ports.network.dial(address, timeout, {
    connected: (made) => {
      link = made;
      if (isOver) return made.close();
      made.attach({
        closed: (failure) => fail(unwelcome(failure)),
        message: (message) => {
          if (isOver) return;
          let welcome: Welcome;
          try {
            welcome = parseWelcome(message);
          } catch (error) {
            if (!(error instanceof ClusterError)) throw error;
            const isRefusal = message.type === "refuse" || message.type === "error";
            return heedRefusal(made, isRefusal ? error : strangeAnswer(error));
          }
          isOver = true;
          timer.cancel();
          made.batch = welcome.batch;
          handler.opened(made, welcome);
        },
      });
      made.send(hello);
    },
    failed: fail,
  });
  return {
    lateness,
    cancel: () => {
      isOver = true;
      isCancelled = true;
      timer.cancel();
      dialling.cancel();
      link?.close("given up");
    },
  };
}

/**
 * What it means that a link ended before its welcome: whoever speaks our protocol says why it
 * closes.
 */
function unwelcome(failure: LinkFailure): LinkFailure {
  const { kind, foreign } = failure;
  if (foreign !== undefined) {
    return { ...failure, message: `what listens there is not Muster: it speaks ${foreign}` };
  }
  if (kind === "rejected") {
    return { ...failure, message: `what listens there is not Muster: ${failure.message}` };
  }
  if (kind !== "closed" && kind !== "reset") return failure;
  const message = `${failure.message}, without an answer: it ended, or is not Muster`;
  return { ...failure, message };
}

/** JSON with a type, and yet no welcome. */
function strangeAnswer(error: ClusterError): ClusterError {
  return new ClusterError("BAD_MESSAGE", `what listens there is not Muster: ${error.message}`);
}
