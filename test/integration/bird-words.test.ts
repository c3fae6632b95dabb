import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { batchCommand } from "../../src/cli/batch/batch.ts";
import { installText } from "../../src/cli/installs/text.ts";
import { birdAnswer } from "../../src/install/errors/install-error.ts";
import { installSchema } from "../../src/install/install.ts";
import { resultRows } from "../../src/producer/results/rows.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

const canary = "CANARY-TOKEN-OF-THE-CUSTOMER";
const request = (n: number) => ({ ...installRequest(n), accessToken: canary });

const refusal = {
  code: "InvalidPayload",
  message: `Token ${canary} does not fit ${installRequest(0).phoneNumber}: the WABA is not shared with Bird`,
  details: { "arguments.wabaId": ["is not shared"] },
  request_id: "req-7f3a",
};
const said = "Token [token] does not fit [number]: the WABA is not shared with Bird";

const refusing = (status: 403 | 404 | 409 | 422 | 429 | 500): StackOptions => ({
  sandbox: { faults: [{ times: "always", fault: { kind: "status", status, body: refusal } }] },
});

test("what Bird says of a refusal reaches status, results, batch, notification and log, without token and number", () => {
  const lines: string[] = [];
  return withStack({ ...refusing(422), onLogLine: (line) => lines.push(line) }, async (stack) => {
    const { producer } = stack;
    const started = await producer.importRows([{ row: 1, input: request(0) }], { name: "b" });
    for await (const _ of started.rows);
    const batch = await until("the batch has finished", async () => {
      const [found] = (await producer.batches.list({ limit: 1 })).items;
      return found?.status === "finished" && found;
    });
    const call = createApiClient((await stack.startAnApi()).url);
    const listed = await call(`/v1/installs?batchId=${batch.id}`);
    const { items } = listed.as(z.object({ items: z.array(installSchema) }));
    const [install = assert.fail("the list has the install")] = items;
    assert.ok(install.error);
    assert.deepEqual(birdAnswer(install.error), {
      birdStatus: 422,
      birdCode: "InvalidPayload",
      birdMessage: said,
      birdDetails: ["arguments.wabaId"],
      birdRequestId: "req-7f3a",
    });
    const shown = `Bird says  ${said} (HTTP 422, InvalidPayload, at arguments.wabaId, request req-7f3a)`;
    assert.ok(installText(install).includes(`  ${shown}`), installText(install).join("\n"));
    const rows = await Array.fromAsync(resultRows(producer, batch.id));
    assert.equal(rows[0]?.birdMessage, said);
    const csv = (await call(`/v1/batches/${batch.id}/results?format=csv`)).text;
    assert.match(csv, new RegExp(`,birdMessage,[^]*${said.replaceAll(/[[\]]/g, "\\$&")}`));
    const io = createTestIo();
    const batchActions = { pause: () => assert.fail(), resume: () => assert.fail() };
    const args = { id: batch.id, watch: false, pause: false, resume: false, json: false };
    assert.equal(await batchCommand({ io, producer, batchActions }, args), 0);
    assert.match(io.out(), /Bird says: Token \[token\] does not fit/);
    const failed = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "install failed");
    assert.equal(failed.birdMessage, said);
    assert.equal(failed.birdRequestId, "req-7f3a");
    const everything = [lines.join("\n"), JSON.stringify(install), csv].join("\n");
    assert.ok(!everything.includes(canary), "no token is shown");
  });
});

for (const [status, what] of [
  [403, /Bird answered 403: key without the policy \(Bird: Token \[token\] does not fit/],
  [429, /Bird answered 429: too many requests \(Bird: /],
  [404, /Bird answered 404: workspace not found \(Bird: /],
  [500, /Bird answered 500 \(Bird: .*\), so the create's outcome is not known: looking before/],
] as const) {
  test(`the timeline says what Bird answered with ${status}`, () =>
    withStack(refusing(status), async ({ producer }) => {
      const { install } = await producer.enqueue(request(0));
      await until("the timeline says it", async () => {
        const timeline = await producer.installs.timeline(install.id);
        assert.ok(!JSON.stringify(timeline).includes(canary));
        return timeline.some((entry) => what.test(entry.what));
      });
    }));
}

test("an install whose creates Bird answered with 500 shows the last answer", () =>
  withStack(
    { ...refusing(500), worker: { maxAttempts: 2, lookDelaysMs: [5], requestTimeoutMs: 500 } },
    async ({ producer }) => {
      const { install } = await producer.enqueue(request(0));
      const { error } = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(error?.code, "bird_unavailable");
      assert.equal(error?.birdStatus, 500);
      assert.equal(error?.birdMessage, said);
    },
  ));
