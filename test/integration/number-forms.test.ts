import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { z } from "zod";
import { listCommand } from "../../src/cli/installs/list.ts";
import { createProducer } from "../../src/producer/library.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, withStack } from "../support/stack.ts";
import { createTestIo } from "../unit/cli/test-io.ts";

const pageSchema = z.object({ items: z.array(z.object({ id: z.string() })) });

/** Forms of one number each: in a request, and of those any in a search. */
const numbers = [
  ["+54 9 11 2345-6789", "+54 11 2345-6789"],
  ["+54 11 2345-6780", "+54 9 11 2345-6780", "+54 11 15 2345-6780"],
  ["+52 55 1234 5678", "+52 1 55 1234 5678"],
  ["+52 1 55 1234 5679", "+52 55 1234 5679"],
  ["+55 11 98765-4321", "+55 11 8765-4321"],
  ["+55 11 8765-4322", "+55 11 98765-4322"],
] as const;

test("bug: a list by phone missed a number that was asked for in another form of its country", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { producer, redisUrl, keys, sealingKeyText } = stack;
    const call = createApiClient((await stack.startAnApi()).url);
    const { retentionMs } = quickSettings;
    const options = { redisUrl, sealingKeys: sealingKeyText, prefix: keys.prefix, retentionMs };
    const library = await createProducer({ ...options, shards: keys.shards.length });
    try {
      for (const [n, forms] of numbers.entries()) {
        const request = installRequest(n + 1, { phoneNumber: forms[0] });
        const { id } = (await producer.enqueue(request)).install;
        for (const form of forms) {
          const found = (await library.list({ phoneNumber: form })).items.map((install) => install.id);
          assert.deepEqual(found, [id], `library: ${form}`);
          const page = await call(`/v1/installs?phoneNumber=${encodeURIComponent(form)}`);
          assert.deepEqual(
            page.as(pageSchema).items.map((install) => install.id),
            [id],
            `API: ${form}`,
          );
          const io = createTestIo();
          assert.equal(await listCommand({ io, producer }, { phone: form, limit: 5, json: true }), 0);
          const printed = pageSchema.parse(JSON.parse(io.out())).items.map((install) => install.id);
          assert.deepEqual(printed, [id], `command: ${form}`);
        }
        const { workspaceId } = request;
        const narrowed = { phoneNumber: forms[1], workspaceId, status: "queued" } as const;
        assert.deepEqual((await library.list(narrowed)).items.length, 1, "with other filters beside it");
      }
    } finally {
      await library.close();
    }
  }));

test("bug: creates of a number in its two Argentine forms were counted apart", () =>
  withStack({ worker: { numberMaxCreates: 2 } }, async ({ producer }) => {
    const ends: string[] = [];
    for (const phoneNumber of ["+54 9 11 2345-6789", "+54 11 2345-6789", "+54 9 11 2345-6789"]) {
      const request = { ...installRequest(1), phoneNumber, workspaceId: randomUUID() };
      const { install } = await producer.enqueue(request);
      const { status, error } = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      ends.push(error?.code ?? status);
    }
    assert.deepEqual(ends, ["completed", "completed", "number_attempts_exhausted"]);
  }));
