import type { Edit } from "./mutants.ts";

/** What a pattern finds in Lua, and what stands there instead. */
interface LuaRule {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly instead: (found: string) => readonly string[];
}

const operators: Readonly<Record<string, readonly string[]>> = {
  ...{ "==": ["~="], "~=": ["=="], "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"] },
  ...{ and: ["or"], or: ["and"], min: ["max"], max: ["min"], not: [""], "+": ["-"], "-": ["+"] },
  ...{ true: ["false"], false: ["true"] },
};

const rules: readonly LuaRule[] = [
  {
    kind: "operator",
    pattern: /[<>=~]=|[<>]|\b(?:and|or|not)\b/g,
    instead: (found) => operators[found] ?? [],
  },
  { kind: "operator", pattern: /(?<=\w |\) )[+-](?= )/g, instead: (found) => operators[found] ?? [] },
  { kind: "call", pattern: /(?<=math\.)(?:min|max)\b/g, instead: (found) => operators[found] ?? [] },
  { kind: "constant", pattern: /\b(?:true|false)\b/g, instead: (found) => operators[found] ?? [] },
  { kind: "condition", pattern: /(?<=\b(?:else)?if )[^\n]+?(?= then\b)/g, instead: () => ["true", "false"] },
  {
    kind: "number",
    pattern: /(?<![\w.%])\d{1,2}(?![\w.])/g,
    instead: (found) => [String(Number(found) + 1)],
  },
  { kind: "statement", pattern: /(?<=^ *)redis\.call\([^\n]*\)$/gm, instead: () => [""] },
  {
    kind: "statement",
    pattern: /(?<=^ *)(?:table\.\w+\([^\n]*\)|[\w.,[\] ]+ = [^\n]+)$/gm,
    instead: () => [""],
  },
];

/** Strings and comments, so that nothing is found in them; their places stay. */
const masked = (lua: string): string =>
  lua.replaceAll(/--[^\n]*|'[^'\n]*'|\$\{[^}]*\}/g, (found) => "'".padEnd(found.length - 1, "_").concat("'"));

/**
 * The same for Lua in a template string.
 *
 * @param at Where the text starts in its file.
 */
export const luaEdits = (text: string, at: number): readonly Edit[] => {
  const searched = masked(text);
  return rules.flatMap(({ kind, pattern, instead }) =>
    [...searched.matchAll(pattern)]
      .filter(([found]) => !/^(?:local|for) /.test(found))
      .flatMap((match) =>
        instead(match[0]).map((replacement) => ({
          kind: `Lua ${kind}`,
          start: at + match.index,
          end: at + match.index + match[0].length,
          text: replacement,
        })),
      ),
  );
};
