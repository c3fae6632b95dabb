import { z } from "zod";
import { member } from "../install/values/lenient.ts";

/**
 * Meta's error, as far as Perch reads it: `message` is left out, because it is for people, changes, and may
 * repeat what was sent.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
const metaErrorSchema = z.object({
  error: z.object({
    code: z.int(),
    error_subcode: member(z.int()),
    is_transient: member(z.boolean()),
  }),
});

export interface MetaError {
  readonly code: number;
  readonly subcode: number | undefined;
  /** Meta's flag that a repeat may succeed. */
  readonly isTransient: boolean;
}

/** The error in a body of Meta's, or undefined when there is none. */
export const readMetaError = (body: unknown): MetaError | undefined => {
  const parsed = metaErrorSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, error_subcode: subcode, is_transient: isTransient } = parsed.data.error;
  return { code, subcode, isTransient: isTransient === true };
};
