import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { createApiClient } from "../support/api-client.ts";
import { withStack } from "../support/stack.ts";

const keys = [{ name: "reader", hash: hashApiKey("reader-key"), scopes: ["read"] }] as const;
const lineSchema = z.looseObject({ msg: z.string(), level: z.number(), httpStatus: z.number().optional() });

test("who has no key, or is beyond its limit, does not fill the API's log", async () => {
  const written: string[] = [];
  const options = { startsPaused: true, onLogLine: (line: string) => void written.push(line) };
  await withStack(options, async ({ startAnApi }) => {
    const api = await startAnApi({ keys, requestsPerSecond: 2 });
    const stranger = createApiClient(api.url, "nobody-key");
    for (let n = 0; n < 100; n += 1) assert.equal((await stranger("/v1/installs")).status, 401);
    const reader = createApiClient(api.url, "reader-key");
    const answers = await Promise.all(Array.from({ length: 100 }, () => reader("/v1/installs")));
    const taken = answers.filter(({ status }) => status === 200).length;
    await api.close();
    const lines = written.map((line) => lineSchema.parse(JSON.parse(line)));
    const requests = lines.filter(({ msg }) => msg === "request");
    const refused = requests.filter(({ httpStatus }) => httpStatus !== 200);
    assert.ok(refused.length <= 12, `${refused.length} lines`);
    assert.equal(requests.length - refused.length, taken, "what was served is logged, each");
    const counted = z.looseObject({ counts: z.record(z.string(), z.number()) });
    const rest = counted.parse(lines.find(({ msg }) => msg.startsWith("more was refused")));
    const sum = Object.values(rest.counts).reduce((all, count) => all + count, 0);
    assert.equal(sum + refused.length, 200 - taken);
  });
});
