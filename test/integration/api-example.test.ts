import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { installWithTimelineSchema } from "../../src/install/install.ts";
import { withStack } from "../support/stack.ts";

const script = join(import.meta.dirname, "../../examples/install.sh");
const runScript = (env: Record<string, string>) =>
  promisify(execFile)("sh", [script], { env: { PATH: process.env.PATH, ...env } });

test("the shell example installs a number, and its repeat finds the same install", () =>
  withStack({}, async (stack) => {
    const key = { name: "example", hash: hashApiKey("key-1"), scopes: ["write" as const] };
    const { url } = await stack.startAnApi({ keys: [key] });
    const env = { API_URL: url, API_KEY: "key-1", ACCESS_TOKEN: "EAAG-EXAMPLE" };
    const runs = [await runScript(env), await runScript(env)];
    const [first, second] = runs.map(({ stdout }) => installWithTimelineSchema.parse(JSON.parse(stdout)));
    assert.equal(first?.status, "completed");
    assert.equal(second?.id, first?.id);
    assert.equal(stack.sandbox.report().connectors.length, 1);
    await assert.rejects(runScript({ ...env, API_KEY: "wrong" }), /unauthenticated/);
  }));
