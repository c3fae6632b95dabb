import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { inspectConfig } from "../../src/config/config.ts";
import { createApiClient } from "../support/api-client.ts";
import { canariesOf } from "../support/canaries.ts";
import type { Stack } from "../support/stack.ts";
import {
  type Env,
  healthyEnv,
  runDoctor,
  subscribe,
  withDoctorStack,
  withHttpServer,
} from "./doctor-fixture.ts";

const reportSchema = z.strictObject({
  ok: z.boolean(),
  ranAt: z.iso.datetime(),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      status: z.enum(["ok", "warn", "fail", "skipped"]),
      summary: z.string(),
      fix: z.string().optional(),
    }),
  ),
});

/** An API whose doctor goes by these settings. */
const apiOf = async (stack: Stack, env: Env) => {
  const doctor = { settings: inspectConfig(env), dataDir: "/nowhere" };
  const { url } = await stack.startAnApi({}, undefined, doctor);
  const call = createApiClient(url);
  return { call, examine: async () => (await call("/v1/doctor")).as(reportSchema) };
};

/** What differs from run to run: latencies, and what the machine has free. */
const steady = ({ id, status }: { readonly id: string; readonly status: string }) =>
  id.startsWith("redis_latency") ? [id] : [id, status];

test("GET /v1/doctor finds what perch doctor finds, problems first", () =>
  withDoctorStack({}, async (stack) => {
    for (const isSubscribed of [false, true]) {
      if (isSubscribed) await subscribe(stack);
      const env = { ...healthyEnv(stack), RETENTION_MS: "3600000" };
      const report = await (await apiOf(stack, env)).examine();
      const { ok, checks } = await runDoctor(env, { keys: stack.keys, workspace: [] });
      assert.deepEqual(report.checks.map(steady).sort(), checks.map(steady).sort());
      assert.equal(report.ok, ok);
      const isProblem = report.checks.map(({ status }) => status === "warn" || status === "fail");
      assert.equal(isProblem.lastIndexOf(true) + 1, isProblem.filter(Boolean).length);
    }
  }));

test("however many ask the doctor over HTTP, the checks run once", () =>
  withDoctorStack({ startsPaused: true }, async (stack) => {
    let requests = 0;
    const answer = (_: unknown, response: { end(): void }): void => {
      requests += 1;
      response.end();
    };
    await withHttpServer(answer, async (birdUrl) => {
      const { examine } = await apiOf(stack, { ...healthyEnv(stack), BIRD_API_URL: birdUrl });
      const first = await examine();
      const requestsOfOne = requests;
      assert.ok(requestsOfOne > 0);
      const others = await Promise.all(Array.from({ length: 20 }, examine));
      for (const { ranAt } of others) assert.equal(ranAt, first.ranAt);
      assert.equal(requests, requestsOfOne);
    });
  }));

test("the doctor over HTTP shows no secret and is in no counter", () =>
  withDoctorStack({ startsPaused: true }, async (stack) => {
    await subscribe(stack);
    const canaries = canariesOf("DOCTOR");
    const password = "CANARY-PASSWORD";
    const env: Env = {
      ...healthyEnv(stack),
      BIRD_ACCESS_KEY: canaries.accessKey,
      WEBHOOK_SIGNING_SECRET: canaries.signingKey.repeat(3),
      META_APP_ID: "1",
      META_APP_SECRET: "CANARY-META-SECRET",
      NOTIFY_URL: `https://notify.invalid/?token=CANARY-NOTIFY`,
      REDIS_URL: `redis://user:${password}@127.0.0.1:1`,
    };
    const { call } = await apiOf(stack, env);
    const countersOf = async () =>
      (await stack.metrics.expose()).text
        .split("\n")
        .filter((line) => /^perch_\w+_total/.test(line))
        .join("\n");
    const before = await countersOf();
    const { text, status } = await call("/v1/doctor");
    assert.equal(status, 200);
    for (const secret of [
      ...Object.values(canaries),
      "CANARY",
      stack.sealingKeyText,
      env.NOTIFY_SECRET ?? "",
    ])
      assert.ok(!text.includes(secret), `${secret} is in ${text}`);
    assert.equal(await countersOf(), before);
  }));
