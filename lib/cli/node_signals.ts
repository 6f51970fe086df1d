import type { CommandContext } from "./context.ts";

/** What signals do to a node. */
export interface NodeSignalsOwner {
  /** The first signal to end: the node is to leave. */
  leave(reason: string): void;
  /** A second one: whoever sends it does not want to wait. */
  end(): void;
  /** A terminal was closed that is none of this node's. */
  goOn(message: string): void;
}

/**
 * Listens for what a node is told by signals; the returned function stops listening.
 *
 * SIGHUP says that the terminal is closed: a node that was started on one leaves in order. Any
 * other was meant to outlive its terminal (`nohup`, a service manager), and goes on.
 */
export function listenForNode(context: CommandContext, owner: NodeSignalsOwner): () => void {
  // Asked for now: a terminal that was closed is none any more.
  const isOnTerminal = context.isOnTerminal ?? context.output.isTerminal;
  let signals = 0;
  return context.onEndSignal((signal) => {
    if (signal === "SIGHUP") {
      const message = "Got SIGHUP, and goes on: it was not started on a terminal";
      if (!isOnTerminal) return owner.goOn(message);
      // The shell and the system both send it when a terminal is closed.
      if (signals > 0) return;
    }
    if (signals++ === 0) owner.leave(`got ${signal}`);
    else owner.end();
  }, "with-hangup");
}
