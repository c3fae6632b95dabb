import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { problemCodes } from "../../src/http/problem.ts";
import { actors } from "../../src/install/error-catalogue.ts";
import { redisFaultKinds } from "../../src/redis/errors.ts";
import { documentSchema, routesOf } from "../support/openapi.ts";
import { withStack } from "../support/stack.ts";

const run = promisify(execFile);
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
    const named = guide.matchAll(/(?:GET|POST|DELETE) (\/v1\/[\w/{}-]+)|\$PERCH(\/v1\/[\w/$-]+)/g);
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
        .object({ properties: z.record(z.string(), z.object({ enum: z.array(z.string()).optional() })) })
        .parse(components.schemas[schema]).properties[member]?.enum;
    assert.deepEqual(valuesOf("Problem", "code"), problemCodes);
    assert.deepEqual(valuesOf("Problem", "reason"), redisFaultKinds);
    assert.deepEqual(valuesOf("InstallError", "actor"), actors);
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
