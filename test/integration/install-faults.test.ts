import assert from "node:assert/strict";
import test from "node:test";
import { QueueEvents } from "bullmq";
import type { Install } from "../../src/install/install.ts";
import { installsQueueName } from "../../src/queue/keyspace/keys.ts";
import { connectRedis } from "../../src/redis/connection.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import type { SandboxReport } from "../../src/sandbox/report.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

interface Case {
  readonly name: string;
  readonly faults: readonly FaultRule[];
  readonly stack?: StackOptions;
  readonly ends: Partial<Install> & { readonly errorCode?: string };
  /** Connectors at Bird afterwards. Default 1. */
  readonly connectors?: number;
  /** A step that must be on the timeline. */
  readonly step?: RegExp;
}

const create = (fault: FaultRule["fault"], times?: FaultRule["times"]): FaultRule => ({
  fault,
  ...(times !== undefined && { times }),
});
const status = (code: 400 | 401 | 403 | 404 | 409 | 422 | 429 | 500 | 502, times?: number) =>
  create({ kind: "status", status: code }, times);
const pollSoon: StackOptions = { worker: { firstPollMs: 40 } };
const giveUpSoon: StackOptions = { worker: { firstPollMs: 20, deadlineMs: 150 } };

const completedBy = (by: "webhook" | "poll") => ({ status: "completed", completedBy: by }) as const;

