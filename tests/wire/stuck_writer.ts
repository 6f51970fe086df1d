import type { WireClient } from "./wire_client.ts";

/** Milliseconds without any way made, after which a write counts as stuck. */
const STUCK_MS = 500;

/** How far a writer came. */
export interface Written {
  /** Bytes that were taken. */
  written: number;
  outcome: "written" | "stuck" | "broken";
  /** The write that is stuck, and what becomes of it. */
  write?: Promise<"written" | "broken">;
}

/** Writes the same bytes again and again until nothing is taken any more; gives how many were. */
export async function writeUntilStuck(
  client: WireClient,
  bytes: Uint8Array,
  most: number,
): Promise<Written> {
  let written = 0;
  while (written < most) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stuck = new Promise<"stuck">((resolve) => {
      timer = setTimeout(() => resolve("stuck"), STUCK_MS);
    });
    const write = client.write(bytes).then(() => "written" as const, () => "broken" as const);
    const outcome = await Promise.race([write, stuck]);
    clearTimeout(timer);
    if (outcome !== "written") return { written, outcome, write };
    written += bytes.length;
  }
  return { written, outcome: "written" };
}
