import { writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import { z } from "zod";
import { apiDocument } from "./api-document.ts";

const operationSchema = z.looseObject({ responses: z.record(z.string(), z.unknown()) });

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

const problem = {
  description: "What is wrong, as RFC 9457 has it.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
} as const;

/** The answers a screen tells apart: what it asked for, or a problem. */
const toldApart = (responses: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries(Object.entries(responses).filter(([status]) => status.startsWith("2"))),
  default: problem,
});

/** The types of the console's client, made from the API's own document. `npm run docs` writes them. */
export const consoleClient = async (): Promise<string> => {
  const { paths, components, openapi, info } = documentSchema.parse(await apiDocument());
  const called = Object.entries(paths)
    .filter(([path]) => path.startsWith("/v1/"))
    .map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [
          method,
          { ...operation, responses: toldApart(operation.responses) },
        ]),
      ),
    ]);
  const document = { openapi, info, components, paths: Object.fromEntries(called) };
  const types = await openapiTS(JSON.stringify(document), { defaultNonNullable: false });
  return `// Made from the API's document by npm run docs; do not edit.\n${astToString(types)}`;
};

if (import.meta.main)
  await writeFile(new URL("../console/src/api/document.ts", import.meta.url), await consoleClient());
