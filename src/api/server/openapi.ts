import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { problemType } from "../../http/problem.ts";
import { docsPrefix } from "../auth/access.ts";
import { answerExamples, problemExamples } from "./answer-examples.ts";
import { problems } from "./answers.ts";
import { documentedWebhooks } from "./documented-webhooks.ts";

/** Only files of our own; swagger-ui sets inline styles. */
const docsCsp =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const description = `Installs WhatsApp phone numbers into Bird CRM at scale.

An install is one phone number in one Bird workspace. \`POST /v1/installs\` queues it and answers at once; follow it
with \`GET /v1/installs/{id}?wait=60\`. Many at once are a batch: \`POST /v1/batches\` takes a file of them. Errors are RFC 9457 problem details with a stable \`code\` and, for bad input,
all \`errors\` at once. Keys have scopes: \`read\` for every GET, \`messages\` to send test messages, \`write\` for these, installs and batches,
\`admin\` for everything. A key may be for certain workspaces only: what is of others is not there for it.`;

const tags = [
  { name: "installs", description: "One phone number into one Bird workspace." },
  { name: "batches", description: "The installs of one file or upload." },
  { name: "workspaces", description: "Bird workspaces: their holds and subscriptions." },
  { name: "events", description: "Events of Bird." },
  { name: "notifications", description: "Outgoing webhooks and their dead letters." },
  { name: "service", description: "The process itself." },
];

/** Example bodies by name, as OpenAPI has them. */
export type BodyExamples = Readonly<
  Record<string, { readonly summary: string; readonly value: Readonly<Record<string, unknown>> }>
>;

declare module "fastify" {
  interface FastifySchema {
    /** Example requests by name; zod keeps no examples for a schema that transforms. */
    bodyExamples?: BodyExamples;
    /** The body as the document describes it, where that differs from what validates it. */
    documentedBody?: z.ZodType;
    /** Text bodies that the route parses itself, by content type: a description and examples. */
    textBodies?: Readonly<
      Record<string, { readonly description: string; readonly examples: readonly string[] }>
    >;
  }
}

/** Replaces the icon of the library that shows the page. */
const favicon = {
  filename: "perch.svg",
  rel: "icon",
  sizes: "any",
  type: "image/svg+xml",
  content:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M6 23h20" stroke="#fff" stroke-width="3"/><circle cx="16" cy="14" r="6" fill="#fff"/></svg>',
} as const;

type Transform = typeof jsonSchemaTransform;

const responsesSchema = z.record(z.string(), z.looseObject({}));
const headersSchema = z.record(
  z.string(),
  z.object({ headers: z.record(z.string(), z.unknown()).optional() }),
);

/** Adds to every route the key it needs and the problems any route may answer. */
const transform: Transform = (document) => {
  const { schema, route } = document;
  const scope = route.config?.scope;
  if (schema === undefined || scope === undefined) return jsonSchemaTransform(document);
  const common = scope === "open" ? problems(500) : commonProblems(route.method !== "GET");
  const response = { ...responsesSchema.parse(schema.response ?? {}), ...common };
  const { textBodies, bodyExamples, documentedBody, ...rest } = schema;
  const body = documentedBody === undefined ? {} : { body: documentedBody };
  const transformed = jsonSchemaTransform({ ...document, schema: { ...rest, ...body, response } });
  // The library omits headers.
  const described = headersSchema.parse(response);
  const responses = Object.entries(responsesSchema.parse(Object(transformed.schema.response))).map(
    ([status, documented]) =>
      [
        status,
        withExamples(
          { ...documented, headers: described[status]?.headers },
          {
            "application/json": answerExamples[`${schema.operationId} ${status}`],
            [problemType]: problemExamples[status],
          },
        ),
      ] as const,
  );
  return {
    url: transformed.url,
    schema: {
      ...transformed.schema,
      // OpenAPI 3.1: for a scheme other than OAuth the list holds the roles that are needed.
      security: scope === "open" ? [] : [{ apiKey: [scope] }],
      response: Object.fromEntries(responses),
      // Not in the schema: the library omits what stands beside a $ref.
      ...(bodyExamples !== undefined && { [examplesKey]: bodyExamples }),
      ...(textBodies !== undefined && { body: { content: textContent(textBodies) } }),
    },
  };
};

const mediaSchema = z.record(z.string(), z.looseObject({}));

