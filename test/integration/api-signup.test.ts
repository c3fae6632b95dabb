import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { installSchema } from "../../src/install/install.ts";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { contentOf } from "../support/content-of.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";

const errorsSchema = z.object({ errors: z.array(z.object({ path: z.string(), message: z.string() })) });

/** An API that exchanges codes at the Meta of the sandbox. */
const withSignup = (run: (call: ApiClient, stack: Stack) => Promise<void>): Promise<void> =>
  withStack({}, async (stack) => {
    const { url } = await stack.startAnApi({ meta: stack.sandbox.meta });
    await run(createApiClient(url), stack);
  });

const signUp = (call: ApiClient, n: number, signupCode: string, key?: string) => {
  const { accessToken: _, ...rest } = installRequest(n);
  return call("/v1/installs", {
    json: { ...rest, signupCode },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
};

test("a signup code is exchanged, and Bird gets the token it stands for", () =>
  withSignup(async (call, { sandbox, client, keys }) => {
    const queued = await signUp(call, 1, "CODE-CANARY");
    assert.equal(queued.status, 202);
    const { id } = queued.as(installSchema);
    assert.equal((await call(`/v1/installs/${id}?wait=30`)).as(installSchema).status, "completed");
    const [connector] = sandbox.report().connectors;
    const { createHash } = await import("node:crypto");
    const sha256 = createHash("sha256").update(metaTokenOf("CODE-CANARY")).digest("hex");
    assert.equal(connector?.accessTokenSha256, sha256);
    const names = await storedNames(client, keys);
    assert.ok(names.length > 0);
    for (const name of names)
      assert.doesNotMatch(JSON.stringify(await contentOf(client, name)), /CANARY/, name);
  }));

test("a repeat with its Idempotency-Key does not spend the code a second time", () =>
  withSignup(async (call) => {
    const first = await signUp(call, 1, "c1", "k");
    const second = await signUp(call, 1, "c1", "k");
    assert.deepEqual([first.status, second.status], [202, 200]);
    assert.equal(second.as(installSchema).id, first.as(installSchema).id);
    const other = await signUp(call, 1, "c2", "k");
    assert.equal(other.status, 422);
    assert.deepEqual(
      other.as(errorsSchema).errors.map(({ path }) => path),
      ["/signupCode"],
    );
    const unkeyed = await signUp(call, 2, "c1");
    assert.equal(unkeyed.body.code, "signup_code_refused", "it was spent");
  }));

test("many repeats at once spend the code once", () =>
  withSignup(async (call, { sandbox }) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => signUp(call, 1, "c1", "k")));
    for (const { status, body } of answers)
      assert.ok(status === 202 || status === 200 || body.code === "idempotency_key_in_use", String(status));
    const created = answers.filter(({ status }) => status === 202);
    assert.equal(created.length, 1);
    const after = await signUp(call, 1, "c1", "k");
    assert.equal(after.status, 200);
    assert.equal(after.as(installSchema).id, created[0]?.as(installSchema).id);
    assert.ok(sandbox.report().connectors.length <= 1);
  }));

test("a code that Meta refuses is reported at the member, and its key is free for the next code", () =>
  withSignup(async (call, { client, keys }) => {
    const refused = await signUp(call, 1, "expired", "k");
    assert.equal(refused.status, 422);
    assert.equal(refused.body.code, "signup_code_refused");
    const [error] = refused.as(errorsSchema).errors;
    assert.equal(error?.path, "/signupCode");
    assert.match(error?.message ?? "", /expired/);
    assert.equal(await client.exists(keys.installs), 0);
    assert.deepEqual(await client.keys(keys.idempotency("*")), []);
    assert.equal((await signUp(call, 1, "fresh", "k")).status, 202);
  }));

test("a Meta that has a fault is 503, and nothing is queued", () =>
  withSignup(async (call, { client, keys }) => {
    const away = await signUp(call, 1, "unavailable");
    assert.equal(away.status, 503);
    assert.equal(away.body.code, "meta_unavailable");
    assert.ok(Number(away.headers.get("retry-after")) > 0);
    assert.equal(await client.exists(keys.installs), 0);
  }));

test("a code that breaks the schema of the rest is not spent", () =>
  withSignup(async (call) => {
    const { accessToken: _, ...rest } = installRequest(1);
    const wrong = await call("/v1/installs", { json: { ...rest, name: "", signupCode: "c1" } });
    assert.deepEqual(
      wrong.as(errorsSchema).errors.map(({ path }) => path),
      ["/name"],
    );
    assert.equal((await signUp(call, 1, "c1")).status, 202);
  }));
