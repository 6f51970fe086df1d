import { assertEquals } from "@std/assert";
import { CODES } from "../../lib/core/mod.ts";
import * as core from "../../lib/core/mod.ts";
import { feed } from "./feed.ts";
import { FrameDecoder } from "../../lib/wire/mod.ts";

const DOCUMENT = Deno.readTextFileSync(
  new URL("../../lib/wire/PROTOCOL.md", import.meta.url),
);

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