/** Adds the examples, by content type; the library omits those that a route's schema has. */
const withExamples = (answer: object, examples: Readonly<Record<string, unknown>>): object => {
  const media = mediaSchema.parse(Object(answer).content ?? {});
  const content = Object.entries(media).map(([type, documented]) => {
    const example = examples[type];
    return [type, example === undefined ? documented : { ...documented, example }] as const;
  });
  return { ...answer, content: Object.fromEntries(content) };
};

const textContent = (bodies: NonNullable<FastifySchema["textBodies"]>): object =>
  Object.fromEntries(
    Object.entries(bodies).map(([type, { description, examples }]) => [
      type,
      { schema: { type: "string", description, examples } },
    ]),
  );

const commonProblems = (mayHaveBody: boolean): object =>
  problems(400, 401, 403, 422, 429, 500, 503, ...(mayHaveBody ? ([413, 415] as const) : []));

const examplesKey = "x-body-examples";

/** Marks a route whose body is optional; the library documents every body as required. */
export const optionalBody = { "x-optional-body": true } as const;

const jsonBodySchema = z.looseObject({ content: z.object({ "application/json": z.looseObject({}) }) });

const transformObject: typeof jsonSchemaTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input);
  const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {}));
  for (const operation of operations) {
    if (!isRecord(operation)) continue;
    const { [examplesKey]: examples, "x-optional-body": isOptional } = operation;
    if (isOptional === true && isRecord(operation.requestBody)) operation.requestBody.required = false;
    if (examples !== undefined) {
      const { content, ...body } = jsonBodySchema.parse(operation.requestBody);
      const json = { ...content["application/json"], examples };
      operation.requestBody = { ...body, content: { "application/json": json } };
    }
    delete operation[examplesKey];
    delete operation["x-optional-body"];
  }
  tidyComponents(document);
  return document;
};

/** The library writes every component twice, as input and as output, in the order in which modules are loaded. */
const tidyComponents = (document: ReturnType<typeof transformObject>): void => {
  if (!("components" in document) || document.components === undefined) return;
  const schemas = Object.fromEntries(
    Object.entries(document.components.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  document.components.schemas = schemas;
  const isUsed = (name: string): boolean =>
    JSON.stringify({
      ...document,
      components: Object.entries(schemas).filter(([other]) => other !== name),
    }).includes(refTo(name));
  for (;;) {
    const unused = Object.keys(schemas).filter((name) => !isUsed(name));
    if (unused.length === 0) return;
    for (const name of unused) delete schemas[name];
  }
};

const refTo = (name: string): string => `"#/components/schemas/${name}"`;

const documentSchema = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** The library calls what is sent `…Input`, also where nothing of that name is answered. */
const withPlainNames = (document: ReturnType<typeof transformObject>): typeof document => {
  const { schemas } = documentSchema.parse(document).components;
  let text = JSON.stringify(document);
  for (const name of Object.keys(schemas)) {
    const plain = name.replace(/Input$/, "");
    if (plain === name || plain in schemas) continue;
    text = text
      .replaceAll(refTo(name), refTo(plain))
      .replace(`${JSON.stringify(name)}:`, `${JSON.stringify(plain)}:`);
  }
  return JSON.parse(text);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Documents the routes that are registered after it: `GET /openapi.json`, and `GET /docs` as a page. */
export const addOpenApi = async (
  server: FastifyInstance,
  { version }: { readonly version: string },
): Promise<void> => {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Perch", version, description, license: { name: "MIT", identifier: "MIT" } },
      // Relative, so that it works at any address of the API.
      servers: [{ url: "/" }],
      tags,
      webhooks: documentedWebhooks,
      components: {
        securitySchemes: {
          apiKey: {
            type: "http",
            scheme: "bearer",
            description:
              "One of API_KEYS; perch keys api makes one. Without API_KEYS none is needed, on loopback only.",
          },
        },
      },
    },
    transform,
    transformObject: (input) => withPlainNames(transformObject(input)),
  });
  await server.register(swaggerUi, {
    routePrefix: docsPrefix,
    staticCSP: docsCsp,
    // The standalone layout adds a bar with the logo of another product and a box for other documents.
    uiConfig: { validatorUrl: null, docExpansion: "list", layout: "BaseLayout" },
    theme: { title: "Perch API", favicon: [favicon] },
  });
  server.get("/openapi.json", { config: { scope: "open" }, schema: { hide: true } }, () => server.swagger());
};
