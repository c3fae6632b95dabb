import assert from "node:assert/strict";
import test from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as fc from "fast-check";
import { z } from "zod";
import { installSchema } from "../../src/install/install.ts";
import { type ApiAnswer, type ApiClient, type ApiRequest, createApiClient } from "../support/api-client.ts";
import { arbitraryOf } from "../support/arbitrary-of.ts";
import { type Document, documentSchema, type Route, routesOf } from "../support/openapi.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

const requestsAsked = 2000;

/** The schema of one documented answer, with the document's components at hand. */
const schemaOf = ({ components }: Document, schema: Readonly<Record<string, unknown>>) => {
  const text = JSON.stringify({ ...schema, $defs: components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
};

/** Checks an answer against the document: its status is documented, its type matches, and its body parses. */
const createJudge = (document: Document) => {
  const schemas = new Map<string, z.ZodType>();
  return ({ name, responses }: Route, answer: ApiAnswer, what: string): void => {
    const documented = responses[String(answer.status)];
    assert.ok(
      documented,
      `${name} answers ${answer.status}, which is not documented: ${what} ${answer.text}`,
    );
    const sentType = answer.headers.get("content-type")?.split(";")[0] ?? "none";
    const media = documented.content[sentType];
    assert.ok(media, `${name} ${answer.status}: ${sentType}`);
    assert.equal(sentType === "application/problem+json", answer.status >= 400);
    assert.notEqual(answer.status, 500, `${name}: ${what}`);
    if (!sentType.endsWith("json") || sentType.endsWith("x-ndjson")) return;
    const key = `${name} ${answer.status}`;
    const schema = schemas.get(key) ?? schemaOf(document, media.schema);
    schemas.set(key, schema);
    const parsed = schema.safeParse(JSON.parse(answer.text));
    assert.ok(parsed.success, `${key}: ${parsed.error?.message} ${answer.text}`);
  };
};

const withDocument = (
  run: (call: ApiClient, document: Document, url: string) => Promise<void>,
): Promise<void> =>
  withStack({}, async ({ startAnApi, sandbox }) => {
    const { url } = await startAnApi({
      meta: sandbox.meta,
      connect: { publicUrl: "https://connect.example.com", redirectHosts: ["crm.example.com"] },
    });
    const call = createApiClient(url);
    await run(call, (await call("/openapi.json")).as(documentSchema), url);
  });

test("the document is valid OpenAPI 3.1, and nothing in it is unused or comes twice", () =>
  withDocument(async (call, document) => {
    const { text } = await call("/openapi.json");
    const { valid, errors } = await new Validator().validate(JSON.parse(text));
    assert.ok(valid, JSON.stringify(errors));
    assert.match(document.openapi, /^3\.1/);
    const routes = routesOf(document);
    assert.ok(routes.length >= 14);
    assert.equal(new Set(routes.map(({ operationId }) => operationId)).size, routes.length);
    for (const name of Object.keys(document.components.schemas))
      assert.ok(text.includes(`#/components/schemas/${name}"`), `${name} is not used`);
  }));

/** What the document leaves unsaid of a route. */
const unsaid = ({
  path,
  operationId,
  security,
  responses,
  summary,
  description,
  parameters,
  requestBody,
}: Route): string[] => {
  const texts = [summary, description, ...Object.values(responses).map((answer) => answer.description)];
  const unexplained = parameters.filter(({ description: what = "" }) => what.length < 6);
  // A form is no text that an example could give without its boundary.
  const media = Object.entries(requestBody?.content ?? {}).flatMap(([type, each]) =>
    type === "multipart/form-data" ? [] : [each],
  );
  const faults = {
    "a text": texts.some((text) => text.length < 6 || text === "Default Response"),
    "what a parameter is": unexplained.length > 0,
    "its good answer": !Object.keys(responses).some((status) => status.startsWith("2")),
    "its key": path.startsWith("/v1/") && operationId !== "signIn" && security[0]?.apiKey === undefined,
    "an example": media.some(
      ({ schema, examples }) => schema.format !== "binary" && Object.keys(examples ?? {}).length === 0,
    ),
  };
  return Object.entries(faults).flatMap(([what, isSo]) => (isSo ? [what] : []));
};

test("every route says what it is, what it does, what it needs and what it answers", () =>
  withDocument(async (_call, document) => {
    for (const route of routesOf(document)) assert.deepEqual(unsaid(route), [], route.name);
  }));

test("every answer with a body of JSON has an example, which its own schema takes", () =>
  withDocument(async (_call, document) => {
    for (const { name, responses } of routesOf(document))
      for (const [status, { content }] of Object.entries(responses))
        for (const [type, { schema, example }] of Object.entries(content)) {
          if (!type.endsWith("json") || type.endsWith("x-ndjson")) continue;
          assert.notEqual(example, undefined, `${name} ${status}`);
          const parsed = schemaOf(document, schema).safeParse(example);
          assert.ok(parsed.success, `${name} ${status}: ${parsed.error?.message}`);
        }
  }));

/** The examples of every body, by route. */
const examplesOf = (routes: readonly Route[]) =>
  routes.flatMap((route) =>
    Object.entries(route.requestBody?.content ?? {}).flatMap(([type, { examples = {} }]) =>
      Object.values(examples).map(({ value }) => ({ route, value, type })),
    ),
  );

/** A body as a request sends it: JSON, or text of its type. */
const sent = (type: string, value: unknown): Pick<ApiRequest, "json" | "text" | "headers"> =>
  type === "application/json"
    ? { json: value }
    : {
        text: typeof value === "string" ? value.toWellFormed() : JSON.stringify(value),
        headers: { "content-type": type },
      };

const batchSchema = z.object({ id: z.string() });

/** A batch that has ended, with a row that is completed and one that is rejected. */
const endedBatch = async (call: ApiClient, n: number): Promise<string> => {
  const text = `${JSON.stringify(installRequest(n))}\n{}\n`;
  const made = await call("/v1/batches", sent("application/x-ndjson", text));
  const { id } = made.as(batchSchema);
  await call(`/v1/batches/${id}/events`);
  return id;
};

/** Examples that are refused here for what they name: an install that is completed, a receiver that was sent nothing. */
const refusedHere: Readonly<Record<string, readonly number[]>> = {
  retryInstall: [409],
  sendTestEvent: [404],
};

test("every documented example works as it stands", () =>
  withDocument(async (call, document) => {
    const judge = createJudge(document);
    const examples = examplesOf(routesOf(document));
    assert.ok(examples.length >= 6);
    const completed = (await call("/v1/installs", { json: installRequest(50) })).as(installSchema);
    await call(`/v1/installs/${completed.id}?wait=30`);
    const idOf: Record<string, string> = {
      batches: await endedBatch(call, 51),
      workspaces: completed.workspaceId,
    };
    for (const { route, value, type } of examples) {
      const path = route.path.replace(
        "{id}",
        route.tags.map((tag) => idOf[tag]).find(Boolean) ?? completed.id,
      );
      const answer = await call(path, { method: route.method, ...sent(type, value) });
      judge(route, answer, JSON.stringify(value));
      const good = refusedHere[route.operationId] ?? [200, 201, 202];
      assert.ok(good.includes(answer.status), `${route.name} ${JSON.stringify(value)}: ${answer.text}`);
    }
  }));

/** How a value is written in a URL. String() would call an object's own `toString`, which may be no function. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Values for parameters and ids, some of which are known to the API. */
const parameterValue = (
  schema: Readonly<Record<string, unknown>>,
  known: readonly string[],
): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: arbitraryOf(schema).map(textOf) },
    { weight: 2, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  );

/** Requests of one route: mostly what its schemas say, sometimes with a part that breaks them. */
const requestsOf = (
  route: Route,
  known: readonly string[],
): fc.Arbitrary<{ path: string; request: ApiRequest }> => {
  const [[type = "", media] = []] = Object.entries(route.requestBody?.content ?? {});
  const examples = Object.values(media?.examples ?? {}).map(({ value }) => value);
  const parameters = route.parameters.map(
    (parameter) =>
      [
        `${parameter.in}:${parameter.name}`,
        fc.option(parameterValue(parameter.schema, known), {
          nil: undefined,
          freq: parameter.in === "path" ? 1_000 : 1,
        }),
      ] as const,
  );
  const body = media === undefined ? fc.constant(undefined) : bodyOf(media.schema, examples);
  return fc
    .record({ values: fc.record(Object.fromEntries(parameters)), body, stray: fc.boolean() })
    .map(({ values, body: json, stray }) => toRequest(route, values, { json, type, stray }));
};

/** A body by the schema, or an example with a member changed, or anything at all. */
const bodyOf = (
  schema: Readonly<Record<string, unknown>>,
  examples: readonly unknown[],
): fc.Arbitrary<unknown> => {
  const generated = arbitraryOf(schema);
  const example = fc.constantFrom(...examples);
  const changed = fc.tuple(example, generated, fc.nat(20)).map(([base, other, at]) => {
    const entries = Object.entries(Object(other));
    const [name, value] = entries[at % Math.max(1, entries.length)] ?? ["stray", 1];
    return { ...Object(base), [name]: value };
  });
  return fc.oneof(example, generated, changed, changed, fc.jsonValue());
};

const toRequest = (
  { method, path }: Route,
  values: Readonly<Record<string, string | undefined>>,
  { json, type, stray }: { readonly json: unknown; readonly type: string; readonly stray: boolean },
): { path: string; request: ApiRequest } => {
  const given = (place: string): [name: string, value: string][] =>
    Object.entries(values).flatMap(([parameter, value]) => {
      const [where, name = ""] = parameter.split(":");
      return where === place && value !== undefined ? [[name, value]] : [];
    });
  const at = given("path").reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value.toWellFormed())),
    path,
  );
  const query = new URLSearchParams(given("query").map(([name, value]) => [name, shortened(name, value)]));
  if (stray && method === "GET") query.set("stray", "1");
  const headers = Object.fromEntries(given("header").filter(([, value]) => /^[\x20-\x7e]*$/.test(value)));
  const search = query.size === 0 ? "" : `?${query}`;
  const body = json === undefined ? {} : sent(type, json);
  return { path: at + search, request: { method, ...body, headers: { ...headers, ...body.headers } } };
};

