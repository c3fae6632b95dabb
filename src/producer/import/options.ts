import { z } from "zod";

const canaryMax = 1000;
/** Applied when there is a canary and no halt, percent: a canary without one has no effect. */
const haltAtDefault = 20;

/** A number on a command line or in a query; other text is passed on, so that the schema rejects it. */
const numberOf = (text: unknown): unknown =>
  typeof text === "string" && /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : text;

const nameIssue = "must be 1 to 255 characters on one line";
const canaryIssue = `must be a whole number from 1 to ${canaryMax}`;
const haltAtIssue = "must be a percentage from 0 to 100";

/** The name of an import's batch. */
export const importNameSchema = z
  .string(nameIssue)
  .trim()
  .min(1, nameIssue)
  .max(255, nameIssue)
  .regex(/^[ -~\u00a0-\uffff]*$/, nameIssue);

/** How many installs of an import run first, alone. */
export const canarySchema = z.preprocess(
  numberOf,
  z.int(canaryIssue).min(1, canaryIssue).max(canaryMax, canaryIssue),
);

/** Percent of failed installs beyond which a batch pauses by itself: `20` or `20%`. */
export const haltAtSchema = z.preprocess(
  (text) => numberOf(typeof text === "string" ? text.replace(/ ?%$/, "") : text),
  z.number(haltAtIssue).min(0, haltAtIssue).max(100, haltAtIssue),
);

/** Percent of failures at which an import halts: the given one, or {@link haltAtDefault} with a canary; undefined: never. */
export const haltAtOf = (asked: {
  readonly canary?: number | undefined;
  readonly haltAt?: number | undefined;
}): number | undefined => asked.haltAt ?? (asked.canary === undefined ? undefined : haltAtDefault);
