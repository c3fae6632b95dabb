import type { InputIssue } from "../../install/errors/input-error.ts";
import { installMembersSchema, requestMembers, secretMembers } from "../../install/request.ts";
import { rowInput } from "./csv-cells.ts";
import { foldName, memberByName } from "./names.ts";

/** What a caller says about the columns of a file. */
export interface ColumnOptions {
  /** Their column's name, folded, to the member it holds. */
  readonly map: ReadonlyMap<string, string>;
  /** Texts for columns that are missing, by member; they also fill empty cells. */
  readonly fill: Readonly<Record<string, string>>;
}

export const noColumnOptions: ColumnOptions = { map: new Map(), fill: {} };

const isSecret: ReadonlySet<string> = new Set([...secretMembers, "channelWebhooks"]);

/** What is wrong with an option: its name, and what follows it in a sentence. */
export interface OptionIssue {
  readonly option: "map" | "set" | "defaults" | "workspace" | "access token";
  readonly issue: string;
}

const anyMember = requestMembers.join(", ");

/**
 * Reads `Their column=ours` and `column=value` pairs.
 *
 * @param given.defaults Values by column, which may be secrets: like the token they come from where no process list or
 *   log shows them.
 */
export const readColumnOptions = ({
  map: renamed = [],
  set = [],
  defaults = {},
  workspace,
  accessToken,
}: {
  readonly map?: readonly string[] | undefined;
  readonly set?: readonly string[] | undefined;
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  readonly workspace?: string | undefined;
  readonly accessToken?: string | undefined;
}): ColumnOptions | OptionIssue => {
  const map = readMap(renamed);
  if ("issue" in map) return map;
  const fill = readSet(set);
  if ("issue" in fill) return fill;
  const given = readDefaults(defaults);
  if ("issue" in given) return given;
  const own = {
    ...(workspace !== undefined && { workspaceId: workspace.trim() }),
    ...(accessToken !== undefined && { accessToken: accessToken.trim() }),
  };
  if (workspace !== undefined && fill.texts.workspaceId !== undefined)
    return { option: "set", issue: "sets workspaceId, which workspace sets too: keep one" };
  const twice = Object.keys(given.texts).find((member) => member in fill.texts || member in own);
  if (twice !== undefined)
    return { option: "defaults", issue: `has ${twice}, which is given elsewhere too: keep one` };
  const texts = { ...fill.texts, ...given.texts, ...own };
  return fillIssue(texts, given.texts) ?? { map: map.names, fill: texts };
};

/** Values by member, of names in any writing. */
const readDefaults = (
  defaults: Readonly<Record<string, string>>,
): { readonly texts: Readonly<Record<string, string>> } | OptionIssue => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(defaults)) {
    const member = memberByName(name);
    if (member === undefined)
      return { option: "defaults", issue: `must be an object of values by column, each one of ${anyMember}` };
    if (member in texts) return { option: "defaults", issue: `has ${member} more than once: keep one` };
    texts[member] = value.trim();
  }
  return { texts };
};

const readMap = (pairs: readonly string[]): { readonly names: ColumnOptions["map"] } | OptionIssue => {
  const names = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.lastIndexOf("=");
    const theirs = foldName(pair.slice(0, Math.max(0, at)));
    const ours = memberByName(pair.slice(at + 1));
    if (theirs === "" || ours === undefined)
      return { option: "map", issue: `must be "Their column=ours", where ours is one of ${anyMember}` };
    if (names.has(theirs)) return { option: "map", issue: "names a column more than once: keep one" };
    names.set(theirs, ours);
  }
  return { names };
};

const readSet = (
  pairs: readonly string[],
): { readonly texts: Readonly<Record<string, string>> } | OptionIssue => {
  const texts: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const member = memberByName(pair.slice(0, Math.max(0, at)));
    if (member === undefined)
      return { option: "set", issue: `must be column=value, where column is one of ${anyMember}` };
    if (isSecret.has(member))
      return {
        option: "set",
        issue: `does not take ${member}, which is secret and would be seen where it is written`,
      };
    if (member in texts) return { option: "set", issue: `sets ${member} more than once: keep one` };
    texts[member] = pair.slice(at + 1).trim();
  }
  return { texts };
};

/** What is wrong with a value that would be wrong in every row. */
const fillIssue = (
  fill: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): OptionIssue | undefined => {
  const { input, issues } = rowInput(fill);
  for (const [member, value] of Object.entries(input)) {
    const known: InputIssue | undefined = issues.find(({ path }) => path === `/${member}`);
    const parsed = installMembersSchema.partial().safeParse({ [member]: value });
    const message = known?.message ?? parsed.error?.issues[0]?.message;
    if (message === undefined) continue;
    if (member in defaults) return { option: "defaults", issue: `${member} ${message}` };
    if (member === "workspaceId") return { option: "workspace", issue: message };
    if (member === "accessToken") return { option: "access token", issue: message };
    return { option: "set", issue: `${member} ${message}` };
  }
  return undefined;
};

/** Members that are given for all rows although the file has a column for them. */
export const alsoColumns = (
  { fill }: ColumnOptions,
  members: readonly (string | undefined)[],
): readonly string[] => Object.keys(fill).filter((member) => members.includes(member));
