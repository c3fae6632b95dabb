// Enqueues one install from any Node project (22 or newer) and waits until it has ended.
//
//   npm install ./perch-producer-0.1.0.tgz   (made in a checkout: npm run build:producer && npm pack ./packages/producer/dist)
//   REDIS_URL=redis://127.0.0.1:6379 SEALING_KEYS=k1:… ACCESS_TOKEN=… node enqueue.mjs
//
// REDIS_URL and SEALING_KEYS are those of your Perch workers.
import { createProducer, InputError } from "perch-producer";

const { REDIS_URL: redisUrl, SEALING_KEYS: sealingKeys, ACCESS_TOKEN: accessToken } = process.env;
if (!redisUrl || !sealingKeys || !accessToken)
  throw new Error("Set REDIS_URL, SEALING_KEYS and ACCESS_TOKEN.");

const producer = await createProducer({ redisUrl, sealingKeys });
try {
  const { install, created } = await producer.enqueue(
    {
      workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
      name: "Acme support",
      wabaId: "102290129340398",
      phoneId: "106540352242922",
      phoneNumber: "+1 415 555 0123",
      accessToken,
    },
    // The same key with the same request never makes a second install.
    { idempotencyKey: "order-4711" },
  );
  console.log(`${created ? "enqueued" : "attached"}: ${install.id}`);
  const ended = await producer.waitFor(install.id, { timeoutMs: Number(process.env.TIMEOUT_MS ?? 300_000) });
  if (ended.status === "completed") console.log(`channel ${ended.channelId}`);
  else console.log(`${ended.status}: ${ended.error?.message} ${ended.error?.action}`);
} catch (error) {
  if (error instanceof InputError) {
    for (const { path, message } of error.issues) console.error(`${path} ${message}`);
    process.exitCode = 2;
  } else {
    throw error;
  }
} finally {
  await producer.close();
}
