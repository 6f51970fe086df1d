import type { JsonObject, Message } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";
import type { ClusterAccess } from "./with_client.ts";

/** What a watch is told. */
export interface MemberWatcher {
  /** The members as they are when the watch begins. */
  begun(members: JsonObject): void | Promise<void>;
  /** Something happened. */
  happened(event: JsonObject): void | Promise<void>;
}

/**
 * Watches the asked member until a signal comes, `forMs` have passed, or nobody reads the output
 * any more.
 *
 * @throws {ClusterError} `UNREACHABLE` when the member goes away.
 */
export async function watchMember(
  access: ClusterAccess,
  context: CommandContext,
  forMs: number | undefined,
  watcher: MemberWatcher,
): Promise<void> {
  const end = Promise.withResolvers<void>();
  void context.output.closed.then(end.resolve);
  const stopListening = context.onEndSignal(() => end.resolve());
  const { clock } = context.ports();
  // Looking for the member is part of its time.
  const timer = forMs === undefined
    ? undefined
    : clock.setTimer(access.startedAt + forMs - clock.now(), () => end.resolve());
  const stream = access.client.stream({ type: "watch" });
  try {
    while (true) {
      const next = await Promise.race([stream.next(), end.promise]);
      if (next === undefined || next.done === true) return;
      await tell(watcher, next.value);
    }
  } finally {
    timer?.cancel();
    stopListening();
  }
}

async function tell(watcher: MemberWatcher, message: Message): Promise<void> {
  const { type, id: _id, ...rest } = message;
  if (type === "watch") await watcher.begun(rest);
  else if (type === "event") await watcher.happened(rest);
}
