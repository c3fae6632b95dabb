import assert from "node:assert/strict";
import { z } from "zod";

const mediaSchema = z.object({
  schema: z.record(z.string(), z.unknown()),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});

const operationSchema = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string(),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.object({
        in: z.enum(["query", "path", "header"]),
        name: z.string(),
        required: z.boolean(),
        description: z.string().optional(),
        schema: z.record(z.string(), z.unknown()),
        example: z.unknown().optional(),
      }),
    )
    .default([]),
  requestBody: z.object({ required: z.boolean(), content: z.record(z.string(), mediaSchema) }).optional(),
  responses: z.record(
    z.string(),
    z.object({
      description: z.string(),
      headers: z
        .record(
          z.string(),
          z.object({
            description: z.string(),
            schema: z.record(z.string(), z.unknown()),
          }),
        )
        .default({}),
      content: z.record(z.string(), mediaSchema),
    }),
  ),
});

type Operation = z.output<typeof operationSchema>;

export const documentSchema = z.object({
  openapi: z.string(),
  tags: z.array(z.object({ name: z.string(), description: z.string().min(6) })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

export type Document = z.output<typeof documentSchema>;

/** One operation of the API, as its document has it. */
export interface Route extends Operation {
  /** `POST /v1/installs`. */
  readonly name: string;
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
}

/** A schema with the components it names in their places. */
export const inlined = (components: Document["components"], schema: unknown): unknown => {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((each) => inlined(components, each));
  if ("$ref" in schema) {
    const name = String(schema.$ref).replace("#/components/schemas/", "");
    return inlined(components, components.schemas[name] ?? assert.fail(`there is no component ${name}`));
  }
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, inlined(components, value)]),
  );
};

const withInlinedBody = (operation: Operation, components: Document["components"]): Operation =>
  operation.requestBody === undefined
    ? operation
    : operationSchema.parse({ ...operation, requestBody: inlined(components, operation.requestBody) });

/** Every operation, with the components of its request in their places. */
export const routesOf = ({ paths, components }: Document): readonly Route[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...withInlinedBody(operation, components),
      path,
      method: method.toUpperCase(),
      name: `${method.toUpperCase()} ${path}`,
    })),
  );

/** Every route of a running API. */
export const documentedRoutes = async (url: string): Promise<readonly Route[]> =>
  routesOf(documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json()));
