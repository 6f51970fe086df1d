/** A file of the tree, by its path from the top with forward slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Reads every file under the given files and folders of the tree. */
export function readTree(top: URL, entries: readonly string[]): SourceFile[] {
  const files: SourceFile[] = [];
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const url = new URL(path, top);
    const info = statOrUndefined(url);
    if (info === undefined) continue;
    if (info.isFile) files.push({ path, text: Deno.readTextFileSync(url) });
    else for (const entry of Deno.readDirSync(url)) waiting.push(`${path}/${entry.name}`);
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function statOrUndefined(url: URL): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The specifiers of a file's imports and re-exports: static, of types, or dynamic, in their order.
 */
export function importsOf(file: SourceFile): string[] {
  const specifiers: string[] = [];
  const rules = { imports: { create: () => visitImports((source) => specifiers.push(source)) } };
  Deno.lint.runPlugin({ name: "read", rules }, file.path, file.text);
  return specifiers;
}

/** Visits the specifier of each import and re-export, and where it stands. */
export function visitImports(
  visit: (specifier: string, node: Deno.lint.Node) => void,
): Deno.lint.LintVisitor {
  const visitSource = ({ source }: { source: Deno.lint.Expression | null }) => {
    if (source?.type === "Literal" && typeof source.value === "string") {
      visit(source.value, source);
    }
  };
  return {
    ImportDeclaration: visitSource,
    ExportNamedDeclaration: visitSource,
    ExportAllDeclaration: visitSource,
    ImportExpression: visitSource,
    TSImportType({ argument }) {
      if (argument.type === "TSLiteralType") {
        visitSource({ source: argument.literal });
      }
    },
  };
}
