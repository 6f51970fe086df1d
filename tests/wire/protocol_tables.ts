import { type RegisteredParts, registeredParts } from "../support/registered_parts.ts";

/** The document that holds the tables. */
export const DOCUMENT = new URL("../../lib/wire/PROTOCOL.md", import.meta.url);

const SENDERS = { member: "members", client: "clients", anyone: "anyone" };

/** The document with its generated tables as the parts of a node declare them. */
export function withTables(document: string, { messages, services }: RegisteredParts): string {
  const byPart = <T extends { part: string; from: keyof typeof SENDERS }>(
    declared: readonly T[],
    nameOf: (each: T) => string,
  ) => {
    const rows = new Map<string, string[]>();
    for (const each of declared) {
      const row = `${SENDERS[each.from]} | ${each.part}`;
      rows.set(row, [...rows.get(row) ?? [], `\`${nameOf(each)}\``]);
    }
    return [...rows].map(([row, names]) => [names.join(", "), ...row.split(" | ")])
      .toSorted(([, from = "", part = ""], [, otherFrom = "", other = ""]) =>
        part.localeCompare(other) || from.localeCompare(otherFrom)
      );
  };
  const tables = {
    messages: table(["messages", "sent by", "taken by"], byPart(messages, ({ type }) => type)),
    services: table(["service", "called by", "of"], byPart(services, ({ service }) => service)),
  };
  return Object.entries(tables).reduce(
    (text, [name, lines]) =>
      text.replace(
        new RegExp(`(<!-- ${name}, generated -->\n\n)[^]*?(\n\n<!-- end -->)`),
        (_, begin: string, end: string) => begin + lines + end,
      ),
    document,
  );
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => (row[at] ?? "").length))
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(head), rule, ...rows.map(line)].join("\n");
}

// `deno run --allow-net --allow-read --allow-write tests/wire/protocol_tables.ts` writes them anew.
if (import.meta.main) {
  const document = Deno.readTextFileSync(DOCUMENT);
  Deno.writeTextFileSync(DOCUMENT, withTables(document, await registeredParts()));
}
