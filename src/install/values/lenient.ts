import { z } from "zod";

/**
 * Reads a member of an answer by itself: one that is missing, null or of another type is undefined and spoils no
 * other.
 */
export const member = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .transform((value) => value ?? undefined)
    .catch(undefined);

/** Text. A whole number counts as its digits, unless it is too large to have kept them. */
export const text = member(z.union([z.string(), z.int().transform(String)]));

/** A list whose items are read independently: an item that is not an object counts as an empty one. */
export const listOf = <T extends z.ZodType>(schema: T) => z.array(schema.catch(() => schema.parse({})));

/** The token of a list's next page; undefined at its end. Read strictly: a malformed one taken for the end would hide pages. */
export const pageToken = z
  .string()
  .nullish()
  .transform((value) => (value === "" ? undefined : (value ?? undefined)));

/** The value of a JSON text; undefined where the text is none, or there is no text. */
export const jsonOrUndefined = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};
