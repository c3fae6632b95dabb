import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { apiDocument } from "../../../docs/api-document.ts";
import { fieldsSchema } from "../../../src/api/batches/form.ts";
import { problemStatuses } from "../../../src/http/problem.ts";
import { documentSchema, type Route, routesOf } from "../../support/openapi.ts";

const json = await apiDocument();
const document = documentSchema.parse(json);
const routes = routesOf(document);

/** Each route with what it lacks; none when it lacks nothing. */
const lacking = (lacksOf: (route: Route) => readonly string[]): readonly string[] =>
  routes.flatMap((route) => lacksOf(route).map((what) => `${route.name}: ${what}`));

test("every operation has a tag that is described, and every described tag has an operation", () => {
  const described = document.tags.map(({ name }) => name);
  const used = new Set(routes.flatMap(({ tags }) => tags));
  assert.deepEqual([...used].sort(), described.toSorted());
  assert.deepEqual(
    lacking(({ tags }) => (tags.length === 1 ? [] : ["one tag"])),
    [],
  );
});

test("every operation has an id, a summary, a description, and the key it needs, or none", () => {
  const ids = routes.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    lacking(({ operationId, summary, description, security, path }) => [
      ...(/^[a-z][A-Za-z]+$/.test(operationId) ? [] : ["id"]),
      ...(summary.length > 5 && !summary.endsWith(".") ? [] : ["summary"]),
      ...(description.length > 5 && description !== summary ? [] : ["description"]),
      ...(security.length === (isOpen({ operationId, path }) ? 0 : 2) ? [] : ["security"]),
    ]),
    [],
  );
});

const isOpen = ({ operationId, path }: Pick<Route, "operationId" | "path">): boolean =>
  operationId === "signIn" || ["/healthz", "/readyz"].includes(path);

test("what takes a key takes a session of it as well, and the cookie's scheme says what a change needs", () => {
  for (const { name, security } of routes.filter((route) => !isOpen(route)))
    assert.deepEqual(security, [{ apiKey: security[0]?.apiKey }, { session: security[0]?.apiKey }], name);
  const { session } = z
    .object({
      components: z.object({ securitySchemes: z.record(z.string(), z.record(z.string(), z.string())) }),
    })
    .parse(json).components.securitySchemes;
  assert.deepEqual([session?.type, session?.in, session?.name], ["apiKey", "cookie", "__Host-perch_session"]);
  assert.match(session?.description ?? "", /Perch-Console: 1/);
});

test("every parameter has a description, and an example that its schema takes", () => {
  assert.ok(routes.flatMap(({ parameters }) => parameters).length > 40);
  assert.deepEqual(
    lacking(({ parameters }) =>
      parameters.flatMap(({ name, description = "", example, schema }) => [
        ...(description.length > 5 ? [] : [`description of ${name}`]),
        ...(z.fromJSONSchema(structuredClone(schema)).safeParse(example).success
          ? []
          : [`example of ${name}`]),
      ]),
    ),
    [],
  );
});

test("a test message is one of two types, with a text or with a template, and both fit their examples", () => {
  const sends = routes.find(({ operationId }) => operationId === "sendTestMessage");
  const { schema = {}, examples = {} } = sends?.requestBody?.content["application/json"] ?? {};
  const { oneOf } = z.object({ oneOf: z.array(z.object({ required: z.array(z.string()) })) }).parse(schema);
  assert.deepEqual(
    oneOf.map(({ required }) => required),
    [
      ["to", "text"],
      ["to", "template"],
    ],
  );
  const values = Object.values(examples).map(({ value }) => value);
  assert.equal(values.length, 2);
  for (const value of values)
    assert.ok(z.fromJSONSchema(structuredClone(schema)).safeParse(value).success, JSON.stringify(value));
});

test("every header of an answer has a description, and an example that its schema takes", () => {
  const headers = routes.flatMap(({ responses }) =>
    Object.values(responses).flatMap((answer) => Object.entries(answer.headers)),
  );
  assert.ok(headers.length > 40);
  for (const [name, { description, schema }] of headers) {
    assert.ok(description.length > 5, name);
    const [example] = z.array(z.unknown()).parse(schema.examples);
    assert.ok(z.fromJSONSchema(structuredClone(schema)).safeParse(example).success, name);
  }
});

test("the header Perch-Install-Status says which statuses it has", () => {
  const created = routes.find(({ operationId }) => operationId === "createInstall");
  const header = created?.responses["200"]?.headers["Perch-Install-Status"];
  assert.deepEqual(header?.schema.enum, ["failed", "cancelled"]);
});

test("the status of a problem is one of a closed list of integers, among them all documented ones", () => {
  const { status } = z
    .object({ properties: z.object({ status: z.object({ type: z.string(), enum: z.array(z.int()) }) }) })
    .parse(document.components.schemas.Problem).properties;
  assert.equal(status.type, "integer");
  assert.deepEqual(status.enum, problemStatuses);
  const documented = routes.flatMap(({ responses }) => Object.keys(responses).map(Number));
  assert.deepEqual(
    documented.filter((each) => each >= 400 && !status.enum.includes(each)),
    [],
  );
});

test("routes without a key name the refusal of a name that is none of this machine", () => {
  const open = routes.filter(
    ({ security, operationId }) => security.length === 0 && operationId !== "signIn",
  );
  assert.deepEqual(
    open.map(({ path }) => path),
    ["/healthz", "/readyz"],
  );
  for (const { responses } of open) {
    assert.match(responses["403"]?.description ?? "", /`host_not_allowed`/);
    const { example } = responses["403"]?.content["application/problem+json"] ?? {};
    assert.equal(z.object({ code: z.string() }).parse(example).code, "host_not_allowed");
  }
});

test("every text that is streamed has an example, and a workbook is described as a file", () => {
  const isFile = ({ schema }: { readonly schema: Readonly<Record<string, unknown>> }): boolean =>
    schema.format === "binary" || Object.hasOwn(Object(schema.properties), "file");
  const media = routes.flatMap(({ name, responses, requestBody }) =>
    [...Object.values(responses), ...(requestBody === undefined ? [] : [requestBody])].flatMap(
      ({ content }) =>
        Object.entries(content).map(([type, each]) => ({ name: `${name} ${type}`, type, each })),
    ),
  );
  const lacks = media.filter(({ each }) => each.example === undefined && each.examples === undefined);
  assert.deepEqual(
    lacks.filter(({ each }) => !isFile(each)).map(({ name }) => name),
    [],
  );
  assert.deepEqual(
    lacks.map(({ name }) => name),
    [
      "POST /v1/batches application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "POST /v1/batches multipart/form-data",
      "GET /v1/batches/{id}/results application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
  );
});

test("the document names no bounds of integers that only say how JavaScript counts", () => {
  assert.doesNotMatch(JSON.stringify(json), /9007199254740991/);
});

test("the form of an upload describes every field that is taken, and its token is write-only", () => {
  const upload = routes.find(({ operationId }) => operationId === "createBatch");
  const { schema } = upload?.requestBody?.content["multipart/form-data"] ?? assert.fail("no form");
  const form = z
    .object({
      required: z.array(z.string()),
      properties: z.record(z.string(), z.looseObject({ description: z.string(), type: z.string() })),
    })
    .parse(schema);
  assert.deepEqual(Object.keys(form.properties).sort(), [...Object.keys(fieldsSchema.shape), "file"].sort());
  assert.deepEqual(form.required, ["file"]);
  assert.equal(form.properties.accessToken?.writeOnly, true);
});
