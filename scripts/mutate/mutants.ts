import ts from "typescript";

/** One slip of a programmer: a stretch of a file, and what stands there instead. */
export interface Mutant {
  /** The file, by its path from the top of the tree. */
  path: string;
  /** The line of the slip, from 1. */
  line: number;
  /** Where the stretch begins and ends in the text of the file. */
  start: number;
  end: number;
  /** What stands there instead. */
  replacement: string;
}

/** Binary operators, and what a slip makes of them. */
const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
  [ts.SyntaxKind.AsteriskToken, "/"],
  [ts.SyntaxKind.SlashToken, "*"],
  [ts.SyntaxKind.PlusEqualsToken, "-="],
  [ts.SyntaxKind.MinusEqualsToken, "+="],
]);

/** Methods and functions, and what they are mistaken for. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ["min", "max"],
  ["max", "min"],
  ["some", "every"],
  ["every", "some"],
  ["floor", "ceil"],
  ["ceil", "floor"],
]);

/**
 * All slips of one point that a file has room for: a comparison off by one or turned round, `&&`
 * for `||`, a sum for a difference, a number one too large, a condition that always or never holds,
 * a statement that is left out, `min` for `max`.
 *
 * What a slip could not change, or what no test should pin, is left alone: types, texts,
 * decorations of messages, and figures at the top of a file (`const RETRY_MS = 200`), which are
 * settings and no logic.
 */
export function mutantsOf(path: string, text: string): Mutant[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, replacement: string) => {
    const start = node.getStart(source);
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({ path, line, start, end: node.getEnd(), replacement });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || isSetting(node)) return;
    mutateNode(node, source, add);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

/** The text of a file with one slip in it. */
export function withMutant(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function mutateNode(
  node: ts.Node,
  source: ts.SourceFile,
  add: (node: ts.Node, replacement: string) => void,
): void {
  if (ts.isBinaryExpression(node)) {
    const operator = OPERATORS.get(node.operatorToken.kind);
    if (operator !== undefined && !joinsTexts(node)) add(node.operatorToken, operator);
  } else if (ts.isNumericLiteral(node)) {
    const next = Number(node.text.replaceAll("_", "")) + 1;
    if (Number.isSafeInteger(next)) add(node, String(next));
  } else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
  else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
  else if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.ExclamationToken) add(node, node.operand.getText(source));
  } else if (ts.isIfStatement(node)) {
    add(node.expression, "true");
    add(node.expression, "false");
  } else if (ts.isConditionalExpression(node)) {
    add(node.condition, "true");
    add(node.condition, "false");
  } else if (ts.isExpressionStatement(node) && isLeftOutUnseen(node.expression)) {
    add(node, ";");
  } else if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent)) {
    const other = CALLS.get(node.name.text);
    if (other !== undefined && node.parent.expression === node) add(node.name, other);
  }
}

/** Statements that a programmer may forget; without `super()` a class does not even begin. */
function isLeftOutUnseen(expression: ts.Expression): boolean {
  const bare = ts.isVoidExpression(expression) || ts.isAwaitExpression(expression)
    ? expression.expression
    : expression;
  if (ts.isCallExpression(bare)) return bare.expression.kind !== ts.SyntaxKind.SuperKeyword;
  return ts.isPostfixUnaryExpression(bare) || ts.isPrefixUnaryExpression(bare) ||
    ts.isDeleteExpression(bare) || (ts.isBinaryExpression(bare) && isAssignment(bare));
}

function isAssignment({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** Whether a `+` joins texts: its other forms are no numbers. */
function joinsTexts({ left, right }: ts.BinaryExpression): boolean {
  const isText = (node: ts.Expression): boolean =>
    ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ||
    (ts.isBinaryExpression(node) && joinsTexts(node));
  return isText(left) || isText(right);
}

/** A constant of the file that is a figure or a list of figures. */
function isSetting(node: ts.Node): boolean {
  if (!ts.isVariableStatement(node) || !ts.isSourceFile(node.parent)) return false;
  return node.declarationList.declarations.every(({ initializer }) =>
    initializer !== undefined && !ts.isArrowFunction(initializer) &&
    !ts.isFunctionExpression(initializer)
  );
}
