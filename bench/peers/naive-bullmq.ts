/**
 * BullMQ by its documentation: the worker posts with got and delays the job until the event comes, which promotes it.
 *
 * @see https://docs.bullmq.io/patterns/process-step-jobs
 */
import { DelayedError, type Job, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { createWithGot, groupsOf, type Request, receiveEvents, runRole, setting } from "./peer.ts";

type Install = Job<Request & { readonly connectorId?: string }>;

const connection = new Redis(setting("REDIS_URL").replace("unix://", ""), { maxRetriesPerRequest: null });
const connectors = "connectors";
const channels = "channels";
/** How long a job waits for its event; then it fails and is retried. */
const waitMs = 60_000;

/** Either the worker sees the channel or the webhook sees the job, because each writes before it reads. */
const linkJob = async (connectorId: string, jobId: string): Promise<unknown> => {
  const results = await connection
    .multi()
    .hset(connectors, connectorId, jobId)
    .hget(channels, connectorId)
    .exec();
  return results?.[1]?.[1];
};

const worker = async () => {
  const create = createWithGot();
  const started = new Worker(
    "installs",
    async (job: Install, token) => {
      const { connectorId } = job.data;
      if (connectorId !== undefined) {
        const channelId = await connection.hget(channels, connectorId);
        if (channelId === null) throw new Error("no channel.created in time");
        return { channelId };
      }
      const createdId = await create(job.data);
      await job.updateData({ ...job.data, connectorId: createdId });
      const channelId = await linkJob(createdId, job.id ?? "");
      if (typeof channelId === "string") return { channelId };
      await job.moveToDelayed(Date.now() + waitMs, token);
      if ((await connection.hget(channels, createdId)) !== null) await job.promote().catch(() => {});
      throw new DelayedError();
    },
    { connection, concurrency: 100 },
  );
  started.on("error", ({ message }) => process.stderr.write(`bullmq: ${message}\n`));
  await started.waitUntilReady();
};

const openQueue = async () => {
  const queue = new Queue<Request>("installs", {
    connection,
    defaultJobOptions: { attempts: 8, backoff: { type: "exponential", delay: 1000, jitter: 1 } },
  });
  await queue.waitUntilReady();
  return queue;
};

const webhook = async () => {
  const queue = await openQueue();
  await receiveEvents(async ({ connectorId, channelId }) => {
    const results = await connection
      .multi()
      .hset(channels, connectorId, channelId)
      .hget(connectors, connectorId)
      .exec();
    const jobId = results?.[1]?.[1];
    if (typeof jobId !== "string") return true;
    const job = await queue.getJob(jobId);
    if (job === undefined) return true;
    // A job that is not delayed yet cannot be promoted: the worker looks once more when it is.
    await job.promote().catch(() => {});
    return true;
  });
};

await runRole({
  worker,
  webhook,
  driver: async () => {
    const queue = await openQueue();
    return {
      enqueue: async (installs) => {
        for (const group of groupsOf(installs)) {
          await queue.addBulk(group.map((data) => ({ name: "install", data })));
        }
      },
      completed: () => connection.zcard("bull:installs:completed"),
    };
  },
});
