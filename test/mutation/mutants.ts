import ts from "typescript";
import { luaEdits } from "./lua-edits.ts";

/** A piece of a file's text and what stands there instead. */
export interface Edit {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Mutant extends Edit {
  readonly file: string;
  readonly line: number;
  readonly before: string;
}

type Rule = (node: ts.Node) => readonly Edit[];

const edit = (node: ts.Node, kind: string, text: string): Edit => ({
  kind,
  start: node.getStart(),
  end: node.end,
  text,
});

const swap = (node: ts.Node, kind: string, texts: readonly string[]): readonly Edit[] =>
  texts.map((text) => edit(node, kind, text));

const boundaries: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const opposites: Readonly<Record<string, string>> = {
  ...{ "<": ">=", "<=": ">", ">": "<=", ">=": "<", "===": "!==", "!==": "===" },
  ...{ "-": "+", "*": "/", "/": "*", "**": "*", "+=": "-=", "-=": "+=" },
};
const droppable: ReadonlySet<string> = new Set(["&&", "||", "??"]);

const isLogical = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) && droppable.has(node.operatorToken.getText());

/** A condition that is forced to true and to false, or that an operand is dropped from, need not be negated too. */
const isForced = (node: ts.Node): boolean =>
  isLogical(node.parent) || ts.isIfStatement(node.parent) || ts.isConditionalExpression(node.parent);

const operators: Rule = (node) => {
  if (!ts.isBinaryExpression(node)) return [];
  const { left, operatorToken, right } = node;
  const operator = operatorToken.getText();
  if (droppable.has(operator)) return swap(node, "operand", [left.getText(), right.getText()]);
  const boundary = boundaries[operator];
  const opposite = isForced(node) ? undefined : opposites[operator];
  return [
    ...(boundary === undefined ? [] : [edit(operatorToken, "boundary", boundary)]),
    ...(opposite === undefined ? [] : [edit(operatorToken, "operator", opposite)]),
  ];
};

const conditions: Rule = (node) => {
  if (ts.isIfStatement(node)) return swap(node.expression, "condition", ["true", "false"]);
  if (ts.isConditionalExpression(node)) return swap(node.condition, "condition", ["true", "false"]);
  if (!ts.isPrefixUnaryExpression(node) || node.operator !== ts.SyntaxKind.ExclamationToken) return [];
  return isForced(node) ? [] : [edit(node, "negation", node.operand.getText())];
};

const smallMax = 100;

const constants: Rule = (node) => {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [edit(node, "constant", "false")];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [edit(node, "constant", "true")];
  if (!ts.isNumericLiteral(node) || Number(node.text) >= smallMax) return [];
  return [edit(node, "number", String(Number(node.text) + 1))];
};

const statements: Rule = (node) => {
  if (!ts.isExpressionStatement(node)) return [];
  return [edit(node, /^\w*\.?log\./.test(node.getText()) ? "log line" : "statement", ";")];
};

const optionalChains: Rule = (node) => {
  if (!ts.isPropertyAccessExpression(node) || node.questionDotToken === undefined) return [];
  return [edit(node.questionDotToken, "optional chain", ".")];
};

const methods: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["min", "max"],
  ["max", "min"],
]);
const removable: ReadonlySet<string> = new Set(["filter", "slice", "sort", "toSorted", "toLowerCase"]);

const calls: Rule = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  const method = methods.get(name.text);
  if (method !== undefined) return [edit(name, "call", method)];
  return removable.has(name.text) ? [edit(node, "call", expression.getText())] : [];
};

/** What is passed to a factory or the log, and what a factory returns, is all needed or only words. */
const isParts = (object: ts.Node): boolean =>
  ts.isCallExpression(object.parent) &&
  /^(create|start|define|z\.|\w*\.?log\.)/.test(object.parent.getText());

const properties: Rule = (node) => {
  const isProperty =
    ts.isSpreadAssignment(node) ||
    ts.isShorthandPropertyAssignment(node) ||
    (ts.isPropertyAssignment(node) && !ts.isFunctionLike(node.initializer));
  return isProperty && !isParts(node.parent) ? [edit(node, "property", "...{}")] : [];
};

const lua: Rule = (node) =>
  ts.isTemplateLiteral(node) && /\bredis\.call\(|^\W*local /.test(node.getText())
    ? luaEdits(node.getText().slice(1, -1), node.getStart() + 1)
    : [];

const rules = [operators, conditions, constants, statements, optionalChains, calls, properties, lua];

const isOnlyWords = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node) ||
  ts.isThrowStatement(node);

const lineOf = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** Every small change to a file that a test should notice; types, imports, messages and what is logged stay. */
export const mutantsOf = (file: string, text: string): readonly Mutant[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (isOnlyWords(node)) return;
    for (const rule of rules) edits.push(...rule(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edits
    .toSorted((a, b) => a.start - b.start)
    .map((each) => ({
      ...each,
      file,
      line: source.getLineAndCharacterOfPosition(each.start).line + 1,
      before: lineOf(text.slice(each.start, each.end)),
    }));
};

export const mutated = (text: string, { start, end, text: instead }: Edit): string =>
  text.slice(0, start) + instead + text.slice(end);

/** `src/a.ts:7 boundary: count < max → count <= max` */
export const sayMutant = ({ file, line, kind, before, text }: Mutant): string =>
  `${file}:${line} ${kind}: ${before} → ${lineOf(text)}`;
