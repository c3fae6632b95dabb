import assert from "node:assert/strict";
import type { Install } from "../../../src/install/install.ts";
import type { FaultRule } from "../../../src/sandbox/faults/rule.ts";
import type { ApiRequest } from "../../support/api-client.ts";
import { installRequest } from "../../support/request.ts";
import { until } from "../../support/until.ts";
import { assertOrdered, assertStanding, untilCompleted } from "./assert-standing.ts";
import type { CrashScene } from "./crash-scene.ts";
import type { CrashRole } from "./crash-task.ts";
import { endsWithinMs } from "./dies-first.ts";

/** What a request to the API begins with an install that has ended. */
export interface RequestOrder {
  readonly name: string;
  /** Until the install has ended. */
  readonly faults: readonly FaultRule[];
  readonly channelDelayMs: number;
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly lookDelaysMs?: number[];
  /** The install as it is before the request. */
  prepare(scene: CrashScene): Promise<Install>;
  request(installId: string): ApiRequest & { readonly path: string };
  /** Statuses; a repeat of a request that was not answered may be either. */
  readonly answers: { readonly first: readonly number[]; readonly repeated: readonly number[] };
  /** What the request began is over. */
  settled(scene: CrashScene, installId: string): Promise<unknown>;
  assertEnd(scene: CrashScene, before: Install): Promise<void>;
  /** Which roles are killed, and points that must be among those found. */
  readonly mustSee: Readonly<Partial<Record<CrashRole, readonly string[]>>>;
}

const neverMs = 60_000;
const waitsForEvent = { channelDelayMs: 50, firstPollMs: neverMs, deadlineMs: 10 * neverMs } as const;
/** Bird tells nothing of a channel, so that an install fails with its connector. */
const mute: readonly FaultRule[] = [
  { fault: { kind: "event_never" } },
  { operation: "getConnector", fault: { kind: "status", status: 403 } },
  { operation: "listChannels", fault: { kind: "status", status: 403 } },
];
const failsWithConnector = { faults: mute, channelDelayMs: 0, firstPollMs: 100, deadlineMs: 300 } as const;

const enqueued = async ({ producer }: CrashScene): Promise<string> =>
  (await producer.enqueue(installRequest())).install.id;

/** The install has failed, and Bird has no faults any more. */
const failed = async ({ producer, sandbox }: CrashScene, installId: string): Promise<Install> => {
  const install = await producer.waitFor(installId, { timeoutMs: endsWithinMs });
  assert.equal(install.status, "failed");
  sandbox.setFaults([]);
  return install;
};

/** The only row of a batch. */
const failedRow = async (scene: CrashScene): Promise<Install> => {
  const { producer } = scene;
  const opened = await producer.importRows([{ row: 1, input: installRequest() }], { name: "one.csv" });
  const [row] = await Array.fromAsync(opened.rows);
  assert.ok(row !== undefined && "install" in row);
  const install = await failed(scene, row.install.id);
  await until("the batch has finished", async () => {
    const batch = await producer.batches.find(opened.batchId);
    return batch?.status === "finished" && batch.failed === 1;
  });
  return install;
};

const retry: Pick<RequestOrder, "request" | "answers" | "settled"> = {
  request: (installId) => ({ path: `/v1/installs/${installId}/retry`, json: {} }),
  answers: { first: [200], repeated: [409] },
  settled: untilCompleted,
};

/** The batch counts the row as completed, and it has ended. */
const assertCounted = async ({ producer }: CrashScene, { batchId }: Install): Promise<void> => {
  assert.ok(batchId !== undefined);
  await until("the batch counts its row as completed", async () => {
    const batch = await producer.batches.find(batchId);
    return batch?.status === "finished" && batch.completed === 1 && batch.failed === 0;
  });
};

const assertRetried = async (scene: CrashScene, before: Install): Promise<void> => {
  await assertStanding(scene, before.id, { created: 1 });
  const timeline = await scene.producer.installs.timeline(before.id);
  const retries = timeline.filter(({ what }) => what === "retried").length;
  assert.ok(retries === 1 || retries === 2, `a line for each request: ${JSON.stringify(timeline, null, 1)}`);
  await assertCounted(scene, before);
};

