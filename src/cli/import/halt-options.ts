import { canarySchema, haltAtOf, haltAtSchema } from "../../producer/import/options.ts";

/** The canary and halt of an import, in the form of `producer.importRows`. */
interface HaltOptions {
  readonly canary: number | undefined;
  readonly haltAt: number | undefined;
}

/**
 * Reads `--canary` (installs) and `--halt-at` (percent, with or without the sign).
 *
 * @returns the options, or what is wrong with them in one sentence.
 */
export const readHaltOptions = (args: {
  readonly canary?: string | undefined;
  readonly haltAt?: string | undefined;
}): HaltOptions | string => {
  const canary = canarySchema.optional().safeParse(args.canary);
  if (!canary.success) return `--canary ${canary.error.issues[0]?.message}.`;
  const haltAt = haltAtSchema.optional().safeParse(args.haltAt);
  if (!haltAt.success) return `--halt-at ${haltAt.error.issues[0]?.message}, such as 20 or 20%.`;
  return { canary: canary.data, haltAt: haltAtOf({ canary: canary.data, haltAt: haltAt.data }) };
};
