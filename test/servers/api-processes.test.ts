import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { installSchema } from "../../src/install/install.ts";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { createApiClient } from "../support/api-client.ts";
import { contentOf } from "../support/content-of.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { storedNames } from "../support/stored-names.ts";

const script = fileURLToPath(new URL("../support/api-process.ts", import.meta.url));
const readySchema = z.object({ url: z.string() });

/** An API in a process of its own. `stop` resolves with its whole log. */
const startProcess = async ({ redisUrl, keys, sealingKeyText, sandbox }: Stack) => {
  const meta = JSON.stringify(sandbox.meta);
  const shards = String(keys.shards.length);
  const args = [redisUrl, keys.prefix, sealingKeyText, sandbox.url, sandbox.accessKey, meta, shards];
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH } });
  const log = text(child.stderr);
  const exited = once(child, "exit");
  const ended = exited.then(async () => assert.fail(`the API ended: ${await log}`));
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  const { url } = readySchema.parse(JSON.parse(String(line)));
  return {
    url,
    stop: async (): Promise<string> => {
      child.stdin.end();
      const [code] = await exited;
      if (code !== 0) assert.fail(await log);
      return log;
    },
    /** Of a test that failed before it stopped the process. */
    [Symbol.asyncDispose]: async (): Promise<void> => {
      if (child.exitCode === null && child.kill("SIGKILL")) await exited;
    },
  };
};

test("two processes that are sent the same Idempotency-Key 200 times at once make one install", () =>
  withStack({}, async (stack) => {
    await using first = await startProcess(stack);
    await using second = await startProcess(stack);
    const apis = [first, second];
    const calls = apis.map(({ url }) => createApiClient(url));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        calls[n % 2]?.("/v1/installs", {
          json: installRequest(1),
          headers: { "idempotency-key": "order 7" },
        }),
      ),
    );
    const statuses = answers.map((answer) => answer?.status);
    assert.ok(
      statuses.every((status) => status === 202 || status === 200),
      statuses.join(),
    );
    assert.ok(statuses.filter((status) => status === 202).length <= 1);
    const ids = new Set(answers.map((answer) => answer?.as(installSchema).id));
    assert.equal(ids.size, 1);
    const [id] = ids;
    assert.equal((await calls[0]?.(`/v1/installs/${id}?wait=30`))?.body.status, "completed");
    assert.equal(stack.sandbox.report().creates[`${workspaceId}/${installRequest(1).phoneId}`], 1);
    const known = await Promise.all(
      stack.keys.shards.map(({ installs }) => stack.client.zrange(installs, "0", "-1")),
    );
    assert.deepEqual(known.flat(), [id]);
    await Promise.all(apis.map(({ stop }) => stop()));
  }));

const stem = `CANARY${randomBytes(6).toString("hex")}`;
const accessToken = `EAAG-${stem}-ACCESS`;
const signupCode = `${stem}-CODE`;

/** The canaries in every writing that a careless hand may leave behind. */
const traces = [stem, accessToken, signupCode, metaTokenOf(signupCode)].flatMap((secret) => {
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.toLowerCase(),
    bytes.toString("hex"),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ];
});

const assertNoTrace = (where: string, haystack: string): void => {
  for (const trace of traces) assert.ok(!haystack.includes(trace), `${where} holds ${trace}`);
};

