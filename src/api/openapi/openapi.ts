import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import { problemType } from "../../http/problem.ts";
import type { Scope } from "../auth/api-keys.ts";
import { cookieName, loopbackCookieName } from "../auth/session-cookie.ts";
import { openProblems, problems } from "../server/answers.ts";
import { addDocsPage } from "./docs-page.ts";
import { documentedWebhooks } from "./documented-webhooks.ts";
import { answerExamples } from "./examples/answers.ts";
import { notLoopbackExample, problemExamples } from "./examples/problems.ts";
import { streamedExamples } from "./examples/streamed.ts";
import { examplesKey, tidyDocument } from "./tidy-document.ts";

const description = `Installs WhatsApp phone numbers into Bird CRM at scale.

An install is one phone number in one Bird workspace. \`POST /v1/installs\` queues it and answers at once; follow it
with \`GET /v1/installs/{id}?wait=60\`. Many at once are a batch: \`POST /v1/batches\` takes a file of them. Errors are RFC 9457 problem details with a stable \`code\` and, for bad input,
all \`errors\` at once. Keys have scopes: \`read\` for every GET but the doctor's, \`messages\` to send test messages, \`write\` for these, installs and batches,
\`admin\` for everything. A key may be for certain workspaces only: what is of others is not there for it.`;

const tags = [
  { name: "installs", description: "One phone number into one Bird workspace." },
  { name: "batches", description: "The installs of one file or upload." },
  { name: "connect", description: "Links on which customers connect a number themselves." },
  { name: "workspaces", description: "Bird workspaces: their holds and subscriptions." },
  { name: "events", description: "Events of Bird." },
  { name: "notifications", description: "Outgoing webhooks and their dead letters." },
  { name: "session", description: "The caller; a browser's sign-in." },
  { name: "service", description: "The process itself." },
];

/** Example bodies by name, as OpenAPI has them. */
export type BodyExamples = Readonly<
  Record<string, { readonly summary: string; readonly value: Readonly<Record<string, unknown>> }>
>;

/** A file as a body: its description, and examples by name where it is text. */
interface FileBody {
  readonly description: string;
  readonly isBinary?: boolean;
  /** Of a form. */
  readonly schema?: object;
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: string }>>;
}

declare module "fastify" {
  interface FastifySchema {
    /** Example requests by name; zod keeps no examples for a schema that transforms. */
    bodyExamples?: BodyExamples;
    /** The body as the document describes it, where that differs from what validates it. */
    documentedBody?: z.ZodType;
    /** Files that the route parses itself, by content type. */
    fileBodies?: Readonly<Record<string, FileBody>>;
  }
}

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
  const isOpen = scope === "open";
  const common = isOpen ? openProblems : commonProblems(route.method !== "GET");
  const response = { ...responsesSchema.parse(schema.response ?? {}), ...common };
  const { fileBodies, bodyExamples, documentedBody, ...rest } = schema;
  const body = documentedBody === undefined ? {} : { body: documentedBody };
  const transformed = jsonSchemaTransform({ ...document, schema: { ...rest, ...body, response } });
  // The library omits headers.
  const described = headersSchema.parse(response);
  const responses = Object.entries(responsesSchema.parse(Object(transformed.schema.response))).map(
    ([status, documented]) =>
      [
        status,
        withExamples({ ...documented, headers: described[status]?.headers }, (type) =>
          exampleOf(type, { operationId: `${schema.operationId}`, status, isOpen }),
        ),
      ] as const,
  );
  return {
    url: transformed.url,
    schema: {
      ...transformed.schema,
      // OpenAPI 3.1: for a scheme other than OAuth the list holds the roles that are needed.
      security: scope === "open" || scope === "signIn" ? [] : securityFor(scope),
      response: Object.fromEntries(responses),
      ...(bodyExamples !== undefined && { [examplesKey]: bodyExamples }),
      ...(fileBodies !== undefined && { body: { content: fileContent(fileBodies) } }),
    },
  };
};

const securityFor = (scope: Scope | "any") => {
  const needed = scope === "any" ? [] : [scope];
  return [{ apiKey: needed }, { session: needed }];
};

const mediaSchema = z.record(z.string(), z.looseObject({}));

/** Adds the examples; the library omits those that a route's schema has. */
const withExamples = (answer: object, exampleFor: (type: string) => unknown): object => {
  const media = mediaSchema.parse(Object(answer).content ?? {});
  const content = Object.entries(media).map(([type, documented]) => {
    const example = exampleFor(type);
    return [type, example === undefined ? documented : { ...documented, example }] as const;
  });
  return { ...answer, content: Object.fromEntries(content) };
};

const exampleOf = (
  type: string,
  {
    operationId,
    status,
    isOpen,
  }: { readonly operationId: string; readonly status: string; readonly isOpen: boolean },
): unknown => {
  if (type === problemType) return isOpen && status === "403" ? notLoopbackExample : problemExamples[status];
  if (type === "application/json") return answerExamples[`${operationId} ${status}`];
  return streamedExamples[`${operationId} ${type}`];
};

const fileContent = (bodies: Readonly<Record<string, FileBody>>): object =>
  Object.fromEntries(
    Object.entries(bodies).map(([type, { description, isBinary = false, examples, schema }]) => [
      type,
      {
        schema: {
          ...(schema ?? { type: "string" }),
          description,
          ...(isBinary && { format: "binary" }),
          // The library moves them beside the schema.
          ...(examples !== undefined && { "x-examples": examples }),
        },
      },
    ]),
  );

const commonProblems = (mayHaveBody: boolean): object =>
  problems(400, 401, 403, 422, 429, 500, 503, ...(mayHaveBody ? ([413, 415] as const) : []));

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
          session: {
            type: "apiKey",
            in: "cookie",
            name: cookieName,
            description: `The cookie of POST /v1/session, for browsers; called by a loopback name it is ${loopbackCookieName}. A request that changes something also needs the header Perch-Console: 1 and the Origin of the API's own address.`,
          },
        },
      },
    },
    transform,
    transformObject: tidyDocument,
  });
  await addDocsPage(server);
  server.get("/openapi.json", { config: { scope: "open" }, schema: { hide: true } }, () => server.swagger());
};
