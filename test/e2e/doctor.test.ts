import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { signWebhook, workspaceSigningKey } from "../../src/bird/signature.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { closedPort, subscribe } from "../integration/doctor-fixture.ts";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { signingSecret } from "../support/stack.ts";

const reportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ id: z.string(), status: z.string(), summary: z.string() })),
});

const statuses = (stdout: string): Map<string, string> =>
  new Map(reportSchema.parse(JSON.parse(stdout)).checks.map(({ id, status }) => [id, status]));

const installArgs = (): string[] => {
  const { name, wabaId, phoneId, phoneNumber } = installRequest();
  const given = { workspace: workspaceId, name, waba: wabaId, "phone-id": phoneId, phone: phoneNumber };
  return ["install", ...Object.entries(given).flatMap(([option, value]) => [`--${option}`, value]), "--wait"];
};

test("perch doctor finds nothing wrong with perch start and its sandbox", async () => {
  await withPerchFolder(async ({ run }) => {
    const stack = run(["start"], {
      env: { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0" },
    });
    await stack.prints(/Ctrl-C/);
    assert.equal((await run(installArgs(), { stdin: "EAAG-E2E-TOKEN" }).ended).code, 0);
    const { code, stdout, stderr } = await run(["doctor", "--json"]).ended;
    assert.equal(code, 0, stdout + stderr);
    const found = statuses(stdout);
    for (const [id, status] of found) {
      const isOfBird = /^(bird|meta|webhook)/.test(id) || id === "notify";
      // Beside other tests Redis may answer slowly, which the doctor rightly warns of.
      if (id !== "redis_latency") assert.equal(status, isOfBird ? "skipped" : "ok", id);
    }
    assert.ok(found.size > 20);
    const plain = await run(["doctor"]).ended;
    const unnamed = [...found.keys()].filter((id) => !plain.stdout.includes(id));
    assert.deepEqual([plain.code, unnamed], [0, []]);
    assert.match(
      plain.stdout,
      /^skipped bird +BIRD_ACCESS_KEY is not set.* The same: bird_clock, bird_key, /m,
    );
  });
});

test("perch doctor finds nothing wrong with real settings, and ends 1 once one is wrong", async () => {
  const sandbox = await startSandbox({ channelDelayMs: 0 });
  try {
    const webhookPort = await closedPort();
    const webhook = { url: `http://127.0.0.1:${webhookPort}` };
    await subscribe({ sandbox, webhook });
    await withPerchFolder(async ({ run }) => {
      const env = {
        API_PORT: "0",
        WEBHOOK_PORT: String(webhookPort),
        WEBHOOK_PUBLIC_URL: webhook.url,
        WEBHOOK_SIGNING_SECRET: signingSecret,
        BIRD_API_URL: sandbox.url,
        BIRD_ACCESS_KEY: sandbox.accessKey,
        BIRD_ORGANIZATION_ID: sandbox.organizationId,
        META_APP_ID: sandbox.meta.appId,
        META_APP_SECRET: sandbox.meta.appSecret,
        META_GRAPH_URL: sandbox.meta.graphUrl,
      };
      await run(["start"], { env }).prints(/Ctrl-C/);
      const good = await run(["doctor", "--workspace", workspaceId, "--json"], { env }).ended;
      assert.equal(good.code, 0, good.stdout);
      assert.deepEqual(
        [...statuses(good.stdout)].filter(([, status]) => status !== "ok"),
        [["notify", "skipped"]],
      );
      const wrong = { ...env, WEBHOOK_SIGNING_SECRET: "another-secret-of-some-length" };
      const bad = await run(["doctor", "--workspace", workspaceId, "--json"], { env: wrong }).ended;
      assert.equal(bad.code, 1);
      assert.equal(statuses(bad.stdout).get("webhook_probe"), "fail");
      const settings = { ...env, WORKER_CONCURRENCY: "secret-many" };
      const malformed = await run(["doctor"], { env: settings }).ended;
      assert.equal(malformed.code, 1);
      assert.match(malformed.stdout, /^fail +settings:WORKER_CONCURRENCY /m);
      assert.ok(!(malformed.stdout + malformed.stderr).includes("secret-many"));
      assert.equal((await run(["doctor", "--workspace", "ws_1"], { env }).ended).code, 2);
    });
  } finally {
    await sandbox.close();
  }
});

test("perch verify-signature ends 0 when a signature matches, 1 when not, 2 on wrong usage", async () => {
  await withPerchFolder(async ({ run }) => {
    const url = `https://perch.example.com/webhooks/bird/${workspaceId}`;
    const body = '{"service":"channels"}';
    const key = workspaceSigningKey(signingSecret, workspaceId);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = signWebhook({ timestamp, url, body: Buffer.from(body) }, key);
    const verify = (at: string, env: Record<string, string> = { WEBHOOK_SIGNING_SECRET: signingSecret }) => {
      const args = ["--url", at, "--timestamp", timestamp, "--signature", signature, "--body", "-"];
      return run(["verify-signature", ...args], { env, stdin: body }).ended;
    };
    const good = await verify(url);
    assert.deepEqual([good.code, good.stdout.split("\n").length, good.stderr], [0, 2, ""]);
    const bad = await verify(`${url}/`);
    assert.equal(bad.code, 1);
    assert.match(
      bad.stdout,
      /^The signature does not match, because .* \(without the slash at its end\)\. Let /,
    );
    assert.ok(![good, bad].some(({ stdout }) => stdout.includes(key)));
    assert.equal((await verify(url, {})).code, 2);
    const unfinished = await run(["verify-signature", "--url", url]).ended;
    assert.deepEqual([unfinished.code, /^error: /.test(unfinished.stderr)], [2, true]);
  });
});
