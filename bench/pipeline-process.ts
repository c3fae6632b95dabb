import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DelayedError, Queue, Worker } from "bullmq";
import { z } from "zod";
import { parseApiKeys } from "../src/api/auth/api-keys.ts";
import { createBirdClient } from "../src/bird/bird-client.ts";
import { workspaceSigningKey } from "../src/bird/signature.ts";
import { createLog } from "../src/log.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createSeal, readSealingKeys } from "../src/queue/secrets/seal.ts";
import { connectRedis } from "../src/redis/connection.ts";
import { startApiRole } from "../src/roles/api.ts";
import { openProducer } from "../src/roles/producer.ts";
import { startWebhookRole } from "../src/roles/webhook.ts";
import { startWorkerRole } from "../src/roles/worker.ts";
import { faultRuleSchema } from "../src/sandbox/faults/rule.ts";
import { startSandbox } from "../src/sandbox/sandbox.ts";
import { noSettings } from "../test/support/no-settings.ts";
import { localApi, localWebhook } from "../test/support/role-settings.ts";
import { openBenchTraces } from "./open-bench-traces.ts";

/** One process of the pipeline benchmark, with the role its arguments name. */
const [role = "", redisUrl = "", prefix = "", sandboxUrl = "", extra = "", faults = "[]", tracing = "null"] =
  process.argv.slice(2);

const secret = "bench-signing-secret";
const accessKey = "bench-access-key";
const log = createLog({ level: "error", role });
const keys = createKeys(prefix, Number(process.env.BENCH_SHARDS ?? 1));
const concurrency = Number(process.env.BENCH_CONCURRENCY ?? 100);
const channelDelayMs = Number(process.env.BENCH_CHANNEL_DELAY_MS ?? 0);

const tracingSchema = z.object({ url: z.string(), ratio: z.number() }).nullable();
const traces = await openBenchTraces(tracingSchema.parse(JSON.parse(tracing)), role);

const bird = { birdApiUrl: sandboxUrl, birdAccessKey: accessKey };
/** What every role takes. A process ends by being killed, so nothing closes it. */
const deps = { redisUrl, keys, traces, log, opened: new AsyncDisposableStack() };

const roles: Record<string, () => Promise<string>> = {
  sandbox: async () => {
    const sandbox = await startSandbox({
      accessKey,
      channelDelayMs,
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
  webhook: async () =>
    (await startWebhookRole({ ...deps, settings: { ...localWebhook, signingSecret: secret } })).url,
  worker: async () => {
    await startWorkerRole({
      ...deps,
      seal: createSeal(readSealingKeys(extra)),
      settings: {
        ...bird,
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
    const { url } = await startApiRole({
      ...deps,
      producer: await openProducer(deps, { sealingKeys: extra }),
      seal: createSeal(readSealingKeys(extra)),
      doctor: noSettings,
      settings: {
        ...localApi,
        ...bird,
        keys: parseApiKeys(process.env.BENCH_API_KEYS ?? "") ?? [],
        consoleDir: join(import.meta.dirname, "../dist/console"),
        requestTimeoutMs: 30_000,
        holdBaseMs: 30_000,
        holdCapMs: 900_000,
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
        await job.moveToDelayed(Date.now() + channelDelayMs, token);
        throw new DelayedError();
      },
      { connection: client, prefix, concurrency, removeOnComplete: { age: 3600 } },
    );
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    return "";
  },
};

process.on("disconnect", () => process.exit(0));
process.on("message", () =>
  process.send?.({ role: role === "bare" ? "worker" : role, usage: process.cpuUsage() }),
);
const url = await roles[role]?.();
process.send?.({ ready: true, url });
