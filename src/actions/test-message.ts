import { z } from "zod";
import { phoneNumberSchema } from "../install/request.ts";

/** WhatsApp's limit of a text message. */
const textCharactersMax = 4096;

const toSchema = phoneNumberSchema("the phone number to write to, with its country code").meta({
  description: "Phone number to write to, with its country code.",
});

const textSchema = z
  .string("must be text: the message")
  .min(1, "must not be empty: the message")
  .max(textCharactersMax, `must not be longer than ${textCharactersMax} characters`)
  .meta({ description: "The message." });

const templateSchema = z.strictObject(
  {
    projectId: z
      .guid("must be the UUID of the template's project in Bird")
      .meta({ description: "The template's project in Bird." }),
    version: z
      .string("must be text: the UUID of a version, or latest")
      .trim()
      .min(1, "must not be empty: the UUID of a version, or latest")
      .max(64, "must not be longer than 64 characters")
      .default("latest")
      .meta({ description: "UUID of a version of the template, or `latest`." }),
    locale: z
      .string("must be text: the language of the template, for example en")
      .trim()
      .regex(/^[A-Za-z0-9]{2,8}([-_][A-Za-z0-9]{1,8})*$/, "must be a language such as en or pt-BR")
      .meta({ description: "Language of the template." }),
    variables: z
      .record(
        z.string().min(1).max(256),
        z
          .string("must be text")
          .max(textCharactersMax, `must not be longer than ${textCharactersMax} characters`),
        "must be an object of texts",
      )
      .default({})
      .meta({ description: "Texts for the template's variables, by name." }),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "must be an object with projectId and locale" : undefined,
  },
);

const contents = ["text", "template"] as const;

/** How many of the two members an input has, whatever else is wrong with it; 1 when it is not an object. */
const contentMembers = (input: unknown): number =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? contents.filter((member) => Object(input)[member] !== undefined).length
    : 1;

/** Also checks an input with other issues, so that the caller gets all of them at once. */
const always = { when: () => true } as const;

/**
 * Body of a test message: the receiver, and either a text or a template. Free text reaches only people who
 * wrote to the number in the last 24 hours (WhatsApp's customer service window); a template reaches any number.
 */
export const testMessageSchema = z
  .strictObject(
    { to: toSchema, text: textSchema.optional(), template: templateSchema.optional() },
    {
      error: (issue) =>
        issue.code === "invalid_type" ? "must be an object with to, and text or template" : undefined,
    },
  )
  .refine((input) => contentMembers(input) > 0, {
    ...always,
    path: ["text"],
    error: "is missing: send it, or a template",
  })
  .refine((input) => contentMembers(input) < 2, {
    ...always,
    path: ["template"],
    error: "must not be sent together with text: a text reaches only people who wrote in the last 24 hours",
  })
  .transform(({ to, text, template }) => {
    if (text !== undefined) return { to, text };
    if (template !== undefined) return { to, template };
    throw new TypeError("The rules above refuse a message without text and template.");
  });

/**
 * The body as the OpenAPI document describes it, so that generated clients know that it has one of the two. Bodies are
 * validated by {@link testMessageSchema}, because a union names no single wrong member.
 */
export const documentedTestMessage = z
  .xor([
    z.strictObject({ to: toSchema, text: textSchema }).meta({
      id: "TestMessageWithText",
      description: "Reaches only people who wrote to the number in the last 24 hours.",
    }),
    z
      .strictObject({ to: toSchema, template: templateSchema })
      .meta({ id: "TestMessageWithTemplate", description: "Reaches any number." }),
  ])
  .meta({ id: "TestMessage", description: "A message with a text or a template." });

export type TestMessage = z.output<typeof testMessageSchema>;
