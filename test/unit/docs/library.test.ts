import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import ts from "typescript";

const root = join(import.meta.dirname, "../../..");
const entry = join(root, "src/producer/index.ts");
const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([entry], options);
const checker = program.getTypeChecker();

/** What the library exports, by name, whatever file declares it. */
const exported = (): ReadonlyMap<string, ts.Symbol> => {
  const source = program.getSourceFile(entry);
  const symbol = source && checker.getSymbolAtLocation(source);
  assert.ok(symbol !== undefined, "the library has exports");
  return new Map(
    checker
      .getExportsOfModule(symbol)
      .map((each) => [each.name, each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each]),
  );
};

const hasDocs = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;

/** Members that an interface or class of ours declares itself, apart from constructors. */
const membersOf = (symbol: ts.Symbol): readonly ts.Symbol[] =>
  [...(symbol.members ?? new Map<string, ts.Symbol>()).values()].filter(
    ({ flags }) => (flags & (ts.SymbolFlags.ClassMember | ts.SymbolFlags.Property)) !== 0,
  );

test("every export of the library, and every member of one, has TSDoc", () => {
  const all = exported();
  assert.ok(all.size > 20 && all.has("createProducer") && all.has("Install"));
  const bare = [...all].flatMap(([name, symbol]) => [
    ...(hasDocs(symbol) ? [] : [name]),
    ...membersOf(symbol)
      .filter((member) => !hasDocs(member))
      .map((member) => `${name}.${member.name}`),
  ]);
  assert.deepEqual(bare, []);
});

test("createProducer and every method of a producer but close has an example", () => {
  const all = exported();
  const producer = all.get("Producer");
  const create = all.get("createProducer");
  assert.ok(producer !== undefined && create !== undefined);
  const main = [create, ...membersOf(producer)].filter(({ name }) => name !== "close");
  assert.equal(main.length, 8);
  const without = main.filter(
    (symbol) => !symbol.getJsDocTags(checker).some(({ name }) => name === "example"),
  );
  assert.deepEqual(
    without.map(({ name }) => name),
    [],
  );
});

test("every error that the library's TSDoc names is exported", () => {
  const all = exported();
  const named = [...all.values()]
    .flatMap((symbol) => [symbol, ...membersOf(symbol)])
    .flatMap((symbol) => symbol.getJsDocTags(checker))
    .filter(({ name }) => name === "throws")
    .flatMap(({ text }) =>
      [...ts.displayPartsToString(text).matchAll(/^\{(\w+)\}/g)].map(([, name = ""]) => name),
    );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((name) => name !== "TypeError" && !all.has(name)),
    [],
  );
});
