/** The kinds of a JSON value's members, without any value. */
export type JsonShape = string | readonly JsonShape[] | { readonly [name: string]: JsonShape };

const depthMax = 6;
const membersMax = 40;
const nameCharactersMax = 60;

/**
 * Describes what a JSON value is made of: `"text of 36"`, `"number"`, `"true or false"`, `"null"`; a list by the shapes of
 * its first item; an object by those of its members. Names of members in which a number or an id may stand are shown as
 * `…`. Deep, long and wide values are cut off, so the shape of any value of some KiB is some KiB too.
 */
export const jsonShape = (value: unknown, depth = 0): JsonShape => {
  if (typeof value === "string") return `text of ${value.length}`;
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "true or false";
  if (typeof value !== "object" || value === null) return "null";
  if (depth === depthMax) return Array.isArray(value) ? "list" : "object";
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => jsonShape(item, depth + 1));
  const members = Object.entries(value);
  const shown = members
    .slice(0, membersMax)
    .map(([name, member]) => [shownName(name), jsonShape(member, depth + 1)]);
  const rest = members.length - shown.length;
  return Object.fromEntries(rest === 0 ? shown : [...shown, ["…", `${rest} more`]]);
};

/** A map's members are named by ids, numbers or addresses, which are values. */
const shownName = (name: string): string =>
  /^[A-Za-z_$][\w$.-]*$/.test(name) && !/\d{3}/.test(name) && name.length <= nameCharactersMax ? name : "…";