const cases: readonly Case[] = [
  {
    name: "the event comes before the answer",
    faults: [create({ kind: "event_before_answer" })],
    ends: completedBy("webhook"),
  },
  {
    name: "the event comes three times more",
    faults: [create({ kind: "event_repeated", times: 3 })],
    ends: completedBy("webhook"),
  },
  {
    name: "the event is signed wrongly at first",
    faults: [create({ kind: "event_wrong_signature", times: 2 })],
    ends: completedBy("webhook"),
  },
  {
    name: "the event names another channel the second time: the first stands",
    faults: [create({ kind: "event_other_channel" })],
    ends: completedBy("webhook"),
  },
  {
    name: "the event never comes: Bird is asked",
    faults: [create({ kind: "event_never" })],
    stack: pollSoon,
    ends: { ...completedBy("poll"), channelStatus: "active" },
  },
  {
    name: "the event names only the channel, on the workspace's own path",
    faults: [create({ kind: "event_minimal" })],
    ends: completedBy("webhook"),
  },
  {
    name: "the channel is pending first, and the second event says it is usable",
    faults: [create({ kind: "event_status", status: "pending", thenStatus: "active", afterMs: 30 })],
    ends: { ...completedBy("webhook"), channelStatus: "active" },
  },
  {
    name: "no channel before the deadline",
    faults: [create({ kind: "channel_never" })],
    stack: giveUpSoon,
    ends: { status: "failed", errorCode: "channel_timeout" },
  },
  {
    name: "a channel that stays pending",
    faults: [create({ kind: "event_status", status: "pending" })],
    stack: giveUpSoon,
    ends: { status: "failed", errorCode: "channel_not_ready" },
  },
  {
    name: "the answer is lost after the create was done: found and adopted",
    faults: [create({ kind: "answer_lost" })],
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /adopted/,
  },
  {
    name: "the answer is lost and the list lags: later looks find it",
    faults: [
      create({ kind: "answer_lost" }),
      create({ kind: "list_lag", delayMs: 1500 }),
      create({ kind: "event_late", delayMs: 2500 }),
    ],
    stack: { worker: { lookDelaysMs: [20, 60, 2000] } },
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /not there \(1 of 3\)/,
  },
  {
    name: "the answer is lost and the list stays silent: the unmatched event names the connector",
    faults: [create({ kind: "answer_lost" }), create({ kind: "list_lag", delayMs: 60_000 })],
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /adopted/,
  },
  {
    name: "the answer is lost and arguments are not echoed: found by name",
    faults: [create({ kind: "answer_lost" }), create({ kind: "no_arguments_echo" })],
    ends: completedBy("webhook"),
    step: /adopted/,
  },
  {
    name: "the connection is reset and nothing was done: looks, then posts again",
    faults: [create({ kind: "reset" })],
    ends: { ...completedBy("webhook"), attempts: 2 },
    step: /not answered/,
  },
  {
    name: "an answer slower than the time-out",
    faults: [create({ kind: "slow", delayMs: 400 })],
    stack: { worker: { requestTimeoutMs: 100 } },
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /adopted/,
  },
  {
    name: "an empty 200 after the create was done",
    faults: [create({ kind: "empty_200" })],
    ends: completedBy("webhook"),
    step: /adopted/,
  },
  {
    name: "500 with the create done: found and adopted",
    faults: [create({ kind: "status", status: 500, done: true })],
    ends: completedBy("webhook"),
    step: /adopted/,
  },
  {
    name: "502 with HTML and nothing done",
    faults: [status(502)],
    ends: { ...completedBy("webhook"), attempts: 2 },
  },
  {
    name: "429 without Retry-After, twice",
    faults: [status(429, 2)],
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /429/,
  },
  {
    name: "429 with Retry-After",
    faults: [create({ kind: "status", status: 429, retryAfterSeconds: 1 })],
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /429/,
  },
  {
    name: "401 twice: held, not failed",
    faults: [status(401, 2)],
    ends: { ...completedBy("webhook"), attempts: 1 },
    step: /401/,
  },
  { name: "403: held, not failed", faults: [status(403)], ends: completedBy("webhook"), step: /403/ },
  {
    name: "404 once: a new workspace may lag",
    faults: [status(404)],
    ends: { ...completedBy("webhook"), attempts: 2 },
  },
  {
    name: "404 three times",
    faults: [status(404, 3)],
    ends: { status: "failed", errorCode: "workspace_not_found", attempts: 3 },
    connectors: 0,
  },
  {
    name: "422",
    faults: [status(422)],
    ends: { status: "failed", errorCode: "rejected_by_bird" },
    connectors: 0,
  },
  {
    name: "400",
    faults: [status(400)],
    ends: { status: "failed", errorCode: "rejected_by_bird" },
    connectors: 0,
  },
  {
    name: "409 for a connector that is nobody's: conflict",
    faults: [status(409)],
    ends: { status: "failed", errorCode: "connector_conflict" },
    connectors: 0,
  },
  {
    name: "409 naming the connector of this very number: adopted",
    faults: [create({ kind: "status", status: 409, details: "same_number", done: true })],
    ends: completedBy("webhook"),
    step: /adopted/,
  },
  {
    name: "server faults on every attempt",
    faults: [status(500, 20)],
    stack: { worker: { lookDelaysMs: [1, 2] } },
    ends: { status: "failed", errorCode: "bird_unavailable", attempts: 8 },
    connectors: 0,
  },
];

for (const { name, faults, stack, ends, connectors = 1, step } of cases) {
  test(`fault: ${name}`, async () => {
    await withStack({ ...stack, sandbox: { faults } }, async ({ producer, sandbox }) => {
      const { install } = await producer.enqueue(installRequest());
      const ended = await producer.waitFor(install.id, { timeoutMs: 15_000 });
      const { errorCode, ...expected } = ends;
      const timeline = await producer.installs.timeline(install.id);
      const told = JSON.stringify({ ended, timeline }, null, 1);
      assert.deepEqual(pick(ended, expected), expected, told);
      assert.equal(ended.error?.code, errorCode, told);
      const report = sandbox.report();
      assert.equal(madeFor(report, install), connectors, "connectors at Bird");
      if (ended.status === "completed") {
        const made = report.connectors.find(({ id }) => id === ended.connectorId);
        assert.equal(ended.channelId, made?.channelId);
      }
      if (step !== undefined)
        assert.ok(
          timeline.some(({ what }) => step.test(what)),
          told,
        );
    });
  });
}

