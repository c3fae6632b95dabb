/** What programs and people write where there is no value, in lower case. */
const words: ReadonlySet<string> = new Set([
  ...[
    "null",
    "#null",
    "(null)",
    "<null>",
    "[null]",
    "\\n",
    "undefined",
    "n/a",
    "(n/a)",
    "(blank)",
    "(empty)",
  ],
  ...["(none)", "<none>", "[none]", "-", "--", "---", "–", "—"],
]);

/** The same, where the text cannot be a name. */
const wordsBesideNames: ReadonlySet<string> = new Set([
  ...["none", "nil", "nan", "na", "n.a.", "n.d.", "k.a.", "s/o", "empty", "blank", "leer", "vacío", "vide"],
  ...["tbd", "tba", "tbc", "t.b.d.", "todo", "unknown", "missing", "pending"],
  ...["not available", "not applicable", "not set", "no value", "no aplica", "nicht vorhanden", "entfällt"],
]);
/** One character over and over, as in `???`. */
const filler = /^(?:x{3,64}|\?+|_+|-+|\.{2,3}|…)$/i;

const longestWord = Math.max(...[...words, ...wordsBesideNames].map(({ length }) => length));

/** Whether a text stands where there is no value. */
export const isNoValue = (text: string, { isName }: { readonly isName: boolean }): boolean => {
  if (text.length <= longestWord) {
    const word = text.toLowerCase();
    if (words.has(word)) return true;
    if (!isName && wordsBesideNames.has(word)) return true;
  }
  return !isName && filler.test(text);
};
