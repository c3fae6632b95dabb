/** The shape of a JSON text without any of its values: names and types, two levels deep. */
export const shapeOf = (text: string): string => {
  try {
    return describe(JSON.parse(text), 0);
  } catch {
    return "no JSON, or cut off";
  }
};

const depthMax = 3;

const describe = (value: unknown, depth: number): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${describe(value[0], depth + 1)}]`;
  if (typeof value !== "object") return typeof value;
  if (depth >= depthMax) return "{…}";
  const members = Object.entries(value).map(([name, member]) => `${name}: ${describe(member, depth + 1)}`);
  return `{ ${members.join(", ")} }`;
};
