/**
 * The names that a JSON object has more than once; a parser keeps the last of them and says nothing.
 *
 * @param json valid JSON.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
export const repeatedNames = (json: string): readonly string[] => {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let level = 0;
  for (const [token, text, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") level += 1;
    else if (token === "}" || token === "]") level -= 1;
    else if (level === 1 && text !== undefined && colon !== undefined) {
      const name = String(JSON.parse(text));
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
  }
  return [...repeated];
};
