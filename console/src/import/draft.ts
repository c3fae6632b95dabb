import type { DetectedFile, InstallRequest } from "../api/resources.ts";

type Member = keyof InstallRequest;

/** What a column may hold, and how a person calls it. A record, so that a new member does not compile until it is here. */
export const memberNames = {
  workspaceId: "Bird workspace id",
  name: "Name",
  wabaId: "WABA id",
  phoneId: "Phone id",
  phoneNumber: "Phone number",
  accessToken: "Access token",
  invitationToken: "Invitation token",
  mbPhoneId: "MessageBird phone id",
  channelConversationalStatusEnabled: "Conversational status",
  reinstall: "Reinstall",
  priority: "Priority",
  metadata: "Metadata",
  callbackUrl: "Notification address",
  channelWebhooks: "Channel webhooks",
} as const satisfies Record<Member, string>;

export const memberName = (member: string): string =>
  Object.entries(memberNames).find(([known]) => known === member)?.[1] ?? member;

/** Members every row needs, from its cells or for all rows; the token has a field of its own. */
export const neededMembers = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber"] as const;

/** Members whose values are never shown. */
export const isSecret = (member: string): boolean =>
  ["accessToken", "invitationToken", "signupCode", "channelWebhooks"].includes(member);

/** Stands for a column that is left out. */
export const leftOut = "-";

type Texts = Readonly<Record<string, string>>;

/** A file, and what was said about how it is read. */
export interface Draft {
  readonly file: File;
  readonly encoding: string | undefined;
  readonly sheet: string | undefined;
  /** Their columns to members, or {@link leftOut}. */
  readonly map: Texts;
  /** Token of rows that have none. */
  readonly token: string;
  /** Values of empty cells, by member. */
  readonly values: Texts;
  /** Corrected cells, by row and member. */
  readonly edits: Readonly<Record<number, Texts>>;
  /** A check asks Meta about each number that would be new. */
  readonly asksMeta: boolean;
}

export const draftOf = (file: File): Draft => ({
  file,
  encoding: undefined,
  sheet: undefined,
  map: {},
  token: "",
  values: {},
  edits: {},
  asksMeta: false,
});

/** Whether columns that are not known are skipped. */
export const leavesOut = ({ map }: Draft): boolean => Object.values(map).includes(leftOut);

/** The draft as the form the API takes, its file last. */
export const formOf = ({ file, encoding, sheet, map, token, values, edits }: Draft): FormData => {
  const form = new FormData();
  if (encoding !== undefined) form.append("encoding", encoding);
  if (sheet !== undefined) form.append("sheet", sheet);
  for (const [theirs, ours] of Object.entries(map))
    if (ours !== leftOut) form.append("map", `${theirs}=${ours}`);
  const defaults = Object.entries(values).filter(([, value]) => value.trim() !== "");
  if (defaults.length > 0) form.append("defaults", JSON.stringify(Object.fromEntries(defaults)));
  if (token.trim() !== "") form.append("accessToken", token.trim());
  const corrected = Object.entries(edits).map(([row, cells]) => ({ row: Number(row), values: cells }));
  if (corrected.length > 0) form.append("edits", JSON.stringify(corrected));
  form.append("file", file, file.name);
  return form;
};

/** What each part of the wizard has. */
export interface WizardPart {
  readonly draft: Draft;
  readonly file: DetectedFile | undefined;
  readonly change: (changed: Partial<Draft>, isWhole: boolean) => void;
  /** Has the draft checked, if it has changed since. */
  readonly recheck: () => void;
  readonly isChecking: boolean;
}
