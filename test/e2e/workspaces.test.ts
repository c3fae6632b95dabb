import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { withPerchFolder } from "../support/perch.ts";
import { workspaceId } from "../support/request.ts";

const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";

test("workspaces are prepared by hand, each with its own key, and what is missing is said with its fix", async () => {
  await using sandbox = await disposableSandbox();
  await withPerchFolder(async ({ run }) => {
    const env = {
      BIRD_API_URL: sandbox.url,
      BIRD_ACCESS_KEY: "not-valid",
      BIRD_ORGANIZATION_ID: sandbox.organizationId,
      WEBHOOK_PUBLIC_URL: "http://127.0.0.1:9",
      WEBHOOK_SIGNING_SECRET: "a-secret-of-the-tests",
    };
    const stored = await run(["workspaces", "key", "--private", workspaceId], {
      env,
      stdin: `${sandbox.accessKey}\n`,
    }).ended;
    assert.equal(stored.code, 0, stored.stderr);
    assert.match(
      stored.stderr,
      /^Using the private Redis of this folder \(.*\), because REDIS_URL is not set\.\n$/,
    );
    assert.match(stored.stdout, /has an access key of its own now, sealed/);

    const both = await run(["workspaces", "prepare", "--private", workspaceId, other], { env }).ended;
    assert.equal(both.code, 1, both.stderr);
    const [first, second] = both.stdout.split("\n");
    assert.equal(first, `${workspaceId} created (http://127.0.0.1:9/webhooks/bird/${workspaceId}).`);
    assert.equal(
      second,
      `${other} missing: Bird refused the access key. To mend it: set a valid BIRD_ACCESS_KEY.`,
    );

    const again = await run(["workspaces", "prepare", "--private", workspaceId, "--rotate", "--json"], {
      env,
    }).ended;
    const results = z.array(z.object({ workspaceId: z.string(), status: z.string() }));
    assert.deepEqual(results.parse(JSON.parse(again.stdout)), [{ workspaceId, status: "created" }]);
    const { requests } = sandbox.report();
    assert.deepEqual([requests.createSubscription, requests.deleteSubscription], [{ 201: 2 }, { 204: 1 }]);

    const unset = await run(["workspaces", "prepare", "--private", other], {
      env: { ...env, BIRD_ORGANIZATION_ID: "" },
    }).ended;
    assert.deepEqual(
      [unset.code, unset.stdout],
      [1, `${other} missing: BIRD_ORGANIZATION_ID is not set. To mend it: set it.\n`],
    );
    assert.equal((await run(["workspaces", "prepare", "--private", "ws_1"], { env }).ended).code, 2);
    for (const { stdout, stderr } of [stored, both, again, unset])
      assert.ok(!(stdout + stderr).includes(sandbox.accessKey));
  });
});

const disposableSandbox = async () => {
  const sandbox = await startSandbox();
  return { ...sandbox, [Symbol.asyncDispose]: sandbox.close };
};
