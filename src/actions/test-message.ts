import { z } from "zod";
import { phoneNumberSchema } from "../install/request.ts";

/** WhatsApp's limit of a text message. */
const textCharactersMax = 4096;

const toSchema = phoneNumberSchema("the phone number to write to, with its country code");

const templateSchema = z.strictObject(
  {
    projectId: z.guid("must be the UUID of the template's project in Bird"),
    version: z
      .string("must be text: the UUID of a version, or latest")
      .trim()
      .min(1, "must not be empty: the UUID of a version, or latest")
      .max(64, "must not be longer than 64 characters")
      .default("latest"),
    locale: z
      .string("must be text: the language of the template, for example en")
      .trim()
      .regex(/^[A-Za-z0-9]{2,8}([-_][A-Za-z0-9]{1,8})*$/, "must be a language such as en or pt-BR"),
    variables: z
      .record(
        z.string().min(1).max(256),
        z
          .string("must be text")
          .max(textCharactersMax, `must not be longer than ${textCharactersMax} characters`),
        "must be an object of texts",
      )
      .default({}),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "must be an object with projectId and locale" : undefined,
  },
);

/**
 * Body of a test message: the receiver, and either a text or a template. Free text reaches only people who
 * wrote to the number in the last 24 hours (WhatsApp's customer service window); a template reaches any number.
 */
export const testMessageSchema = z
  .strictObject(
    {
      to: toSchema,
      text: z
        .string("must be text: the message")
        .min(1, "must not be empty: the message")
        .max(textCharactersMax, `must not be longer than ${textCharactersMax} characters`)
        .optional(),
      template: templateSchema.optional(),
    },
    {
      error: (issue) =>
        issue.code === "invalid_type" ? "must be an object with to, and text or template" : undefined,
    },
  )
  .transform(({ to, text, template }, context) => {
    if (text !== undefined && template === undefined) return { to, text };
    if (text === undefined && template !== undefined) return { to, template };
    context.addIssue({
      code: "custom",
      message: text === undefined ? "must have text or template" : "must have text or template, not both",
    });
    return z.NEVER;
  });

export type TestMessage = z.output<typeof testMessageSchema>;