test("a token that goes through the API is in no answer, no key of Redis and no line of the log", () =>
  withStack({}, async (stack) => {
    await using api = await startProcess(stack);
    const call = createApiClient(api.url);
    const secrets = { accessToken, invitationToken: `${stem}-INVITATION` };
    const webhooks = { url: "https://crm.example/", signingKey: `${stem}-SIGNING` };
    const request = { ...installRequest(1, secrets), channelWebhooks: webhooks };
    const keyed = { "idempotency-key": "k", "request-id": "spent-1" };
    const { accessToken: _, ...unsigned } = installRequest(2);
    const answers = [
      await call("/v1/installs", { json: request, headers: keyed }),
      await call("/v1/installs", { json: request, headers: keyed }),
      await call("/v1/installs", { json: { ...request, name: "x" }, headers: keyed }),
      await call("/v1/installs", {
        json: { ...request, accesToken: accessToken, accessToken: `${accessToken} x` },
      }),
      await call("/v1/installs", {
        text: `{"accessToken":"${accessToken}"`,
        headers: { "content-type": "application/json" },
      }),
      await call("/v1/installs", {
        text: `accessToken=${accessToken}`,
        headers: { "content-type": "text/plain" },
      }),
      await call("/v1/installs", { json: { ...unsigned, signupCode } }),
      await call("/v1/installs", { json: { ...unsigned, phoneId: "7", signupCode } }),
      await call("/v1/installs", { json: request, headers: { authorization: `Bearer ${accessToken}` } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 200, 422, 422, 400, 415, 202, 422, 200],
    );
    const ids = answers.flatMap(({ body }) => (typeof body.id === "string" ? [body.id] : []));
    for (const id of new Set(ids)) {
      answers.push(await call(`/v1/installs/${id}?wait=30`));
      answers.push(await call(`/v1/installs/${id}/retry`, { json: { accessToken } }));
      answers.push(await call(`/v1/installs/${id}/cancel`, { method: "POST" }));
    }
    answers.push(await call("/v1/installs"));
    for (const { text: told } of answers) assertNoTrace("an answer", told);

    const sent = stack.sandbox.report().connectors.map(({ accessTokenSha256 }) => accessTokenSha256);
    const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
    assert.deepEqual(sent.sort(), [sha256(accessToken), sha256(metaTokenOf(signupCode))].sort());
    const names = await storedNames(stack.client, stack.keys);
    assert.ok(
      names.some((name) => name.includes(":idempotency:")) &&
        names.some((name) => name.includes(ids[0] ?? "?")),
    );
    for (const name of names) assertNoTrace(name, name + JSON.stringify(await contentOf(stack.client, name)));
    const log = await api.stop();
    assert.ok(log.includes("spent-1"), "the log is the right one");
    assertNoTrace("the log", log);
  }));

test("a token in an uploaded file is in no answer, no key of Redis and no line of the log", () =>
  withStack({}, async (stack) => {
    await using api = await startProcess(stack);
    const call = createApiClient(api.url);
    const secrets = { accessToken, invitationToken: `${stem}-INVITATION` };
    const good = installRequest(1, secrets);
    const objects = [
      { ...good, channelWebhooks: { url: "https://crm.example/", signingKey: `${stem}-SIGNING` } },
      { ...good, wabaId: "x", name: "" },
      { ...good, accesToken: accessToken, accessToken: `${accessToken} x` },
    ];
    const lines = [...objects.map((each) => JSON.stringify(each)), `{"accessToken":"${accessToken}"`];
    const cells = [...Object.values(good), "blue"].join();
    const table = `${Object.keys(good).join()},colour\n${cells}\n"${cells}\n${cells},${accessToken}\n`;
    const upload = (query: string, type: string, text: string) =>
      call(`/v1/batches?${query}`, { text, headers: { "content-type": type, "request-id": "spent-2" } });
    const answers = [
      await upload("", "application/x-ndjson", lines.join("\n")),
      await upload("dryRun=true", "application/x-ndjson", lines.join("\n")),
      await upload("", "text/csv", table),
      await upload("ignoreUnknownColumns=true", "text/csv", table),
      await upload("dryRun=true&ignoreUnknownColumns=true", "text/csv", table),
      await upload("", "text/csv", lines.join("\n")),
      await upload("", "application/x-ndjson", table),
      await upload("", "text/csv", cells),
      await upload("", "text/plain", cells),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 200, 422, 202, 200, 422, 422, 422, 415],
    );
    for (const { body } of [...answers].filter(({ status }) => status === 202)) {
      const path = `/v1/batches/${body.id}`;
      answers.push(await call(`${path}/events`), await call(path));
      answers.push(await call(`${path}/results`), await call(`${path}/results?format=csv`));
      answers.push(await call(`${path}/retry`, { json: { replace: secrets } }));
      answers.push(await call(`${path}/retry`, { json: { replace: { ...secrets, name: "" } } }));
    }
    for (const { text: told } of answers) assertNoTrace("an answer", told);
    assert.equal(stack.sandbox.report().connectors.length, 1);
    for (const name of await storedNames(stack.client, stack.keys))
      assertNoTrace(name, name + JSON.stringify(await contentOf(stack.client, name)));
    const log = await api.stop();
    assert.ok(log.includes("spent-2"), "the log is the right one");
    assertNoTrace("the log", log);
  }));
