import { importFaults, isPure, layerOf } from "./layers.ts";
import { isEmptyName } from "./prose.ts";
import { visitImports } from "./source.ts";

const TOP = new URL("../../", import.meta.url).href;

/** What reaches for IO, time, randomness or the event loop. */
const WORLD: ReadonlySet<string> = new Set([
  "Deno",
  "Date",
  "performance",
  "crypto",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "console",
  "localStorage",
  "navigator",
  "Worker",
  "WebSocket",
  "BroadcastChannel",
  "Promise",
  "fetch",
]);

/**
 * Members that reach for it, of objects that else do not; a simulated machine's process is none.
 */
const WORLDLY_MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  Math: new Set(["random"]),
  process: new Set([
    ...["env", "argv", "exit", "stdin", "stdout", "stderr"],
    ...["hrtime", "nextTick", "memoryUsage", "cwd", "pid", "on"],
  ]),
};

/** Columns that a line of a comment may take, but in a table, a diagram or code of its own. */
const COMMENT_COLUMNS = 100;

/**
 * Files of `core` that wait on the clock that they are given: to that end they may make a promise.
 */
const WAITING_FILES: ReadonlySet<string> = new Set(["lib/core/sleep.ts"]);
const WAITING: ReadonlySet<string> = new Set(["async", "await", "Promise"]);

/**
 * The rules of the tree that a file shows by itself, so that an editor shows them, too. The tables
 * stand in `layers.ts`; `tests/tidy_test.ts` holds the rules to planted faults, and has those of
 * several files.
 */
export default {
  name: "muster",
  rules: {
    "imports": {
      create(context) {
        const path = pathOf(context);
        if (!isOfProgram(path)) return {};
        return visitImports((specifier, node) => {
          for (const message of importFaults(path, specifier)) context.report({ node, message });
        });
      },
    },
    "pure": {
      create(context) {
        const path = pathOf(context);
        return isPure(path) ? visitWorld(context, path) : {};
      },
    },
    "export-names": {
      create(context) {
        if (layerOf(pathOf(context)) === "std") return {};
        return visitExports((name, node) => {
          if (isEmptyName(name)) {
            context.report({ node, message: `the export "${name}" names no idea` });
          }
        });
      },
    },
    "comment-width": {
      create: (context) => ({
        Program() {
          for (const range of wideComments(context.sourceCode)) {
            context.report({ range, message: `comments keep to ${COMMENT_COLUMNS} columns` });
          }
        },
      }),
    },
    "export-docs": {
      create(context) {
        if (!isOfProgram(pathOf(context))) return {};
        const seen = new Set<string>();
        return visitExports((name, node) => {
          // The overloads of a function share the first one's doc.
          if (!seen.has(name) && !hasDoc(context, node)) {
            context.report({ node, message: `${name} has no doc` });
          }
          seen.add(name);
        });
      },
    },
  },
} satisfies Deno.lint.Plugin;

/** The path of the file that is linted, from the top of the tree. */
function pathOf(context: Deno.lint.RuleContext): string {
  const path = context.filename.replaceAll("\\", "/");
  const { href } = new URL(`file:///${path.replace(/^\/+/, "")}`);
  return href.startsWith(TOP) ? href.slice(TOP.length) : path;
}

function isOfProgram(path: string): boolean {
  return path === "main.ts" || (path.startsWith("lib/") && layerOf(path) !== "std");
}

/** Visits each name that is declared where it is exported. */
function visitExports(
  visit: (name: string, node: Deno.lint.Node) => void,
): Deno.lint.LintVisitor {
  const visitDeclared = (
    node: Deno.lint.ExportNamedDeclaration | Deno.lint.ExportDefaultDeclaration,
  ) => {
    for (const id of idsOf(node.declaration)) if (id?.type === "Identifier") visit(id.name, node);
  };
  return { ExportNamedDeclaration: visitDeclared, ExportDefaultDeclaration: visitDeclared };
}

function idsOf(declared: Deno.lint.Node | null): (Deno.lint.Node | null)[] {
  switch (declared?.type) {
    case "VariableDeclaration":
      return declared.declarations.map(({ id }) => id);
    case "ClassDeclaration":
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "TSEnumDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [declared.id];
    default:
      return [];
  }
}

/** Whether a doc ends on the line before, but for lines that tell the linter to look away. */
function hasDoc(context: Deno.lint.RuleContext, node: Deno.lint.Node): boolean {
  const before = context.sourceCode.text.slice(0, node.range[0]);
  return /\*\/[ \t]*\n(?:\/\/ deno-lint-ignore[^\n]*\n)*$/.test(before);
}

/** Where lines of comments are too wide: tables, and what is indented by four, may be. */
function wideComments(source: Deno.lint.SourceCode): Deno.lint.Range[] {
  return source.getAllComments().flatMap(({ range: [start, end] }) => {
    let at = source.text.lastIndexOf("\n", start - 1) + 1;
    const wide: Deno.lint.Range[] = [];
    for (const line of source.text.slice(at, end).split("\n")) {
      if (line.length > COMMENT_COLUMNS && !/^ *\*(?: {5}| +\|)/.test(line)) {
        wide.push([Math.max(at, start), at + line.length]);
      }
      at += line.length + 1;
    }
    return wide;
  });
}

/** Reports where a pure file touches IO, time, randomness or the event loop. */
function visitWorld(
  context: Deno.lint.RuleContext,
  path: string,
): Deno.lint.LintVisitor {
  const reported = new Set<number>();
  const report = (node: Deno.lint.Node, word: string) => {
    if (WAITING_FILES.has(path) && WAITING.has(word)) return;
    // A shorthand property is visited twice: as a key, and as a value.
    if (reported.has(node.range[0])) return;
    reported.add(node.range[0]);
    context.report({ node, message: `${layerOf(path)} is pure and uses "${word}"` });
  };
  const visitFunction = (node: Deno.lint.Node & { async: boolean }) => {
    if (node.async) report(node, "async");
  };
  return {
    Identifier(node) {
      if (WORLD.has(node.name) && !isOnlyName(node)) report(node, node.name);
    },
    MemberExpression(node) {
      const { object, property } = node;
      if (object.type !== "Identifier" || property.type !== "Identifier") return;
      if (WORLDLY_MEMBERS[object.name]?.has(property.name) === true) {
        report(node, `${object.name}.${property.name}`);
      }
    },
    FunctionDeclaration: visitFunction,
    FunctionExpression: visitFunction,
    ArrowFunctionExpression: visitFunction,
    AwaitExpression: (node) => report(node, "await"),
    ForOfStatement(node) {
      if (node.await) report(node, "await");
    },
  };
}

/**
 * Whether an identifier names a member, a key or a parameter, and so stands for nothing of the
 * world.
 */
function isOnlyName(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  const isNode = (other: Deno.lint.Node) => other.range[0] === node.range[0];
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && isNode(parent.property);
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return !parent.computed && isNode(parent.key) &&
        !(parent.type === "Property" && parent.shorthand);
    case "TSQualifiedName":
      return isNode(parent.right);
    default:
      return node.typeAnnotation !== undefined;
  }
}
