import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { problemCodes } from "../../src/http/problem.ts";
import { actors } from "../../src/install/errors/catalogue-entry.ts";
import { createSign } from "../../src/notify/sign.ts";
import { notificationTypes } from "../../src/queue/outbox/data.ts";
import { redisFaultKinds } from "../../src/redis/errors.ts";
import { documentSchema, routesOf } from "../support/openapi.ts";
import { withStack } from "../support/stack.ts";

const run = promisify(execFile);

const webhookSchema = z.object({
  parameters: z.array(z.object({ name: z.string() })),
  requestBody: z.object({
    content: z.object({
      "application/json": z.object({
        schema: z.object({
          properties: z.object({
            type: z.object({ const: z.string() }),
            data: z.object({ $ref: z.string() }),
          }),
        }),
      }),
    }),
  }),
});
const guide = await readFile(new URL("../../docs/api.md", import.meta.url), "utf8");

test("the examples of docs/api.md run as they stand", () =>
  withStack({}, async ({ startAnApi, sandbox }) => {
    const { url } = await startAnApi();
    const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
    const curls = blocks.filter((block) => block.includes("curl"));
    assert.ok(curls.length >= 4);
    // As written, but a refusal ends the script.
    const script = curls.join("\n").replaceAll("curl -s", "curl -sS --fail-with-body");
    const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, PERCH: url };
    const { stdout } = await run("sh", ["-euc", script], { env });
    assert.match(stdout, /"status":"completed"[\s\S]*"timeline"/);
    assert.equal(sandbox.report().messages.length, 1);
    assert.ok(sandbox.report().connectors[0]?.deletedAt);
  }));

test("docs/api.md names every route under /v1, and no other", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const document = documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
    const paths = new Set(routesOf(document).map(({ path }) => path));
    const named = guide.matchAll(/(?:GET|POST|PUT|DELETE) (\/v1\/[\w/{}-]+)|\$PERCH(\/v1\/[\w/$-]+)/g);
    const told = new Set(
      [...named].map(([, one, other = ""]) => one ?? other.replace(/\$(ID|BATCH)/, "{id}")),
    );
    for (const path of told) assert.ok(paths.has(path), `${path} is no route`);
    for (const path of paths)
      if (path.startsWith("/v1/")) assert.ok(told.has(path), `${path} is not told of`);
  }));

test("the document closes every list of values that is closed", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const { components } = documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
    const valuesOf = (schema: string, member: string): unknown =>
      z
        .object({ properties: z.record(z.string(), z.object({ enum: z.array(z.unknown()).optional() })) })
        .parse(components.schemas[schema]).properties[member]?.enum;
    assert.deepEqual(valuesOf("Problem", "code"), problemCodes);
    assert.deepEqual(valuesOf("Problem", "reason"), redisFaultKinds);
    assert.deepEqual(valuesOf("InstallError", "actor"), actors);
  }));

test("an install request is one of two types, with the token or with the code, and both fit their examples", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const document = documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
    const body = routesOf(document).find(({ operationId }) => operationId === "createInstall")?.requestBody;
    const media = body?.content["application/json"] ?? assert.fail("no body");
    const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(media.schema)));
    const { oneOf } = z
      .object({ oneOf: z.array(z.object({ required: z.array(z.string()) })) })
      .parse(media.schema);
    const secrets = ["accessToken", "signupCode"];
    assert.deepEqual(
      oneOf.map(({ required }) => required.filter((member) => secrets.includes(member))),
      [["accessToken"], ["signupCode"]],
    );
    const examples = Object.values(media.examples ?? {}).map(({ value }) => value);
    assert.equal(examples.length, 3);
    for (const example of examples) assert.ok(schema.safeParse(example).success, JSON.stringify(example));
    const [token] = examples;
    assert.ok(!schema.safeParse({ ...Object(token), signupCode: "AQD-both" }).success, "both");
    assert.ok(!schema.safeParse({ ...Object(token), accessToken: undefined }).success, "none");
  }));

test("the document describes every notification, as it is sent", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const json = z
      .object({ webhooks: z.record(z.string(), z.object({ post: webhookSchema })) })
      .parse(await (await fetch(`${url}/openapi.json`)).json());
    assert.deepEqual(Object.keys(json.webhooks), notificationTypes);
    const sent = createSign([`whsec_${Buffer.from("secret-of-a-test").toString("base64")}`]);
    const headers = Object.keys(sent({ id: "msg_1", body: "{}", nowMs: 0 }));
    for (const [type, { post }] of Object.entries(json.webhooks)) {
      assert.deepEqual(
        post.parameters.map(({ name }) => name),
        headers,
      );
      const { properties } = post.requestBody.content["application/json"].schema;
      assert.equal(properties.type.const, type);
      const subject = { batch: "Batch", connect: "ConnectLink" }[type.split(".")[0] ?? ""] ?? "Install";
      assert.match(properties.data.$ref, new RegExp(`/${subject}$`));
    }
  }));

test("the documentation page shows no name, logo or icon of the libraries it is made with", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const page = await (await fetch(`${url}/docs/`)).text();
    assert.match(page, /<title>Perch API<\/title>/);
    assert.doesNotMatch(page, /favicon-|<title>Swagger/);
    const [, icon = ""] = /rel="icon"[^>]*href="\.([^"]+)"/.exec(page) ?? [];
    const answer = await fetch(`${url}/docs${icon}`);
    assert.equal(answer.headers.get("content-type"), "image/svg+xml");
    const settings = await (await fetch(`${url}/docs/static/swagger-initializer.js`)).text();
    assert.match(settings, /"?layout"?\s*:\s*"BaseLayout"/);
  }));

test("bug: the documentation page fills in the example of every filter, so that a list is empty", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const parametersAt = async (path: string) =>
      routesOf(documentSchema.parse(await (await fetch(url + path)).json())).flatMap(
        ({ parameters }) => parameters,
      );
    const documented = await parametersAt("/openapi.json");
    const shown = await parametersAt("/docs/json");
    assert.equal(shown.length, documented.length);
    for (const [at, { name, required, description = "", example }] of documented.entries()) {
      const page = shown[at];
      assert.notEqual(example, undefined, name);
      assert.deepEqual(page?.example, required ? example : undefined, name);
      const text = required ? description : `${description}\n\nExample: \`${[example].flat().join()}\``;
      assert.equal(page?.description, text);
    }
  }));

test("the documentation page has dark colours and a layout for phones, from files its policy allows", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const answer = await fetch(`${url}/docs/`);
    const page = await answer.text();
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert.match(policy, /script-src 'self';/);
    assert.doesNotMatch(page, /<script(?![^>]* src=)/);
    const files = { "colours.js": /prefers-color-scheme: dark/, "layout.css": /max-width: 640px/ };
    for (const [name, content] of Object.entries(files)) {
      const [, path = ""] =
        new RegExp(`(?:src|href)="\\.([^"]+${name.replace(".", "\\.")})"`).exec(page) ?? [];
      const file = await fetch(`${url}/docs${path}`);
      assert.equal(file.status, 200);
      assert.match(file.headers.get("content-type") ?? "", name.endsWith("js") ? /javascript/ : /css/);
      assert.match(await file.text(), content);
    }
  }));
