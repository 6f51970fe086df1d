import { type JsonObject, LEAVING_SAY_MS, type Message } from "../core/mod.ts";
import type { CommandContext } from "./context.ts";
import { sanitize } from "./terminal/mod.ts";

/**
 * Waits for an answer; when it does not come soon, says what the asked node has to say of itself.
 */
export async function sayingWhy<T>(
  context: Pick<CommandContext, "output" | "ports">,
  ask: (message: Message) => Promise<JsonObject>,
  answer: Promise<T>,
): Promise<T> {
  // The node finds out itself for whom it waits, a little before it is asked.
  const timer = context.ports().clock.setTimer(
    LEAVING_SAY_MS + LEAVING_SAY_MS / 2,
    () => void say(),
  );
  const say = async () => {
    try {
      const { notes } = await ask({ type: "status" });
      for (const note of Array.isArray(notes) ? notes : []) {
        context.output.err(sanitize(String(note)));
      }
    } catch {
      // The answer itself says what is wrong.
    }
  };
  try {
    return await answer;
  } finally {
    timer.cancel();
  }
}
