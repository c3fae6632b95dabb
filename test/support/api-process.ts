/**
 * Runs an API in a process of its own until its standard input ends. Prints its address, as JSON on standard
 * output; its log goes to standard error, as it does in life. Arguments: Redis, prefix, sealing keys, Bird,
 * Bird's key, Meta as JSON, shards.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";
import { createLog } from "../../src/log.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { startApiRole } from "../../src/roles/api.ts";
import { openProducer } from "../../src/roles/producer.ts";
import { noSettings } from "./no-settings.ts";
import { localApi } from "./role-settings.ts";

const [redisUrl = "", prefix = "", sealingKeys = "", birdApiUrl = "", birdAccessKey = "", ...rest] =
  process.argv.slice(2);
const [metaJson = "", shardsText] = rest;
const metaSchema = z.object({ graphUrl: z.string(), appId: z.string(), appSecret: z.string() });

await using opened = new AsyncDisposableStack();
const keys = createKeys(prefix, Number(shardsText));
const role = { redisUrl, keys, log: createLog({ level: "trace", role: "api" }), opened };
const api = await startApiRole({
  ...role,
  producer: await openProducer(role, { sealingKeys, retentionMs: localApi.retentionMs }),
  doctor: noSettings,
  seal: createSeal(readSealingKeys(sealingKeys)),
  settings: { ...localApi, birdApiUrl, birdAccessKey, meta: metaSchema.parse(JSON.parse(metaJson)) },
});
process.stdout.write(`${JSON.stringify({ url: api.url })}\n`);
await text(process.stdin);