/** A long poll that waits would make this test wait too. */
const shortened = (name: string, value: string): string =>
  name === "wait" && Number(value) > 0 && Number(value) <= 60 ? "0.001" : value;

test(
  "whatever is asked: never a 500, every refusal is a problem, every answer is as documented",
  { timeout: 120_000 },
  () =>
    withDocument(async (call, document) => {
      const judge = createJudge(document);
      const known = [workspaceId];
      for (const n of [60, 61]) {
        const { id } = (await call("/v1/installs", { json: installRequest(n) })).as(installSchema);
        const ended = (await call(`/v1/installs/${id}?wait=30`)).as(installSchema);
        known.push(id, ended.connectorId ?? "", ended.channelId ?? "", ended.phoneNumber);
      }
      known.push(await endedBatch(call, 62));
      const routes = routesOf(document);
      const seen = new Map<number, number>();
      const asked = fc.oneof(
        ...routes.map((route) => ({
          // Bodies and queries have more to go wrong than the others.
          weight:
            1 + 2 * (route.parameters.length > 2 ? 1 : 0) + 3 * (route.requestBody === undefined ? 0 : 1),
          arbitrary: requestsOf(route, known).map((made) => ({ ...made, route })),
        })),
      );
      await fc.assert(
        fc.asyncProperty(asked, async ({ path, request, route }) => {
          // An id such as ".." changes the address before it leaves: then it is another route's.
          const { pathname } = new URL(path, "http://localhost");
          fc.pre(pathname === path.split("?")[0] && !pathname.includes("//") && !pathname.endsWith("/"));
          const answer = await call(path, request);
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
          judge(route, answer, `${path} ${JSON.stringify(request)}`);
        }),
        { numRuns: requestsAsked, endOnFailure: false },
      );
      for (const status of [200, 202, 404, 409, 422])
        assert.ok(seen.has(status), `${status}: ${JSON.stringify([...seen])}`);
      assert.equal((await call("/readyz")).status, 200);
    }),
);
