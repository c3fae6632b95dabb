import assert from "node:assert/strict";
import type { Install } from "../../../src/install/install.ts";
import { installRequest, workspaceId } from "../../support/request.ts";
import { until } from "../../support/until.ts";
import type { CrashScene } from "./crash-scene.ts";
import { endsWithinMs } from "./dies-first.ts";

/** Waits until an install that has not failed ends, and holds it to have completed. */
export const untilCompleted = async ({ producer }: CrashScene, installId: string): Promise<Install> => {
  const install = await producer.waitFor(installId, { timeoutMs: endsWithinMs });
  const timeline = await producer.installs.timeline(installId);
  assert.equal(install.status, "completed", JSON.stringify({ install, timeline }, null, 1));
  return install;
};

/**
 * The install stands for its number, alone: Bird has one connector, `created` were made in all, the install owns it,
 * a new request is answered with the install, and Redis keeps nothing that waits for somebody.
 */
export const assertStanding = async (
  scene: CrashScene,
  installId: string,
  { created }: { readonly created: number },
): Promise<Install> => {
  const { client, keys, producer, sandbox } = scene;
  const install = await untilCompleted(scene, installId);
  const timeline = await producer.installs.timeline(installId);
  const told = JSON.stringify({ install, timeline }, null, 1);
  const all = sandbox.report().connectors;
  const alive = all.filter(({ deletedAt }) => deletedAt === undefined);
  assert.deepEqual([all.length, alive.length], [created, 1], `connectors made and alive: ${told}`);
  assert.equal(install.connectorId, alive[0]?.id, told);
  assert.equal(install.channelId, alive[0]?.channelId, told);
  assert.equal(install.uninstalledAt, undefined, told);
  assert.equal(await client.hget(keys.connector(install.connectorId ?? ""), "job"), installId, "the owner");
  const { phoneId } = installRequest();
  assert.equal((await client.get(keys.claim(workspaceId, phoneId)))?.split(" ")[0], installId, "the claim");
  const again = await producer.enqueue(installRequest());
  assert.deepEqual([again.created, again.install.id], [false, installId]);
  assert.ok(!timeline.some(({ what }) => what.startsWith("incident")), told);
  await assertOrdered(scene, installId);
  await assertNothingWaits(scene, installId);
  return install;
};

/** Times of a timeline never go back. */
export const assertOrdered = async ({ producer }: CrashScene, installId: string): Promise<void> => {
  const times = (await producer.installs.timeline(installId)).map(({ at }) => at);
  assert.deepEqual(times, times.toSorted(), "the timeline is in order");
};

const assertNothingWaits = async ({ client, keys }: CrashScene, installId: string): Promise<void> => {
  await until("no event is left unconsumed", async () => (await client.zcard(keys.arrived)) === 0);
  assert.equal(await client.zcard(keys.unmatched), 0, "unmatched events");
  await until("no lock is left", async () => (await client.exists(keys.lock(installId))) === 0);
  for (const state of ["wait", "active", "delayed", "prioritized"]) {
    const left = await client.type(keys.job(state));
    assert.equal(left, "none", `jobs are ${state}`);
  }
  const data = await client.hget(keys.job(installId), "data");
  assert.ok(data !== null && !data.includes('"sealed"'), "the sealed token is dropped");
  assert.equal(await client.hexists(keys.job(installId), "uninstallingAt"), 0);
};
