import { setTimeout as pause } from "node:timers/promises";
import { workspaceSigningKey } from "../../../src/bird/signature.ts";
import type { Install } from "../../../src/install/install.ts";
import { createProducer, type Producer } from "../../../src/producer/producer.ts";
import { connectRedis } from "../../../src/queue/connection.ts";
import { createKeys } from "../../../src/queue/keys.ts";
import { generateSealingKey } from "../../../src/queue/sealing-keys.ts";
import { startSandbox } from "../../../src/sandbox/sandbox.ts";
import { testPrefix, testRedisUrl } from "../../support/redis.ts";
import { installRequest } from "../../support/request.ts";
import { until } from "../../support/until.ts";
import { assertRecovered } from "./assert-recovered.ts";
import { startCrashChild } from "./crash-child.ts";
import type { CrashOrder } from "./crash-orders.ts";
import { signingSecret } from "./crash-settings.ts";
import type { CrashRole, CrashTask } from "./crash-task.ts";
import { leaveBehind } from "./leave-behind.ts";
import { type StartedRole, startRole } from "./start-role.ts";

export interface CrashLife {
  /** Every point that was passed, when nobody crashed. */
  readonly points: readonly string[];
  /** Whether the process died at its point; a life may take another turn and never come there. */
  readonly isCrashed: boolean;
}

/** How long an install may take to end, with a crash on its way. */
const endsWithinMs = 20_000;
/** The last steps of a life come a little after its end is known. */
const settleMs = 250;

/**
 * Lives one install from request to end, with the watched role in a process of its own and the other one here.
 * At `crashAt` that process is killed; the role then starts anew. Fails unless everything came out right.
 */
export const crashLife = async (
  order: CrashOrder,
  watched: CrashRole,
  crashAt?: string,
): Promise<CrashLife> => {
  await using stack = new AsyncDisposableStack();
  const redisUrl = testRedisUrl();
  const keys = createKeys(testPrefix());
  const sealingKeys = generateSealingKey();
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "crash-test" });
  stack.defer(async () => {
    await client.quit();
  });
  const base = {
    redisUrl,
    prefix: keys.prefix,
    sealingKeys,
    birdApiUrl: "",
    birdAccessKey: "",
    firstPollMs: order.firstPollMs,
    deadlineMs: order.deadlineMs,
    // Nobody delivers here: it is enough that the notification waits on its queue.
    ...(order.isTold === true && { notifyUrl: "https://hooks.example.com" }),
    port: 0,
  };
  const here = async (task: CrashTask): Promise<StartedRole> => {
    const role = await startRole(task);
    stack.defer(() => role.close());
    return role;
  };
  const apart = async (task: CrashTask) => {
    const child = await startCrashChild({ ...task, crashAt });
    stack.defer(() => child.kill());
    return child;
  };

  const webhookTask = { ...base, role: "webhook" } as const;
  const webhook = await (watched === "webhook" ? apart(webhookTask) : here(webhookTask));
  const sandbox = await startSandbox({
    channelDelayMs: order.channelDelayMs,
    faults: order.faults,
    // An event is sent again until a killed webhook is back.
    eventRepeatMs: [20, 50, 100, 200, 500, ...Array.from({ length: 20 }, () => 1000)],
    subscribeAll: {
      url: `${webhook.url}/webhooks/bird/{workspaceId}`,
      signingKey: (workspaceId) => workspaceSigningKey(signingSecret, workspaceId),
    },
  });
  stack.defer(() => sandbox.close());
  const workerTask = {
    ...base,
    role: "worker",
    birdApiUrl: sandbox.url,
    birdAccessKey: sandbox.accessKey,
  } as const;
  const worker = await (watched === "worker" ? apart(workerTask) : here(workerTask));
  const child = [webhook, worker].find((role) => "died" in role);
  if (child === undefined) throw new RangeError("one role is watched");

  const producer = await createProducer({ redisUrl, sealingKeys, prefix: keys.prefix });
  stack.defer(() => producer.close());
  const { install } = await producer.enqueue(installRequest());
  const ended = waitForEnd(producer, install.id, order);
  ended.catch(() => undefined);
  const left =
    order.leftBehind === true ? leaveBehind({ client, keys, producer, sandbox }, install.id) : undefined;
  left?.catch(() => undefined);
  const isCrashed = crashAt !== undefined && (await diesFirst(child.died, ended));
  if (isCrashed) {
    const port = Number(new URL(webhook.url).port);
    await here(watched === "worker" ? workerTask : { ...webhookTask, port });
  }
  await left;
  await assertRecovered({ order, producer, client, keys, report: () => sandbox.report() }, install, ended);
  if (crashAt === undefined) await pause(settleMs);
  return { points: [...child.points], isCrashed };
};

/** The waiter is told of a failure; what heals the install comes after that. */
const waitForEnd = async (producer: Producer, installId: string, order: CrashOrder): Promise<Install> => {
  const install = await producer.waitFor(installId, { timeoutMs: endsWithinMs });
  if (order.healed !== true) return install;
  return until("a late event heals the install", async () => {
    const healed = await producer.installs.find(installId);
    return healed?.status === "completed" && healed;
  });
};

/** Whether the process was killed at its point; one that outlives the install has missed it. */
const diesFirst = async (died: Promise<string>, ended: Promise<Install>): Promise<boolean> => {
  const over = ended.then(
    () => pause(settleMs, "outlived"),
    () => "outlived",
  );
  const end = await Promise.race([died, over]);
  if (end === "outlived") return false;
  if (end !== "SIGKILL") throw new Error(`the process ended by ${end} instead of being killed`);
  return true;
};
