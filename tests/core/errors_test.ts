import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  ClusterError,
  ERROR_CHARACTERS,
  ERROR_CODE_CHARACTERS,
  invariant,
  InvariantError,
  messageOf,
} from "../../lib/core/mod.ts";

Deno.test("an error is retryable as its code is, unless it says otherwise", () => {
  assertEquals(new ClusterError("TIMEOUT", "late").retryable, true);
  assertEquals(new ClusterError("BAD_REQUEST", "odd").retryable, false);
  assertEquals(new ClusterError("TIMEOUT", "late", { retryable: false }).retryable, false);
  assertEquals(new ClusterError("LATER" as "TIMEOUT", "a later version's").retryable, false);
});

Deno.test("an error crosses the wire and arrives as the same", () => {
  const cause = new Error("why");
  const table = [
    new ClusterError("LOCKED", "held by another", { details: { lease: 3 } }),
    new ClusterError("BAD_REQUEST", "odd", { cause }),
    new ClusterError("TIMEOUT", "late", { retryable: false }),
  ];
  for (const error of table) {
    const arrived = ClusterError.from(JSON.parse(JSON.stringify(error)));
    assertInstanceOf(arrived, ClusterError);
    assertEquals(arrived.toJSON(), error.toJSON());
    assertEquals("details" in error.toJSON(), error.details !== undefined);
  }
  assertEquals(table[1]?.cause, cause);
  assertEquals("cause" in table[0]!, false);
});

Deno.test("what is missing or malformed in an error gets a default, and what is too long is cut", () => {
  const nothing = { code: "BAD_MESSAGE", message: "An error without a message", retryable: false };
  for (const data of [undefined, null, 7, "x", {}, { code: 1, message: [], retryable: "true" }]) {
    assertEquals(ClusterError.from(data).toJSON(), nothing);
  }
  const long = { code: "x".repeat(ERROR_CODE_CHARACTERS), message: "x".repeat(5_000), details: 1 };
  const { code, message, details } = ClusterError.from(long);
  assertEquals([code, message.length, details], [long.code, ERROR_CHARACTERS, undefined]);
  assertEquals(ClusterError.from({ code: `${long.code}x` }).code, "BAD_MESSAGE");
  assertEquals(ClusterError.from({ details: null }).details, undefined);
});

Deno.test("anything that is thrown has a text", () => {
  const table: [thrown: unknown, text: string][] = [
    [new Error("why"), "why"],
    ["why", "why"],
    [undefined, "undefined"],
    [7, "7"],
    [Object.create(null), "an error that has no text"],
  ];
  for (const [thrown, text] of table) assertEquals(messageOf(thrown), text);
});

Deno.test("a broken invariant throws at once, and one that holds does nothing", () => {
  invariant(true, "holds");
  invariant("text", "holds");
  for (const broken of [false, undefined, 0, ""]) {
    assertThrows(() => invariant(broken, "does not hold"), InvariantError, "does not hold");
  }
});
