import { z } from "zod";

const canaryMax = 1000;
/** A canary is of no use without a halt, percent. */
const haltAtDefault = 20;

/** A number as it is written on a command line or in a query; what is no number stays, so that its schema refuses it. */
const numberOf = (text: unknown): unknown =>
  typeof text === "string" && /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : text;

const nameFault = "must be 1 to 255 characters on one line";
const canaryFault = `must be a whole number from 1 to ${canaryMax}`;
const haltAtFault = "must be a percentage from 0 to 100";

/** The name of an import's batch. */
export const importNameSchema = z
  .string(nameFault)
  .trim()
  .min(1, nameFault)
  .max(255, nameFault)
  .regex(/^\P{Cc}*$/u, nameFault);

/** How many installs of an import go first, alone. */
export const canarySchema = z.preprocess(
  numberOf,
  z.int(canaryFault).min(1, canaryFault).max(canaryMax, canaryFault),
);

/** Percent of failed installs beyond which a batch pauses by itself: `20` or `20%`. */
export const haltAtSchema = z.preprocess(
  (text) => numberOf(typeof text === "string" ? text.replace(/ ?%$/, "") : text),
  z.number(haltAtFault).min(0, haltAtFault).max(100, haltAtFault),
);

/** Where an import halts, percent: as asked, or at {@link haltAtDefault} once there is a canary; undefined is nowhere. */
export const haltAtOf = (asked: {
  readonly canary?: number | undefined;
  readonly haltAt?: number | undefined;
}): number | undefined => asked.haltAt ?? (asked.canary === undefined ? undefined : haltAtDefault);
