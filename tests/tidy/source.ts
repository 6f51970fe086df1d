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

const REGEXP_MAY_FOLLOW = /(?:^|[=(,:;!&|?{}[+\-*~^<>%]|\b(?:return|typeof|case|in|of|yield))\s*$/;

/**
 * The code alone: comments, regular expressions and the text of strings are blanked, line breaks stay, and what
 * stands in `${…}` of a template stays, for it is code.
 *
 * @param keepStrings leaves quoted strings as they are, for reading the specifiers of imports.
 */
export function codeOf(text: string, keepStrings = false): string {
  let code = "";
  // One entry for each template we are inside of: how many braces of code are open in its `${…}`.
  const templates: number[] = [];
  for (let i = 0; i < text.length;) {
    const end = endOfBlank(text, i, code, templates);
    const isQuoted = text[i] === '"' || text[i] === "'";
    const piece = text.slice(i, end > i ? end : i + 1);
    code += end > i && !(keepStrings && isQuoted) ? blank(piece) : piece;
    i += piece.length;
  }
  return code;
}

function blank(piece: string): string {
  return piece.replaceAll(/[^\n]/g, " ");
}

/** Where the comment, string, template text or regular expression that starts at `i` ends; `i` when none does. */
function endOfBlank(text: string, i: number, codeBefore: string, templates: number[]): number {
  const depth = templates.at(-1);
  switch (text[i]) {
    case "/":
      if (text[i + 1] === "/") return indexOrEnd(text, "\n", i);
      if (text[i + 1] === "*") return indexOrEnd(text, "*/", i + 2) + 2;
      return REGEXP_MAY_FOLLOW.test(codeBefore.slice(-40)) ? endOfRegExp(text, i) : i;
    case '"':
    case "'":
      return endOfQuoted(text, i);
    case "`":
      return endOfTemplateText(text, i + 1, templates);
    case "{":
      if (depth !== undefined) templates[templates.length - 1] = depth + 1;
      return i;
    case "}":
      if (depth === undefined) return i;
      templates[templates.length - 1] = depth - 1;
      if (depth > 0) return i;
      templates.pop();
      return endOfTemplateText(text, i + 1, templates);
    default:
      return i;
  }
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index < 0 ? text.length : index;
}

function endOfQuoted(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== text[start]) i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

function endOfTemplateText(text: string, start: number, templates: number[]): number {
  let i = start;
  while (i < text.length && text[i] !== "`") {
    if (text[i] === "$" && text[i + 1] === "{") {
      templates.push(0);
      return i + 2;
    }
    i += text[i] === "\\" ? 2 : 1;
  }
  return i + 1;
}

function endOfRegExp(text: string, start: number): number {
  let isClass = false;
  for (let i = start + 1; i < text.length && text[i] !== "\n"; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "[") isClass = true;
    else if (text[i] === "]") isClass = false;
    else if (text[i] === "/" && !isClass) return i + 1;
  }
  return start;
}

/** An import or re-export of a file: static, of types, or dynamic. */
export interface Import {
  specifier: string;
  /** Counted from 1. */
  line: number;
}

/** Every import and re-export of a file. */
export function importsOf(file: SourceFile): Import[] {
  const code = codeOf(file.text, true);
  const shape =
    /(?:^|[\n;}])\s*(?:import|export)\b[^;"'()]*?\bfrom\s*(["'])(.*?)\1|\bimport\s*\(?\s*(["'])(.*?)\3/g;
  return [...code.matchAll(shape)].map((match) => ({
    specifier: match[2] ?? match[4] ?? "",
    line: code.slice(0, match.index + match[0].length).split("\n").length,
  }));
}
