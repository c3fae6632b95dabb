import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type ApiAnswer, type ApiClient, createApiClient } from "../../support/api-client.ts";
import { type CrashScene, openCrashScene } from "./crash-scene.ts";
import type { CrashRole } from "./crash-task.ts";
import { type CrashLife, diesFirst, settleMs } from "./dies-first.ts";
import type { RequestOrder } from "./request-orders.ts";

/**
 * Lives what one request to the API begins, with the watched role in a process of its own and the others here. At
 * `crashAt` that process is killed; the role then starts again, and the caller repeats the request. Fails unless
 * everything came out right.
 */
export const requestLife = async (
  order: RequestOrder,
  watched: CrashRole,
  crashAt?: string,
): Promise<CrashLife> => {
  await using stack = new AsyncDisposableStack();
  const scene = await openCrashScene(stack, { ...order, watchesWebhook: false, crashAt });
  const worker = await scene.here("worker");
  const before = await order.prepare(scene);
  if (watched === "worker") await worker.close();
  const child = await scene.apart(watched);
  const api = watched === "api" ? child : await scene.here("api");
  const call = createApiClient(api.url);

  const answered = ask(call, order, before.id);
  const over = watched === "api" ? answered : answered.then((answer) => order.settled(scene, idIn(answer)));
  // A call breaks off a little before its process is known to be dead.
  const isCrashed =
    crashAt !== undefined &&
    (await diesFirst(
      child,
      over.catch(() => child.died),
    ));
  const first = await answered.catch((cause: unknown) => {
    if (isCrashed) return undefined;
    throw cause;
  });
  if (crashAt === undefined) await over.then(() => pause(settleMs));
  const points = [...child.points];
  if (crashAt !== undefined) {
    await assertSane(scene, before.id);
    await scene.here(watched);
  }
  if (first !== undefined) assert.ok(order.answers.first.includes(first.status), first.text);
  const repeated = await ask(call, order, before.id);
  const expected =
    first === undefined ? [...order.answers.first, ...order.answers.repeated] : order.answers.repeated;
  assert.ok(
    expected.includes(repeated.status),
    `the repeat is answered ${repeated.status}: ${repeated.text}`,
  );
  await order.assertEnd(scene, before);
  return { points, isCrashed };
};

const ask = (call: ApiClient, { request }: RequestOrder, installId: string): Promise<ApiAnswer> => {
  const { path, ...rest } = request(installId);
  return call(path, rest);
};

const idIn = ({ body, text }: ApiAnswer): string =>
  typeof body.id === "string" ? body.id : assert.fail(`no install in ${text}`);

/** While the process is dead every install can be read, and a failed one says why it failed. */
const assertSane = async ({ producer }: CrashScene, installId: string): Promise<void> => {
  const install = await producer.installs.find(installId);
  assert.ok(install !== undefined);
  if (install.status === "failed") assert.notEqual(install.error, undefined, JSON.stringify(install));
  const timeline = await producer.installs.timeline(installId);
  assert.ok(
    timeline.every(({ at }) => at !== ""),
    JSON.stringify(timeline),
  );
};
