import { assertEquals } from "@std/assert";
import { CODES } from "../../lib/core/mod.ts";
import * as core from "../../lib/core/mod.ts";
import { feed } from "./feed.ts";
import { FrameDecoder } from "../../lib/wire/mod.ts";
import { registeredParts } from "../support/registered_parts.ts";
import { DOCUMENT as DOCUMENT_URL, withTables } from "./protocol_tables.ts";

const DOCUMENT = Deno.readTextFileSync(DOCUMENT_URL);

/** The rows of every table whose first cell matches. */
function rows(shape: RegExp): string[][] {
  return DOCUMENT.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")))
    .filter((cells) => shape.test(cells[0] ?? ""));
}

Deno.test("the document names every error, and says of each whether to try again", () => {
  const documented = rows(/^[A-Z_]+$/).filter(([, cell]) => cell === "yes" || cell === "no")
    .map(([code, retryable]) => [code, retryable === "yes"] as const);
  assertEquals(
    new Map(documented.toSorted()),
    new Map(Object.entries(CODES).toSorted()),
  );
});

Deno.test("the limits of the document are those of the program", () => {
  const limits = rows(/^[A-Z_]+$/).filter(([, value]) => /^[\d,]+$/.test(value ?? ""));
  assertEquals(limits.length > 15, true);
  for (const [name = "", value = ""] of limits) {
    assertEquals(
      [name, Number(value.replaceAll(",", ""))],
      [name, (core as Record<string, unknown>)[name]],
    );
  }
});

Deno.test("the annotated bytes of the document are the frame that it says they are", () => {
  const block = /```hex\n([^`]*)```/.exec(DOCUMENT)?.[1] ?? "";
  const bytes = block.trimEnd().split("\n")
    .flatMap((line) => line.slice(0, 47).trim().split(" "))
    .map((byte) => Number.parseInt(byte, 16));
  assertEquals(feed(new FrameDecoder(), Uint8Array.from(bytes)), ['{"type":"members","id":7}']);
});

Deno.test("the document says who may send and call what as the parts of a node declare it", async () => {
  const parts = await registeredParts();
  // `deno run --allow-net --allow-read --allow-write tests/wire/protocol_tables.ts` writes them
  // anew.
  assertEquals(withTables(DOCUMENT, parts), DOCUMENT);
  // Each is specified somewhere beside the table that lists it.
  const text = withTables(DOCUMENT, { messages: [], services: [] });
  const consensus = Deno.readTextFileSync(
    new URL("../../lib/consensus/raft/messages.ts", import.meta.url),
  );
  const unsaid = parts.messages.filter(({ type, part }) =>
    !(text.includes(`\`${type}\``) || text.includes(`"type":"${type}"`)) &&
    !(part === "consensus" && consensus.includes(`type: "${type}"`))
  );
  assertEquals(unsaid.map(({ type }) => type), ["tutorial-join"]);
});
