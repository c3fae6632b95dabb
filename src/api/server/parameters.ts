import { z } from "zod";
import { isUlid } from "../../install/ids.ts";

/** A number in a query; other text is passed on, so that the schema rejects it. */
const number = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (text) => (typeof text === "string" && /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : text),
    schema,
  );

/** A boolean in a query. */
const boolean = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (text === "true" || text === "false" ? text === "true" : text), schema);

/** Several values in a query, separated by commas or each in a parameter of its own. */
export const listSchema = <T extends z.ZodType>(schema: T, description: string) =>
  z
    .preprocess((given) => {
      const texts: unknown[] = Array.isArray(given) ? given : [given];
      const isText = given !== undefined && texts.every((text) => typeof text === "string");
      return isText ? texts.flatMap((text) => String(text).split(",")) : given;
    }, schema.optional())
    .meta({ description });

export const flagSchema = (description: string) =>
  boolean(z.boolean("must be true or false").default(false).meta({ description }));

const limitMax = 200;

export const limitSchema = number(
  z
    .int(`must be a whole number from 1 to ${limitMax}`)
    .min(1, `must be a whole number from 1 to ${limitMax}`)
    .max(limitMax, `must be a whole number from 1 to ${limitMax}`)
    .default(50)
    .meta({ description: "Maximum number of items of the page." }),
);

const notACursor = "must be the nextCursor of the page before";

/** A mangled cursor is refused: taken for the first page or the end, it would make a client loop or stop early. */
export const cursorSchema = (isCursor: (text: string) => boolean) =>
  z
    .string(notACursor)
    .max(300, { error: notACursor, abort: true })
    .refine(isCursor, notACursor)
    .meta({ description: "`nextCursor` of the previous page; omit it for the first." })
    .optional();

/** Of lists of installs and batches. */
export const ulidCursorSchema = cursorSchema(isUlid);
/** Of notifications. */
export const positionCursorSchema = cursorSchema((text) => /^\d{1,16}_[\w.~-]+$/.test(text));

const waitMax = 60;

export const waitSchema = number(
  z
    .number(`must be seconds from 0 to ${waitMax}`)
    .min(0, `must be seconds from 0 to ${waitMax}`)
    .max(waitMax, `must be seconds from 0 to ${waitMax}`)
    .default(0)
    .meta({
      description:
        "How long to wait for the install's end, seconds. When the time is up the answer is the current install.",
    }),
);

/** An id made by Perch: opaque, so a malformed one is not found rather than invalid. */
export const idParams = (what: string) =>
  z.object({ id: z.string().meta({ description: `Id of the ${what}.` }) });

/** Bird's ids are UUIDs; other short text is accepted and finds nothing. */
export const birdIdSchema = (what: string) =>
  z
    .string(`must be an id of Bird's`)
    .regex(/^[\w-]{1,64}$/, `must be an id of Bird's`)
    .meta({ description: what })
    .optional();

export const nextCursorSchema = z.string().optional().meta({
  description:
    "Where the next page begins; absent on the last. A page may have fewer items than requested although there are more.",
});