test("a late event heals an install that failed for want of one", async () => {
  const faults = [
    create({ kind: "event_late", delayMs: 400 }),
    {
      operation: "getConnector",
      fault: { kind: "status", status: 403 },
    } as const,
    {
      operation: "listChannels",
      fault: { kind: "status", status: 403 },
    } as const,
  ];
  await withStack({ ...giveUpSoon, sandbox: { faults } }, async ({ producer, sandbox, redisUrl, keys }) => {
    const { install } = await producer.enqueue(installRequest());
    const failed = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(failed.error?.code, "channel_timeout");
    const healed = await completion(redisUrl, keys.ofInstall(install.id).prefix, install.id, () =>
      producer.installs.find(install.id),
    );
    assert.equal(healed.completedBy, "webhook");
    assert.equal(healed.error, undefined);
    assert.equal(madeFor(sandbox.report(), install), 1);
  });
});

/** Resolves with the install once BullMQ says its job has completed. */
const completion = async (
  redisUrl: string,
  prefix: string,
  installId: string,
  find: () => Promise<Install | undefined>,
): Promise<Install> => {
  const connection = await connectRedis(redisUrl, { whenAway: "wait", name: "test-events" });
  const events = new QueueEvents(installsQueueName, { connection, prefix, lastEventId: "0" });
  try {
    await new Promise<void>((resolve) => {
      events.on("completed", ({ jobId }) => jobId === installId && resolve());
    });
    return (await find()) ?? assert.fail("the install is gone");
  } finally {
    await events.close();
    await connection.quit();
  }
};

test("a number whose install failed for want of an event is taken over with its connector, not created again", async () => {
  const faults = [
    create({ kind: "event_late", delayMs: 1500 }),
    { operation: "getConnector", fault: { kind: "status", status: 403 } },
    { operation: "listChannels", fault: { kind: "status", status: 403 } },
  ] as const;
  await withStack({ worker: { firstPollMs: 20, deadlineMs: 300 }, sandbox: { faults } }, async (stack) => {
    const { producer, sandbox } = stack;
    const first = await producer.enqueue(installRequest());
    const failed = await producer.waitFor(first.install.id, { timeoutMs: 10_000 });
    assert.equal(failed.error?.code, "channel_timeout");
    const second = await producer.enqueue(installRequest());
    assert.equal(second.created, true);
    assert.notEqual(second.install.id, first.install.id);
    const adopted = await until("the second has the connector", async () => {
      const install = await producer.installs.find(second.install.id);
      return install?.connectorId === undefined ? undefined : install;
    });
    assert.equal(adopted.connectorId, failed.connectorId);
    const healed = await completion(
      stack.redisUrl,
      stack.keys.ofInstall(second.install.id).prefix,
      second.install.id,
      () => producer.installs.find(second.install.id),
    );
    assert.equal(healed.completedBy, "webhook");
    assert.equal((await producer.installs.find(first.install.id))?.status, "failed");
    assert.equal(madeFor(sandbox.report(), second.install), 1);
  });
});

test("a number whose install Bird refused is posted at once when it is sent again", async () => {
  await withStack({ sandbox: { faults: [status(422)] } }, async ({ producer, sandbox }) => {
    const first = await producer.enqueue(installRequest());
    await producer.waitFor(first.install.id, { timeoutMs: 10_000 });
    const second = await producer.enqueue(installRequest());
    const ended = await producer.waitFor(second.install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.equal(sandbox.report().requests.listConnectors, undefined, "nothing to look for");
  });
});

const pick = (install: Install, wanted: Partial<Install>): Record<string, unknown> => {
  const all = new Map<string, unknown>(Object.entries(install));
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, all.get(key)]));
};

const madeFor = (report: SandboxReport, { phoneId }: Install): number =>
  report.creates[`${workspaceId}/${phoneId}`] ?? 0;
