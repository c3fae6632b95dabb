/**
 * Sends tokens through every way an install can go and prints, as JSON on standard output, everything callers
 * get to see. The log goes to standard error, as it does in life. Run by secrets.test.ts in a process of its own.
 */
import { inspect } from "node:util";
import { createProducer } from "../../src/producer/producer.ts";
import { createSeal, generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { createAccessKeyStore } from "../../src/queue/workspaces/access-keys.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { startTraces } from "../../src/traces/traces.ts";
import { canariesOf } from "./canaries.ts";
import { startOtlpReceiver } from "./otlp-receiver.ts";
import { installRequest, workspaceId } from "./request.ts";
import { refusedAtApi, spendAtApi } from "./spend-at-api.ts";
import { spendAtConnect } from "./spend-at-connect.ts";
import { type Stack, withStack } from "./stack.ts";
import { until } from "./until.ts";

const [redisUrl = "", prefix = "", stem = ""] = process.argv.slice(2);
const canaries = canariesOf(stem);
const { accessToken, invitationToken, accessKey, appSecret } = canaries;
const heldWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const numbers = { completed: 1, failed: 2, lost: 3, held: 4, rejected: 5, unreadable: 6 } as const;

const request = (n: number, change: object = {}) => ({
  ...installRequest(n, { accessToken, invitationToken }),
  ...change,
});
const phoneId = (n: number): string => installRequest(n).phoneId;

const faults: readonly FaultRule[] = [
  { phoneId: phoneId(numbers.failed), fault: { kind: "status", status: 422 } },
  { phoneId: phoneId(numbers.lost), fault: { kind: "answer_lost" } },
  ...refusedAtApi.map(
    (n): FaultRule => ({ phoneId: phoneId(n), times: 1, fault: { kind: "status", status: 422 } }),
  ),
  { workspaceId: heldWorkspaceId, times: "always", fault: { kind: "status", status: 401 } },
];

/** An error in every form it may be printed in. */
const formsOf = (error: unknown): string =>
  [String(error), JSON.stringify(error), inspect(error, { depth: 10, showHidden: true })].join("\n");

const thrownBy = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    return formsOf(error);
  }
  throw new Error("nothing was thrown");
};

const spend = async (stack: Stack): Promise<unknown> => {
  const { producer, sandbox, client, keys, sealingKeys } = stack;
  const accessKeys = createAccessKeyStore({ client, keys, seal: createSeal(sealingKeys) });
  for (const id of [workspaceId, heldWorkspaceId]) await accessKeys.store(id, accessKey);
  const ids: Record<string, string> = {};
  for (const name of ["completed", "failed", "lost"] as const) {
    const { install } = await producer.enqueue(request(numbers[name]), { idempotencyKey: name });
    ids[name] = install.id;
    await producer.waitFor(install.id, { timeoutMs: 15_000 });
  }
  // Opened as if it enqueued nothing, because workers that have other keys refuse it otherwise.
  const unreadable = await createProducer(
    { redisUrl, sealingKeys: generateSealingKey(), prefix, shards: keys.shards.length },
    { enqueues: false },
  );
  const { install: sealedElsewhere } = await unreadable.enqueue(request(numbers.unreadable));
  ids.unreadable = sealedElsewhere.id;
  await unreadable.waitFor(sealedElsewhere.id, { timeoutMs: 15_000 });
  await unreadable.close();
  const held = await producer.enqueue(request(numbers.held, { workspaceId: heldWorkspaceId }));
  ids.held = held.install.id;
  await until("the workspace is held", async () => {
    const found = await producer.installs.find(held.install.id);
    return found?.status === "held";
  });
  const { accessToken: _, ...withoutToken } = request(numbers.rejected);
  const mistyped = { ...withoutToken, accesToken: accessToken, "access token": accessToken };
  const shapeless = request(numbers.rejected, { accessToken: `${accessToken} ${accessToken}` });
  const rejected: unknown[] = [mistyped, shapeless];
  const rows = await Array.fromAsync(producer.enqueueMany(rejected, { batchName: "b" }));
  const errors = [
    await thrownBy(() => producer.enqueue(Object.assign(request(numbers.rejected), mistyped))),
    await thrownBy(() => producer.enqueue(shapeless)),
    await thrownBy(() =>
      producer.enqueue(request(numbers.completed, { name: "x" }), { idempotencyKey: "completed" }),
    ),
    await thrownBy(() => producer.waitFor(held.install.id, { timeoutMs: 1 })),
  ];
  const { answers, retried } = await spendAtApi(stack, canaries);
  const connected = await spendAtConnect(stack, canaries);
  const installs = await producer.installs.findMany(Object.values(ids));
  const timelines = await Promise.all(Object.values(ids).map((id) => producer.installs.timeline(id)));
  return {
    ids,
    retried: await producer.installs.findMany(retried),
    errors,
    installs,
    timelines,
    rejected: rows,
    connected,
    answers: answers.map(({ status, text }) => ({ status, text })),
    connectors: sandbox.report().connectors,
  };
};

// Only the workspaces' own key is good for anything.
const slow = {
  birdAccessKey: "not-valid",
  holdBaseMs: 600_000,
  holdCapMs: 600_000,
  notifyUrl: "https://receiver.example/all",
  metaPreflight: "warn",
} as const;
await using collector = await startOtlpReceiver();
const traces = startTraces({
  settings: { url: `${collector.url}/v1/traces`, headers: {}, serviceName: "test", ratio: 1 },
  sendEveryMs: 20,
  log: { warn: () => undefined },
});
let told: unknown;
const sandbox = { faults, accessKey, metaAppSecret: appSecret };
await withStack({ redisUrl, prefix, traces, sandbox, worker: slow }, async (stack) => {
  told = await spend(stack);
});
await traces.close();
process.stdout.write(JSON.stringify({ told, workspaceId, traced: collector.bodies }));
