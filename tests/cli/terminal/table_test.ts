import { assertEquals } from "@std/assert";
import type { MembersView, MemberView } from "../../../lib/node/mod.ts";
import { displayWidth } from "../../../lib/cli/terminal/display_width.ts";
import { keyValueTable } from "../../../lib/cli/terminal/key_value_table.ts";
import {
  filterMembers,
  memberLine,
  membersTable,
  readMembersView,
} from "../../../lib/cli/members_table.ts";
import { paletteFor } from "../../../lib/cli/terminal/palette.ts";
import { jsonLine, jsonLines, sanitize } from "../../../lib/cli/terminal/sanitize.ts";
import { formatTable } from "../../../lib/cli/terminal/table.ts";

const PLAIN = paletteFor(false);
const NOW = Date.parse("2026-01-01T00:01:30.000Z");

function member(name: string, more: Partial<MemberView> = {}): MemberView {
  return {
    id: name,
    name,
    address: "127.0.0.1:8001",
    state: "alive",
    role: "member",
    tags: {},
    services: [],
    since: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

function viewOf(...members: MemberView[]): MembersView {
  return { cluster: "c", master: null, term: 1, members };
}

Deno.test("the members stand in aligned columns, numbers to the right", () => {
  const view = viewOf(
    member("ada", { role: "master", tags: { zone: "a", rack: "12" }, services: ["greet", "sum"] }),
    member("grace-hopper", { address: "10.0.0.12:8001", state: "suspect", roundTripMs: 0.2141 }),
    member("世界", { state: "dead", since: "never" }),
  );
  assertEquals(
    membersTable(view, NOW, PLAIN),
    [
      "NAME          ADDRESS         STATE    ROLE    SINCE       RTT  TAGS            SERVICES",
      "ada           127.0.0.1:8001  alive    master  1m30s         -  zone=a,rack=12  greet,sum",
      "grace-hopper  10.0.0.12:8001  suspect  member  1m30s  0.214 ms  -               -",
      "世界          127.0.0.1:8001  dead     member      -         -  -               -",
    ].join("\n"),
  );
});

Deno.test("colours do not move the columns", () => {
  const view = viewOf(member("a"), member("bc", { state: "dead" }));
  // deno-lint-ignore no-control-regex
  const bare = membersTable(view, NOW, paletteFor(true)).replace(/\x1b\[\d+m/g, "");
  assertEquals(bare, membersTable(view, NOW, PLAIN));
});

Deno.test("what the network names cannot move the cursor of a terminal", () => {
  const evil = member("\x1b[2Jboo\r\n", { tags: { "\u202e": "\x07" }, services: ["\x9b31m"] });
  const table = membersTable(viewOf(evil), NOW, PLAIN);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(table + memberLine(evil)), false);
  assertEquals(table.split("\n").length, 2);
  assertEquals(sanitize("a\x1b[31m\n"), "a\\x1b[31m\\x0a");
  assertEquals(sanitize("naïve 世界 👩‍👩‍👧 é"), "naïve 世界 👩‍👩‍👧 é");
});

Deno.test("JSON for programs is the same value, without a control character in it", () => {
  const value = { text: "\x1b \x7f \x9b \u2028 \u202e 世界" };
  for (const text of [jsonLine(value), jsonLines(value, true)]) {
    assertEquals(JSON.parse(text), value);
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/.test(text), false);
  }
  assertEquals(jsonLines(value, false), JSON.stringify(value, null, 2));
});

Deno.test("wide characters take two columns, marks and colours none", () => {
  const table: [text: string, columns: number][] = [
    ["", 0],
    ["abc", 3],
    ["世界", 4],
    ["ｱｲｳ", 3],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["\x1b[31mred\x1b[39m", 3],
    ["→…", 2],
  ];
  for (const [text, columns] of table) assertEquals(displayWidth(text), columns, text);
});

Deno.test("a table of unequal rows is still aligned, and no line ends in spaces", () => {
  assertEquals(formatTable([["a", "b"], ["long"], ["c", ""]]), "a     b\nlong\nc");
});

Deno.test("members are let through by state and by all tags", () => {
  const view = viewOf(
    member("a", { tags: { zone: "1", ssd: "yes" } }),
    member("b", { tags: { zone: "1" }, state: "dead" }),
    member("c"),
  );
  const names = (state: string | undefined, tags: Record<string, string>) =>
    filterMembers(view, { state, tags }).members.map(({ name }) => name);
  assertEquals(names(undefined, {}), ["a", "b", "c"]);
  assertEquals(names("dead", {}), ["b"]);
  assertEquals(names(undefined, { zone: "1" }), ["a", "b"]);
  assertEquals(names(undefined, { zone: "1", ssd: "yes" }), ["a"]);
  assertEquals(names(undefined, { constructor: "x" }), []);
});

Deno.test("an answer of the wire that is not what it should be is still a list of members", () => {
  assertEquals(readMembersView({ cluster: 5, members: "none" }), viewOfNothing());
  const view = readMembersView({ members: [{ name: 1, tags: [], services: null }, "x"], later: 1 });
  assertEquals(view.members.length, 1);
  assertEquals(membersTable(view, NOW, PLAIN).split("\n").length, 2);
});

function viewOfNothing(): MembersView {
  return { cluster: null, master: null, term: 0, members: [] };
}

Deno.test("an object is shown as keys and values, what is within it on rows of its own", () => {
  const status = {
    id: "i1",
    master: "i1",
    cluster: null,
    voters: ["i1", "i2"],
    services: [],
    links: { open: 2, members: 1 },
    counters: { probes: 3, sent: { ack: 1, deep: { er: { est: 1 } } } },
    lag: { i2: { entries: 4 } },
    note: "a\x1bb",
  };
  const nameOf = (text: string, key: string) => text === "i1" && key !== "id" ? "ada" : text;
  assertEquals(keyValueTable(status, PLAIN, nameOf).split("\n"), [
    "id                  i1",
    "master              ada",
    "cluster             -",
    "voters              ada, i2",
    "services            -",
    "links               open=2 members=1",
    "counters            probes=3",
    "counters.sent       ack=1",
    'counters.sent.deep  er={"est":1}',
    "lag.i2              entries=4",
    "note                a\\x1bb",
  ]);
});
