import { assertEquals } from "@std/assert";

/** A declaration of `deno doc --json`, as far as it is read here. */
interface Declaration {
  readonly kind: string;
  readonly def?: {
    readonly properties?: readonly { readonly name: string }[];
    readonly methods?: readonly { readonly name: string; readonly isStatic?: boolean }[];
  };
}

interface Exported {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

const TOP = new URL("../", import.meta.url);
/** What only the program itself does with what it hands out. */
const INTERNAL = [
  ...["abandon", "core", "engine", "grant", "leaderChanged", "lose", "machine", "masterChanged"],
  ...["receive", "resume", "serve", "start", "stop"],
];
/** What a program holds, by its public name. */
const HELD = ["CallContext", "ClusterClient", "KvClient", "Lease", "Lock", "Node"];

async function exportsOf(path: string): Promise<Exported[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: TOP,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes as Record<string, { symbols: Exported[] }>)
    .flatMap(({ symbols }) => symbols);
}

Deno.test("what a program holds is an interface, and has nothing of the inside", async () => {
  const symbols = await exportsOf("lib/mod.ts");
  const kinds = new Map(symbols.map(({ name, declarations }) => [name, declarations[0]?.kind]));
  assertEquals(
    HELD.map((name) => [name, kinds.get(name)]),
    HELD.map((name) => [name, "interface"]),
  );
  const classes = [...kinds].filter(([, kind]) => kind === "class").map(([name]) => name);
  assertEquals(classes, ["ClusterError"]);
  const faults = symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap(({ def }) => [...def?.properties ?? [], ...def?.methods ?? []])
      .filter((member) => INTERNAL.includes(member.name)).map((member) => `${name}.${member.name}`)
  );
  assertEquals(faults, []);
});
