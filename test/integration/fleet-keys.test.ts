import assert from "node:assert/strict";
import test from "node:test";
import { createProducer, SealingKeysError } from "../../src/producer/index.ts";
import { createProducer as createInternalProducer } from "../../src/producer/producer.ts";
import { canFleetOpen, recordSealingKeys } from "../../src/queue/maintenance/fleet-keys.ts";
import { generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";

const optionsOf = ({ redisUrl, keys }: Stack, sealingKeys: string) => ({
  redisUrl,
  sealingKeys,
  prefix: keys.prefix,
  shards: keys.shards.length,
});

/** Opens the library, enqueues with it, and waits for the end. */
const endOf = async (stack: Stack, sealingKeys: string, n: number) => {
  const producer = await createProducer(optionsOf(stack, sealingKeys));
  try {
    const { install } = await producer.enqueue(installRequest(n));
    return (await producer.waitFor(install.id)).status;
  } finally {
    await producer.close();
  }
};

/** It cannot open, and says which option is wrong, without a key in any form. */
const assertRefused = (stack: Stack, sealingKeys: string) =>
  assert.rejects(createProducer(optionsOf(stack, sealingKeys)), (error) => {
    assert.ok(error instanceof SealingKeysError);
    assert.equal(error.code, "foreign_sealing_keys");
    const [kid = "", bytes = ""] = sealingKeys.split(/[:,]/);
    assert.match(error.message, /^sealingKeys \(SEALING_KEYS\) are not those of the workers/);
    assert.ok(error.message.includes(`key ${kid}, the first`) && !error.message.includes(bytes));
    return true;
  });

test("a producer whose first sealing key no worker has is refused at its start, also after the workers", () =>
  withStack({}, async (stack) => {
    const foreign = generateSealingKey();
    await assertRefused(stack, foreign);
    await assertRefused(stack, `${foreign},${stack.sealingKeyText}`);
    await stack.worker.close({ graceMs: 1000 });
    await assertRefused(stack, foreign);
  }));

test("bug: a producer that starts while the first worker records its keys is told that they are foreign", () =>
  withStack({ startsPaused: true }, async ({ client, keys }) => {
    const fingerprint = "a".repeat(43);
    /** In each read, the worker is a moment faster. */
    const reading = new Proxy(client, {
      get: (target, name) => {
        const member = Reflect.get(target, name);
        if (typeof member !== "function" || (name !== "zscore" && name !== "zrange")) return member;
        return async (...args: readonly unknown[]) => {
          if (name === "zrange") await recordSealingKeys({ client, keys }, [fingerprint]);
          return Reflect.apply(member, target, args);
        };
      },
    });
    assert.equal(await canFleetOpen({ client: reading, keys }, fingerprint), true);
  }));

test("a sealing key of a worker's name with other bytes is refused", () =>
  withStack({}, async (stack) => {
    const [kid] = stack.sealingKeyText.split(":");
    await assertRefused(stack, `${kid}:${generateSealingKey().split(":")[1]}`);
  }));

test("a producer seals with any key of a worker that runs, and with a new one once a worker has it", () =>
  withStack({}, async (stack) => {
    const next = generateSealingKey();
    await assertRefused(stack, `${next},${stack.sealingKeyText}`);
    await stack.worker.close({ graceMs: 1000 });
    await stack.startAnotherWorker({}, undefined, [...readSealingKeys(next), ...stack.sealingKeys]);
    assert.equal(await endOf(stack, stack.sealingKeyText, 1), "completed");
    assert.equal(await endOf(stack, `${next},${stack.sealingKeyText}`, 2), "completed");
  }));

test("where no worker has run yet, and for what enqueues nothing, sealing keys are compared with none", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const first = await createProducer(optionsOf(stack, generateSealingKey()));
    await first.close();
    await stack.startAnotherWorker();
    const looks = await createInternalProducer(optionsOf(stack, generateSealingKey()), { enqueues: false });
    await looks.close();
  }));
