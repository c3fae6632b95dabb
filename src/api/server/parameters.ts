import { z } from "zod";
import { cursorSchema, isPositionCursor } from "../../install/values/cursor.ts";
import { sinceMsOf, sinceRule, untilMsOf } from "../../install/values/since.ts";

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

/** A boolean in a query that may be left out. */
export const optionalFlagSchema = (description: string) =>
  boolean(z.boolean("must be true or false").optional()).meta({ description });

export const flagSchema = (description: string) =>
  boolean(z.boolean("must be true or false").default(false).meta({ description }));

const momentSchema = (read: typeof sinceMsOf, description: string) =>
  z
    .string(sinceRule)
    .refine((text) => read(text, Date.now()) !== undefined, sinceRule)
    .transform((text) => read(text, Date.now()))
    .meta({ description })
    .optional();

/** Bounds of the time of creation, Unix ms once they are read. */
export const createdMembers = (what: string) => ({
  createdFrom: momentSchema(
    sinceMsOf,
    `Only ${what} created then or later: a duration before now (\`30m\`, \`2h\`, \`3d\`), a day, or an ISO 8601 time; UTC without an offset.`,
  ),
  createdTo: momentSchema(
    untilMsOf,
    `Only ${what} created then or earlier, in the same forms; a day is meant with its end.`,
  ),
});

const limitMax = 200;

export const limitSchema = number(
  z
    .int(`must be a whole number from 1 to ${limitMax}`)
    .min(1, `must be a whole number from 1 to ${limitMax}`)
    .max(limitMax, `must be a whole number from 1 to ${limitMax}`)
    .default(50)
    .meta({ description: "Maximum number of items of the page." }),
);

/** Of notifications. */
export const positionCursorSchema = cursorSchema(isPositionCursor);

/** @param max The most that are kept. */
export const hoursSchema = (max: number) =>
  number(
    z
      .int(`must be a whole number from 1 to ${max}`)
      .min(1, `must be a whole number from 1 to ${max}`)
      .max(max, `must be a whole number from 1 to ${max}`)
      .default(24)
      .meta({ description: "How many hours, the one under way among them." }),
  );

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

export const nextCursorSchema = z.string().optional().meta({
  description:
    "Where the next page begins; absent on the last. A page may have fewer items than requested although there are more.",
});
