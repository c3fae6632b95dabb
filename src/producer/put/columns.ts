import { requestMembers, secretMembers } from "../../install/request.ts";

/** The columns of a results file that come before those of the input. */
export const resultColumns = [
  "row",
  "status",
  "installId",
  "connectorId",
  "channelId",
  "errorCode",
  "errorMessage",
  "action",
] as const;

/**
 * The members of a request that may be shown and stored, in the order of an import file's columns. The channel's
 * webhooks hold a key, and without it they would be refused when the row comes again.
 */
export const publicMembers: readonly string[] = requestMembers.filter(
  (member) => member !== "channelWebhooks" && !secretMembers.some((secret) => secret === member),
);

/** Of a row's input, only known members that are no secrets: a mistyped column may hold a token too. */
export const publicInput = (input: unknown): Readonly<Record<string, unknown>> => {
  if (typeof input !== "object" || input === null) return {};
  const values = new Map<string, unknown>(Object.entries(input));
  const given = publicMembers.filter((member) => values.get(member) !== undefined);
  return Object.fromEntries(given.map((member) => [member, values.get(member)]));
};

/** The same as text columns, for a results file. Objects are written as JSON. */
export const inputColumns = (input: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(publicInput(input)).map(([member, value]) => [member, asText(value)]));

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
