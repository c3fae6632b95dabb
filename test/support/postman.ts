import { readFileSync } from "node:fs";
import { z } from "zod";

const parameterSchema = z.strictObject({
  key: z.string(),
  value: z.string(),
  description: z.string().optional(),
  disabled: z.boolean().optional(),
});

const requestSchema = z.strictObject({
  method: z.string(),
  auth: z.strictObject({ type: z.literal("noauth") }).optional(),
  description: z.string(),
  header: z.array(parameterSchema),
  url: z.strictObject({
    raw: z.string(),
    host: z.tuple([z.string()]),
    path: z.array(z.string()),
    query: z.array(parameterSchema),
    variable: z.array(parameterSchema),
  }),
  body: z
    .strictObject({
      mode: z.literal("raw"),
      raw: z.string(),
      options: z.strictObject({ raw: z.strictObject({ language: z.enum(["json", "text"]) }) }),
    })
    .optional(),
});

/** The members of Postman's format 2.1 that the collection uses. */
const collectionSchema = z.strictObject({
  info: z.strictObject({
    name: z.string(),
    description: z.string(),
    schema: z.literal("https://schema.getpostman.com/json/collection/v2.1.0/collection.json"),
  }),
  auth: z.strictObject({
    type: z.literal("bearer"),
    bearer: z.tuple([
      z.strictObject({ key: z.literal("token"), value: z.literal("{{apiKey}}"), type: z.literal("string") }),
    ]),
  }),
  variable: z.array(z.strictObject({ key: z.string(), value: z.string() })),
  item: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      item: z.array(
        z.strictObject({ name: z.string(), request: requestSchema, response: z.array(z.never()) }),
      ),
    }),
  ),
});

export type CollectionRequest = z.output<typeof requestSchema>;

export const collectionText = readFileSync(
  new URL("../../docs/perch.postman_collection.json", import.meta.url),
  "utf8",
);

/** The collection of the repository. */
export const collection = collectionSchema.parse(JSON.parse(collectionText));

/** Every request of the collection, with its folder. */
export const collectionRequests = collection.item.flatMap(({ name: folder, item }) =>
  item.map(({ name, request }) => ({ folder, name, request })),
);
