/**
 * Runs an API in a process of its own until its standard input ends. Prints its address, as JSON on standard
 * output; its log goes to standard error, as it does in life. Arguments: Redis, prefix, sealing keys, Bird,
 * Bird's key, Meta as JSON, shards.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";
import { startApi } from "../../src/api/api.ts";
import { createLog } from "../../src/log.ts";
import { createProducer } from "../../src/producer/producer.ts";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { createSeal, parseSealingKeys } from "../../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { quickSettings } from "./stack.ts";

const [redisUrl = "", prefix = "", sealingKeys = "", birdApiUrl = "", birdAccessKey = "", ...rest] =
  process.argv.slice(2);
const [metaJson = "", shardsText] = rest;
const shards = Number(shardsText);
const metaSchema = z.object({ graphUrl: z.string(), appId: z.string(), appSecret: z.string() });
const { retentionMs, holdBaseMs, holdCapMs, requestTimeoutMs } = quickSettings;

const client = await connectRedis(redisUrl, { whenAway: "fail", name: "test-api" });
const producer = await createProducer({ redisUrl, sealingKeys, prefix, retentionMs, shards });
const api = await startApi({
  client,
  keys: createKeys(prefix, shards),
  producer,
  seal: createSeal(parseSealingKeys(sealingKeys) ?? []),
  settings: {
    host: "127.0.0.1",
    port: 0,
    keys: [],
    requestsPerSecond: 0,
    allowsHttp: false,
    birdApiUrl,
    birdAccessKey,
    requestTimeoutMs,
    meta: metaSchema.parse(JSON.parse(metaJson)),
    holdBaseMs,
    holdCapMs,
    retentionMs,
    version: "0.0.0-test",
  },
  log: createLog({ level: "trace", role: "api" }),
});
process.stdout.write(`${JSON.stringify({ url: api.url })}\n`);
await text(process.stdin);
await api.close();
await producer.close();
await closeRedis(client);
