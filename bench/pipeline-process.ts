import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { DelayedError, Queue, Worker } from "bullmq";
import { z } from "zod";
import { startApi } from "../src/api/api.ts";
import { createBirdClient } from "../src/bird/bird-client.ts";
import { workspaceSigningKey } from "../src/bird/signature.ts";
import { createLog } from "../src/log.ts";
import { createProducer } from "../src/producer/producer.ts";
import { createFindTrace } from "../src/queue/installs/trace.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createSeal, parseSealingKeys } from "../src/queue/secrets/seal.ts";
import { connectRedis } from "../src/redis/connection.ts";
import { faultRuleSchema } from "../src/sandbox/faults/rule.ts";
import { startSandbox } from "../src/sandbox/sandbox.ts";
import { startWebhook } from "../src/webhook/webhook.ts";
import { startWorker } from "../src/worker/worker.ts";
import { openBenchTraces } from "./open-bench-traces.ts";

/** One process of the pipeline benchmark, told by its arguments what to be. */
const [role = "", redisUrl = "", prefix = "", sandboxUrl = "", extra = "", faults = "[]", tracing = "null"] =
  process.argv.slice(2);

const secret = "bench-signing-secret";
const accessKey = "bench-access-key";
const log = createLog({ level: "error", role });
const keys = createKeys(prefix, Number(process.env.BENCH_SHARDS ?? 1));
const concurrency = Number(process.env.BENCH_CONCURRENCY ?? 100);

const tracingSchema = z.object({ url: z.string(), ratio: z.number() }).nullable();
const traces = await openBenchTraces(tracingSchema.parse(JSON.parse(tracing)), role);

const roles: Record<string, () => Promise<string>> = {
  sandbox: async () => {
    const sandbox = await startSandbox({
      accessKey,
      channelDelayMs: 0,
      postsPerSecond: 0,
      getsPerSecond: 0,
      faults: z.array(faultRuleSchema).parse(JSON.parse(faults)),
      ...(extra !== "" && {
        subscribeAll: {
          url: `${extra}/webhooks/bird/{workspaceId}`,
          signingKey: (workspaceId) => workspaceSigningKey(secret, workspaceId),
        },
      }),
    });
    return sandbox.url;
  },
  webhook: async () => {
    const client = await connectRedis(redisUrl, { whenAway: "fail", name: "webhook" });
    const { url } = await startWebhook({
      client,
      keys,
      log,
      traces: traces?.forWebhook({ findTrace: createFindTrace({ client, keys }) }),
      settings: {
        host: "127.0.0.1",
        port: 0,
        publicUrl: undefined,
        signingKeys: [],
        signingSecret: secret,
        maxAgeMs: 86_400_000,
        readyStatuses: ["active"],
        retentionMs: 3_600_000,
      },
    });
    return url;
  },
  worker: async () => {
    await startWorker({
      client: await connectRedis(redisUrl, { whenAway: "wait", name: "worker" }),
      keys,
      seal: createSeal(parseSealingKeys(extra) ?? []),
      log,
      traces: traces?.forWorker(),
      settings: {
        birdApiUrl: sandboxUrl,
        birdAccessKey: accessKey,
        connectorTemplate: "whatsapp:1",
        requestTimeoutMs: 30_000,
        postsPerSecond: 100_000,
        getsPerSecond: 100_000,
        concurrency,
        maxAttempts: 8,
        backoffBaseMs: 1000,
        backoffCapMs: 300_000,
        holdBaseMs: 30_000,
        holdCapMs: 900_000,
        lookDelaysMs: [2000, 10_000, 30_000],
        firstPollMs: 3_000_000,
        deadlineMs: 3_600_000,
        readyStatuses: ["active"],
        numberMaxCreates: 5,
        numberWindowMs: 259_200_000,
        retentionMs: 3_600_000,
      },
    });
    return "";
  },
  api: async () => {
    const producer = await createProducer({ redisUrl, sealingKeys: extra, prefix });
    const { url } = await startApi({
      client: await connectRedis(redisUrl, { whenAway: "fail", name: "api" }),
      keys,
      producer,
      seal: createSeal(parseSealingKeys(extra) ?? []),
      log,
      settings: {
        host: "127.0.0.1",
        port: 0,
        keys: [],
        requestsPerSecond: 0,
        allowsHttp: false,
        birdApiUrl: sandboxUrl,
        birdAccessKey: accessKey,
        requestTimeoutMs: 30_000,
        meta: undefined,
        holdBaseMs: 30_000,
        holdCapMs: 900_000,
        retentionMs: 3_600_000,
        version: "0.0.0-bench",
      },
    });
    return url;
  },
  /** Takes spans and counts them: `GET` answers with how many. */
  collector: async () => {
    let spans = 0;
    let bytes = 0;
    const server = createServer(async (request, response) => {
      const body = await text(request);
      spans += body.split('"startTimeUnixNano":').length - 1;
      bytes += body.length;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(request.method === "GET" ? JSON.stringify({ spans, bytes }) : "{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  },
  /** The floor: BullMQ alone, two passes of every job, with the same POST through the same client in the first. */
  bare: async () => {
    const client = await connectRedis(redisUrl, { whenAway: "wait", name: "bare" });
    const bird = createBirdClient({ baseUrl: sandboxUrl, accessKey, requestTimeoutMs: 30_000 });
    const queue = new Queue("bare", { connection: client, prefix });
    const worker = new Worker(
      "bare",
      async (job, token) => {
        if (job.attemptsStarted > 1) return { done: true };
        const { request } = job.data;
        await bird.send({
          method: "POST",
          path: `/workspaces/${request.workspaceId}/connectors`,
          json: {
            name: request.name,
            connectorTemplateRef: "whatsapp:1",
            arguments: { wabaId: request.wabaId, phoneId: request.phoneId, phoneNumber: request.phoneNumber },
            securityArguments: { oauth: { accessToken: "EAAG-BENCH" } },
          },
        });
        await job.moveToDelayed(Date.now(), token);
        throw new DelayedError();
      },
      { connection: client, prefix, concurrency, removeOnComplete: { age: 3600 } },
    );
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    return "";
  },
};

process.on("disconnect", () => process.exit(0));
process.on("message", () => process.send?.({ role, usage: process.cpuUsage() }));
const url = await roles[role]?.();
process.send?.({ ready: true, url });
