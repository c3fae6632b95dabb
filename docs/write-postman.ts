import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { apiDocument } from "./api-document.ts";

const bodySchema = z.object({
  content: z.record(
    z.string(),
    z.object({
      examples: z
        .record(z.string(), z.object({ summary: z.string().optional(), value: z.unknown() }))
        .default({}),
    }),
  ),
});

const operationSchema = z.object({
  summary: z.string(),
  description: z.string(),
  tags: z.tuple([z.string()]),
  security: z.array(z.object({ apiKey: z.array(z.string()).optional() })),
  parameters: z
    .array(
      z.object({
        in: z.enum(["path", "query", "header"]),
        name: z.string(),
        required: z.boolean(),
        description: z.string(),
        example: z.unknown(),
      }),
    )
    .default([]),
  requestBody: bodySchema.optional(),
});

const documentSchema = z.object({
  info: z.object({ description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

type Operation = z.output<typeof operationSchema>;
type Example = z.output<typeof bodySchema>["content"][string]["examples"][string];

const introduction = `Made from the OpenAPI document by \`npm run docs\`. Set the variables of the collection:
\`baseUrl\`, \`apiKey\` (as a secret; empty while the API has no keys), and the ids that the requests are about.`;

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value, undefined, 2);

/** Variables for what a path is about. */
const idVariables: ReadonlyMap<string, string> = new Map([
  ["installs", "installId"],
  ["batches", "batchId"],
  ["connect-links", "connectLinkId"],
  ["workspaces", "workspaceId"],
  ["notifications", "notificationId"],
]);

/** Which variable names what a path is about: `installId` for `/v1/installs/{id}`. */
const idVariable = (path: string): string | undefined => idVariables.get(path.split("/")[2] ?? "");

/** Parameters of one place; those that may be absent are there, switched off. */
const parametersIn = ({ parameters }: Operation, place: "query" | "header") =>
  parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, required, description, example }) => ({
      key: name,
      value: [example].flat().map(String).join(),
      description,
      disabled: !required,
    }));

const urlOf = (path: string, operation: Operation) => {
  const segments = path.slice(1).replaceAll(/\{(\w+)\}/g, ":$1");
  return {
    raw: `{{baseUrl}}/${segments}`,
    host: ["{{baseUrl}}"],
    path: segments.split("/"),
    query: parametersIn(operation, "query"),
    variable: operation.parameters
      .filter((parameter) => parameter.in === "path")
      .map(({ name, description }) => ({ key: name, value: `{{${idVariable(path)}}}`, description })),
  };
};

const language = (type: string): string => (type === "application/json" ? "json" : "text");

/** The examples that are not the request's body, as text for its reader. */
const otherBodies = (examples: readonly (readonly [type: string, example: Example])[]): string =>
  examples
    .map(
      ([type, { summary, value }]) =>
        `\n\n${summary ?? "Another body"} (\`${type}\`):\n\n\`\`\`${language(type)}\n${textOf(value).trimEnd()}\n\`\`\``,
    )
    .join("");

const needed = (scopes: readonly string[] | undefined): string => {
  if (scopes === undefined) return "Needs no key.";
  return scopes.length === 0 ? "Needs a key." : `Needs a key with the scope \`${scopes.join()}\`.`;
};

const itemOf = (method: string, path: string, operation: Operation) => {
  const examples = Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, media]) =>
    Object.values(media.examples).map((example) => [type, example] as const),
  );
  const [first, ...others] = examples;
  const scopes = operation.security[0]?.apiKey;
  return {
    name: operation.summary,
    request: {
      method: method.toUpperCase(),
      ...(scopes === undefined && { auth: { type: "noauth" } }),
      description: `${operation.description}\n\n${needed(scopes)}${otherBodies(others)}`,
      header: [
        ...(first === undefined ? [] : [{ key: "content-type", value: first[0] }]),
        ...parametersIn(operation, "header"),
      ],
      url: urlOf(path, operation),
      ...(first !== undefined && {
        body: {
          mode: "raw",
          raw: textOf(first[1].value),
          options: { raw: { language: language(first[0]) } },
        },
      }),
    },
    response: [],
  };
};

/** A Postman collection of the whole API, format 2.1: a folder for each tag, and one request for each operation. */
const collectionOf = (document: unknown) => {
  const { info, tags, paths } = documentSchema.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const ids = new Map(
    operations.flatMap(({ path, operation }) => {
      const name = idVariable(path);
      const example = operation.parameters.find((parameter) => parameter.in === "path")?.example;
      return name === undefined || example === undefined ? [] : [[name, String(example)]];
    }),
  );
  return {
    info: {
      name: "Perch",
      description: `${info.description}\n\n${introduction}`,
      schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{apiKey}}", type: "string" }] },
    variable: [
      { key: "baseUrl", value: "http://127.0.0.1:3000" },
      { key: "apiKey", value: "" },
      ...[...ids].map(([key, value]) => ({ key, value })),
    ],
    item: tags.map(({ name, description }) => ({
      name,
      description,
      item: operations
        .filter(({ operation }) => operation.tags[0] === name)
        .map(({ method, path, operation }) => itemOf(method, path, operation)),
    })),
  };
};

/** `docs/perch.postman_collection.json`, made from the OpenAPI document. `npm run docs` writes it. */
export const postmanCollection = async (): Promise<string> =>
  `${JSON.stringify(collectionOf(await apiDocument()), undefined, 2)}\n`;

if (import.meta.main)
  await writeFile(new URL("./perch.postman_collection.json", import.meta.url), await postmanCollection());