const assertUninstalled = async (scene: CrashScene, before: Install): Promise<void> => {
  const { client, keys, producer, sandbox } = scene;
  const { id, connectorId = "" } = before;
  const gone = await producer.installs.find(id);
  assert.ok(gone?.uninstalledAt !== undefined);
  assert.equal(gone.status, "completed");
  const timeline = await producer.installs.timeline(id);
  const deleted = timeline.filter(({ what }) => what === "connector deleted at Bird");
  assert.deepEqual(deleted, timeline.slice(-1), JSON.stringify(timeline, null, 1));
  assert.equal(await client.hget(keys.connector(connectorId), "job"), null, "the connector is nobody's");
  assert.equal(await client.hexists(keys.job(id), "uninstallingAt"), 0, "nothing is under way");
  assert.ok(sandbox.report().connectors.every(({ deletedAt }) => deletedAt !== undefined));
  const next = await producer.enqueue(installRequest());
  assert.equal(next.created, true, "the number is free");
  assert.notEqual(next.install.id, id);
  const standing = await assertStanding(scene, next.install.id, { created: 2 });
  assert.notEqual(standing.connectorId, connectorId);
  assert.deepEqual(await producer.installs.find(id), gone, "nothing more befell the uninstalled one");
  await assertOrdered(scene, id);
};

/** The new install has taken the connector over: the older one keeps its end and can no longer have it. */
const assertAdopted = async (scene: CrashScene, before: Install): Promise<void> => {
  const { id, connectorId } = before;
  const current = await scene.producer.enqueue(installRequest());
  assert.equal(current.created, false);
  const standing = await assertStanding(scene, current.install.id, { created: 1 });
  assert.equal(standing.connectorId, connectorId);
  assert.notEqual(standing.id, id);
  assert.deepEqual(await scene.producer.installs.find(id), before);
};

export const requestOrders: readonly RequestOrder[] = [
  {
    ...waitsForEvent,
    name: "uninstall",
    faults: [],
    prepare: async (scene) => untilCompleted(scene, await enqueued(scene)),
    request: (installId) => ({ path: `/v1/installs/${installId}/connector`, method: "DELETE" }),
    answers: { first: [200], repeated: [200] },
    settled: async () => undefined,
    assertEnd: assertUninstalled,
    mustSee: {
      api: [
        "perchUninstalling #1 before",
        "DELETE /workspaces/:id/connectors/:id #1 before",
        "DELETE /workspaces/:id/connectors/:id #1 sent",
        "DELETE /workspaces/:id/connectors/:id #1 after",
        "perchUninstalled #1 before",
        "perchUninstalled #1 after",
      ],
    },
  },
  {
    ...failsWithConnector,
    ...retry,
    name: "retry with its connector",
    prepare: failedRow,
    assertEnd: assertRetried,
    mustSee: {
      api: ["perchReclaim #1 after", "perchRetry #1 before", "perchRetry #1 after", "reprocessJob #1 after"],
      worker: ["GET /workspaces/:id/connectors/:id #1 sent", "moveToFinished #1 before"],
    },
  },
  {
    ...waitsForEvent,
    ...retry,
    name: "retry without a connector",
    faults: [{ fault: { kind: "status", status: 422 } }],
    prepare: failedRow,
    assertEnd: assertRetried,
    mustSee: {
      api: ["perchReclaim #1 after", "perchRetry #1 before", "perchRetry #1 after", "reprocessJob #1 after"],
      worker: ["POST /workspaces/:id/connectors #1 sent", "perchBind #1 before", "moveToFinished #1 before"],
    },
  },
  {
    ...failsWithConnector,
    name: "adopting an older install's connector",
    // Longer than the run that comes first may take, so that a life always waits for its look.
    lookDelaysMs: [1000, 1500],
    prepare: async (scene) => failed(scene, await enqueued(scene)),
    request: () => ({ path: "/v1/installs", json: installRequest() }),
    answers: { first: [202], repeated: [200] },
    settled: untilCompleted,
    assertEnd: assertAdopted,
    mustSee: {
      worker: ["GET /workspaces/:id/connectors #1 after", "perchBind #1 before", "perchBind #1 after"],
    },
  },
];
