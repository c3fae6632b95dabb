import { requestMembers, secretMembers } from "../../install/request.ts";

/** The columns of a results file that precede the input's. */
export const resultColumns = [
  "row",
  "status",
  "installId",
  "connectorId",
  "channelId",
  "errorCode",
  "errorMessage",
  "action",
  "birdMessage",
  "line",
] as const;

/**
 * The members of a request that may be shown and stored, in the order of an import file's columns. The channel's
 * webhooks are not among them: they hold a key, and without it the row would be rejected when it is imported again.
 */
export const publicMembers: readonly string[] = requestMembers.filter(
  (member) => member !== "channelWebhooks" && !secretMembers.some((secret) => secret === member),
);

/** Keeps a row's known members that are not secrets: a mistyped column may hold a token too. */
export const publicInput = (input: unknown): Readonly<Record<string, unknown>> => {
  if (typeof input !== "object" || input === null) return {};
  const values = new Map<string, unknown>(Object.entries(input));
  const given = publicMembers.filter((member) => values.get(member) !== undefined);
  return Object.fromEntries(given.map((member) => [member, values.get(member)]));
};

/** The members of {@link publicInput} as text columns for a results file. Objects are written as JSON. */
export const inputColumns = (input: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(publicInput(input)).map(([member, value]) => [member, asText(value)]));

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
