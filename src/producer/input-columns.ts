import { requestMembers, secretMembers } from "../install/request.ts";

/**
 * The members of a request that may be shown and stored, in the order of an import file's columns. The channel's
 * webhooks hold a key, and without it they would be refused when the row comes again.
 */
export const publicMembers: readonly string[] = requestMembers.filter(
  (member) => member !== "channelWebhooks" && !secretMembers.some((secret) => secret === member),
);

/**
 * A row's input as text columns, for a results file: only known members that are no secrets, so that a token
 * in a mistyped column is not kept either. Objects are written as JSON.
 */
export const inputColumns = (input: unknown): Record<string, string> => {
  if (typeof input !== "object" || input === null) return {};
  const values = new Map<string, unknown>(Object.entries(input));
  return Object.fromEntries(
    publicMembers
      .filter((member) => values.get(member) !== undefined)
      .map((member) => [member, asText(values.get(member))]),
  );
};

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
