import { setTimeout as pause } from "node:timers/promises";
import type { Install } from "../../../src/install/install.ts";
import type { Producer } from "../../../src/producer/producer.ts";
import { installRequest } from "../../support/request.ts";
import { until } from "../../support/until.ts";
import { assertRecovered } from "./assert-recovered.ts";
import type { CrashOrder } from "./crash-orders.ts";
import { openCrashScene } from "./crash-scene.ts";
import { type CrashLife, diesFirst, endsWithinMs, settleMs } from "./dies-first.ts";
import { leaveBehind } from "./leave-behind.ts";

/**
 * Lives one install from request to end, with the watched role in a process of its own and the other one here.
 * At `crashAt` that process is killed; the role then starts anew. Fails unless everything came out right.
 */
export const crashLife = async (
  order: CrashOrder,
  watched: "worker" | "webhook",
  crashAt?: string,
): Promise<CrashLife> => {
  await using stack = new AsyncDisposableStack();
  const scene = await openCrashScene(stack, { ...order, watchesWebhook: watched === "webhook", crashAt });
  const { client, keys, sandbox, producer } = scene;
  const worker = await (watched === "worker" ? scene.apart : scene.here)("worker");
  const child = [scene.webhook, worker].find((role) => "died" in role);
  if (child === undefined) throw new RangeError("one role is watched");

  const { install } = await producer.enqueue(installRequest());
  const ended = waitForEnd(producer, install.id, order);
  ended.catch(() => undefined);
  const left =
    order.leftBehind === true ? leaveBehind({ client, keys, producer, sandbox }, install.id) : undefined;
  left?.catch(() => undefined);
  const isCrashed = crashAt !== undefined && (await diesFirst(child, ended));
  if (crashAt !== undefined) await scene.here(watched);
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
