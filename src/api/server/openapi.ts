import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { docsPrefix } from "../auth/access.ts";
import { problems } from "./answers.ts";

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

declare module "fastify" {
  interface FastifySchema {
    /** Example requests for the document; zod keeps no examples for a schema that transforms. */
    bodyExamples?: readonly unknown[];
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
  const { textBodies, ...rest } = schema;
  const transformed = jsonSchemaTransform({ ...document, schema: { ...rest, response } });
  // The library omits headers.
  const described = headersSchema.parse(response);
  const responses = Object.entries(responsesSchema.parse(Object(transformed.schema.response))).map(
    ([status, documented]) => [status, { ...documented, headers: described[status]?.headers }] as const,
  );
  return {
    url: transformed.url,
    schema: {
      ...transformed.schema,
      // OpenAPI 3.1: for a scheme other than OAuth the list holds the roles that are needed.
      security: scope === "open" ? [] : [{ apiKey: [scope] }],
      response: Object.fromEntries(responses),
      ...(schema.bodyExamples !== undefined && {
        body: { ...Object(transformed.schema.body), examples: schema.bodyExamples },
      }),
      ...(textBodies !== undefined && { body: { content: textContent(textBodies) } }),
    },
  };
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

/** Marks a route whose body is optional; the library documents every body as required. */
export const optionalBody = { "x-optional-body": true } as const;

const transformObject: typeof jsonSchemaTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input);
  const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {}));
  for (const operation of operations) {
    if (!isRecord(operation) || operation["x-optional-body"] !== true) continue;
    if (isRecord(operation.requestBody)) operation.requestBody.required = false;
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
    JSON.stringify([document.paths, Object.entries(schemas).filter(([other]) => other !== name)]).includes(
      `"#/components/schemas/${name}"`,
    );
  for (;;) {
    const unused = Object.keys(schemas).filter((name) => !isUsed(name));
    if (unused.length === 0) return;
    for (const name of unused) delete schemas[name];
  }
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
    transformObject,
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
