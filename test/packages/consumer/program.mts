import {
  createProducer,
  type EnqueuedRow,
  type ErrorCode,
  InputError,
  type Install,
  type InstallRequestInput,
  type ListOptions,
  type Producer,
  type ProducerOptions,
  RedisUnavailableError,
} from "perch-producer";

const options: ProducerOptions = { redisUrl: "redis://127.0.0.1", sealingKeys: "k", shards: undefined };
const request: InstallRequestInput = {
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  name: "Acme",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+14155550123",
  accessToken: "EAAG",
  metadata: { customer: "42" },
};

export const use = async (signal: AbortSignal): Promise<string> => {
  const producer: Producer = await createProducer(options);
  try {
    const { install, created } = await producer.enqueue(request, { idempotencyKey: "order-4711" });
    const ended: Install = await producer.waitFor(install.id, { timeoutMs: 1000, signal });
    // @ts-expect-error a token is never handed back
    ended.accessToken;
    // @ts-expect-error a request without a token is none
    const none: InstallRequestInput = { workspaceId: "w" };
    for await (const row of producer.enqueueMany([request, none], { batchName: "march" })) told(row);
    const wanted: ListOptions = { status: ["failed", "cancelled"], limit: 10 };
    const { items, nextCursor } = await producer.list(wanted);
    const code: ErrorCode | undefined = items[0]?.error?.code;
    await producer.retry(install.id, { accessToken: "EAAH" });
    return `${created} ${nextCursor ?? ""} ${code ?? ""} ${(await producer.cancel(install.id)).status}`;
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({ path }) => path).join();
    if (error instanceof RedisUnavailableError) return error.reason;
    throw error;
  } finally {
    await producer.close();
  }
};

const told = (row: EnqueuedRow): string =>
  "errors" in row ? row.errors.map(({ message }) => message).join() : row.install.status;
