import assert from "node:assert/strict";
import { once } from "node:events";
import test, { type TestContext } from "node:test";
import { inspect } from "node:util";
import { DelayedError, type Job, Worker } from "bullmq";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import { createMessages } from "../../src/bird/messages.ts";
import { createSubscriptions } from "../../src/bird/subscriptions.ts";
import type { ChannelWebhooks } from "../../src/install/request.ts";
import { createLog } from "../../src/log.ts";
import { errandsQueueName } from "../../src/queue/keyspace/keys.ts";
import { addSubscribeChannel, createErrandsQueue } from "../../src/queue/maintenance/errands.ts";
import { UnsealError } from "../../src/queue/secrets/seal.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { createProcessErrand } from "../../src/worker/errands/process.ts";
import {
  type ChannelWebhooksEnd,
  createSubscribeChannel,
} from "../../src/worker/errands/subscribe-channel.ts";
import { until } from "../support/until.ts";
import { withQueue } from "./queue-fixture.ts";
import { openReceiver, openSandbox, otherWorkspaceId, signingKey, workspaceId } from "./sandbox-fixture.ts";

const installId = "01JGFJJZ00000000000000000A";
const events: ChannelWebhooks["events"] = ["whatsapp.inbound", "whatsapp.outbound", "whatsapp.interaction"];
const canary = "CANARY-SIGNING-KEY";
const asked: ChannelWebhooks = { url: "https://hooks.example.com/whatsapp", events, signingKey: canary };
const organizationId = "6d2a9f1e-58b3-4c1f-8a7e-1f6f8f1c2b30";

interface Setup {
  readonly asked?: ChannelWebhooks | undefined;
  readonly read?: () => Promise<ChannelWebhooks | undefined>;
  /** False leaves BIRD_ORGANIZATION_ID out. */
  readonly hasOrganization?: boolean;
  readonly otherOrganizationId?: string;
  readonly requestTimeoutMs?: number;
}

interface Errands {
  readonly sandbox: Awaited<ReturnType<typeof openSandbox>>;
  readonly channelId: string;
  readonly recorded: readonly ChannelWebhooksEnd[];
  /** Workspaces a place of whose GET budget was taken. */
  readonly reads: readonly string[];
  /** Asks once and runs every try at once, without the pauses between them. Resolves with how many there were. */
  run(): Promise<number>;
  ask(): Promise<void>;
  waiting(): Promise<number>;
  /** What was written down of tries in vain. */
  readonly told: readonly string[];
  readonly subscribed: () => Promise<readonly { event: unknown; url: unknown; eventFilters: unknown }[]>;
  /** Subscribes past Perch. */
  subscribe(body: Record<string, unknown>): Promise<void>;
}

/** An errands queue in a real Redis with one worker on it, and a sandbox with one channel. */
const withErrands = async (t: TestContext, setup: Setup, run: (errands: Errands) => Promise<void>) => {
  const sandbox = await openSandbox(t, {
    organizationId,
    faults: [{ fault: { kind: "channel_in_answer" } }],
  });
  const channelId = (await sandbox.create()).body.channel?.channelId ?? "";
  const path = `/organizations/${organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
  await withQueue(async ({ client, keys }) => {
    await using stack = new AsyncDisposableStack();
    const bird = createBirdClient({
      baseUrl: sandbox.url,
      accessKey: sandbox.accessKey,
      requestTimeoutMs: setup.requestTimeoutMs ?? 2000,
    });
    stack.defer(() => bird.close());
    const recorded: ChannelWebhooksEnd[] = [];
    const reads: string[] = [];
    const told: string[] = [];
    const log = createLog({ level: "silent", role: "test" });
    const subscribeChannel = createSubscribeChannel({
      subscriptions:
        setup.hasOrganization === false
          ? undefined
          : createSubscriptions({
              client: bird,
              organizationId: setup.otherOrganizationId ?? organizationId,
            }),
      readBudget: {
        take: async (id) => {
          reads.push(id);
          return 0;
        },
      },
      readChannelWebhooks: setup.read ?? (async () => setup.asked),
      recordChannelWebhooks: async (id, end) => {
        assert.equal(id, installId);
        recorded.push(end);
      },
      log,
    });
    const errands = createErrandsQueue({ client, keys });
    stack.defer(() => errands.close());
    const doErrand = createProcessErrand({
      findConnector: async () => "done",
      subscribeChannel,
      unreadable: { keep: async () => undefined },
      log,
      now: Date.now,
    });
    let tries = 0;
    const process = async (job: Job, token: string | undefined): Promise<void> => {
      tries += 1;
      try {
        await doErrand(job, token, undefined);
      } catch (error) {
        if (error instanceof DelayedError) told.push(inspect(job.data, { depth: 6 }));
        throw error;
      }
    };
    const worker = new Worker(errandsQueueName, process, {
      connection: client,
      prefix: keys.prefix,
      autorun: false,
      settings: { backoffStrategy: () => 1 },
    });
    stack.defer(() => worker.close());
    worker.on("failed", (job, error) => told.push(inspect([error, job], { depth: 6 })));
    const ask = () => addSubscribeChannel(errands, { installId, workspaceId, channelId });
    /** The pauses between tries are passed over. */
    const hurry = async (): Promise<void> => {
      for (const job of await errands.getDelayed()) await job.promote().catch(() => undefined);
    };
    await run({
      sandbox,
      channelId,
      recorded,
      reads,
      told,
      ask,
      waiting: () => errands.count(),
      run: async () => {
        tries = 0;
        const completed = once(worker, "completed");
        await ask();
        if (!worker.isRunning()) void worker.run();
        let isDone = false;
        const done = completed.then(() => {
          isDone = true;
        });
        await until("the errand is done", async () => {
          await hurry();
          return isDone;
        });
        await done;
        return tries;
      },
      subscribed: async () => {
        const { body } = await sandbox.call("GET", `${path}?limit=100`);
        return body.results.map(({ event, url, eventFilters }) => ({ event, url, eventFilters }));
      },
      subscribe: async (body) => {
        const answer = await sandbox.call("POST", path, { body: { service: "channels", ...body } });
        assert.equal(answer.status, 201);
      },
    });
    assert.ok(!inspect([recorded, told], { depth: 6 }).includes(canary));
  });
};

const filtersOf = (channelId: string) => [{ key: "channelId", value: channelId }];
const all = (channelId: string) =>
  events.map((event) => ({ event, url: asked.url, eventFilters: filtersOf(channelId) }));

test("a channel's events are subscribed one by one, filtered by the channel", async (t) => {
  await withErrands(t, { asked }, async ({ run, subscribed, recorded, channelId, reads }) => {
    assert.equal(await run(), 1);
    assert.deepEqual(await subscribed(), all(channelId));
    assert.deepEqual(recorded, [{ status: "subscribed" }]);
    assert.deepEqual(reads, [workspaceId]);
  });
});

test("Bird signs what it sends there with the key of the request", async (t) => {
  const receiver = await openReceiver(t);
  const own = { url: receiver.url, events, signingKey };
  await withErrands(t, { asked: own }, async ({ run, sandbox, channelId }) => {
    await run();
    const { url: baseUrl, accessKey } = sandbox;
    const client = createBirdClient({ baseUrl, accessKey, requestTimeoutMs: 2000 });
    t.after(() => client.close());
    await createMessages({ client }).send(workspaceId, channelId, { to: "+31612345678", text: "Hello" });
    const [event] = await receiver.received(1);
    assert.deepEqual([event?.event, event?.isSigned], ["whatsapp.outbound", true]);
  });
});

test("a repeat makes no second subscription", async (t) => {
  await withErrands(t, { asked }, async ({ run, subscribed, recorded, channelId, sandbox }) => {
    await run();
    await run();
    assert.deepEqual(await subscribed(), all(channelId));
    assert.deepEqual(recorded, [{ status: "subscribed" }, { status: "subscribed" }]);
    assert.equal(sandbox.report().requests.createSubscription?.["201"], 3);
  });
});

test("asking while it is under way changes nothing", async (t) => {
  await withErrands(t, { asked }, async ({ ask, waiting, run, recorded }) => {
    await ask();
    await ask();
    assert.equal(await waiting(), 1);
    await run();
    assert.deepEqual(recorded, [{ status: "subscribed" }]);
    await run();
    assert.equal(recorded.length, 2);
  });
});

test("only what is missing is made; other urls, events, channels and filters are others", async (t) => {
  await withErrands(t, { asked }, async ({ subscribe, run, subscribed, channelId, sandbox }) => {
    const { url } = asked;
    const [inbound, outbound] = events;
    await subscribe({ event: inbound, url, eventFilters: filtersOf(channelId) });
    const others = [
      { event: outbound, url: `${url}/other`, eventFilters: filtersOf(channelId) },
      { event: outbound, url, eventFilters: filtersOf(otherWorkspaceId) },
      {
        event: outbound,
        url,
        eventFilters: [...filtersOf(channelId), { key: "messageStatus", value: "delivered" }],
      },
      { event: outbound, url, eventFilters: [{ key: "messageStatus", value: channelId }] },
      { event: outbound, url, eventFilters: null },
    ];
    for (const other of others) await subscribe(other);
    await run();
    const [first, ...rest] = all(channelId);
    assert.deepEqual(await subscribed(), [first, ...others, ...rest]);
    assert.equal(sandbox.report().requests.createSubscription?.["201"], 8);
  });
});

test("subscriptions are looked for on every page, each within the budget", async (t) => {
  await withErrands(t, { asked }, async ({ subscribe, run, subscribed, reads, sandbox }) => {
    for (let index = 0; index < 210; index += 1) {
      await subscribe({
        event: "whatsapp.inbound",
        url: asked.url,
        eventFilters: filtersOf(`other-${index}`),
      });
    }
    await run();
    await run();
    assert.equal((await subscribed()).length, 100);
    assert.equal(sandbox.report().requests.createSubscription?.["201"], 213);
    assert.deepEqual(
      reads,
      Array.from({ length: 6 }, () => workspaceId),
    );
  });
});

for (const fault of [
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "status", status: 429 },
  { kind: "answer_lost" },
  { kind: "reset" },
] as const) {
  const what = fault.kind === "status" ? `status ${fault.status}` : fault.kind;
  test(`${what} to a list or a create is tried again and makes no second one`, async (t) => {
    await withErrands(t, { asked }, async ({ run, subscribed, recorded, channelId, sandbox, told }) => {
      sandbox.setFaults([
        { operation: "listSubscriptions", times: 1, fault },
        { operation: "createSubscription", times: 2, fault },
      ]);
      assert.equal(await run(), 4);
      assert.deepEqual(await subscribed(), all(channelId));
      assert.deepEqual(recorded, [{ status: "subscribed" }]);
      assert.equal(told.length, 3);
      assert.ok(!told.join("").includes(canary));
    });
  });
}

test("a create that is not answered in time is looked for before it is made again", async (t) => {
  const setup = { asked, requestTimeoutMs: 200 };
  await withErrands(t, setup, async ({ run, subscribed, channelId, sandbox }) => {
    sandbox.setFaults([
      { operation: "createSubscription", times: 1, fault: { kind: "slow", delayMs: 60_000 } },
    ]);
    assert.equal(await run(), 2);
    assert.deepEqual(await subscribed(), all(channelId));
  });
});

test("the last try's fault is written down for people", async (t) => {
  await withErrands(t, { asked }, async ({ run, recorded, sandbox, told }) => {
    sandbox.setFaults([{ operation: "createSubscription", fault: { kind: "status", status: 503 } }]);
    assert.equal(await run(), 12);
    assert.equal(told.length, 11);
    assert.deepEqual(recorded, [
      {
        status: "failed",
        error:
          "The channel's events are not all subscribed: Bird does not answer (HTTP 503): look at its status page. Then subscribe them in Bird by hand.",
      },
    ]);
    sandbox.setFaults([]);
    await run();
    assert.deepEqual(recorded[1], { status: "subscribed" });
  });
});

type Operation = FaultRule["operation"];

const lasting: readonly (readonly [
  operation: Operation,
  status: 400 | 401 | 403 | 404 | 422,
  says: RegExp,
])[] = [
  ["listSubscriptions", 401, /set a valid BIRD_ACCESS_KEY/],
  ["listSubscriptions", 403, /give its role view on \/organizations\//],
  ["listSubscriptions", 404, /check BIRD_ORGANIZATION_ID/],
  ["createSubscription", 401, /set a valid BIRD_ACCESS_KEY/],
  ["createSubscription", 403, /give its role create on \/organizations\//],
  ["createSubscription", 404, /check BIRD_ORGANIZATION_ID/],
  ["createSubscription", 400, /refused the subscription to whatsapp\.inbound \(HTTP 400\)/],
  ["createSubscription", 422, /refused the subscription to whatsapp\.inbound \(HTTP 422\)/],
];

for (const [operation, status, says] of lasting) {
  test(`${status} to ${operation} is written down at once and not tried again`, async (t) => {
    await withErrands(t, { asked }, async ({ run, recorded, subscribed, sandbox, told }) => {
      sandbox.setFaults([{ operation, times: 1, fault: { kind: "status", status } }]);
      assert.equal(await run(), 1);
      assert.deepEqual(told, []);
      assert.equal(recorded.length, 1);
      assert.equal(recorded[0]?.status, "failed");
      assert.match(recorded[0]?.error ?? "", says);
      assert.deepEqual(await subscribed(), []);
    });
  });
}

test("a url that Bird does not take is written down", async (t) => {
  const own = { ...asked, url: "https://hooks.example.com:8443/whatsapp" };
  await withErrands(t, { asked: own }, async ({ run, recorded }) => {
    assert.equal(await run(), 1);
    assert.match(recorded[0]?.error ?? "", /check that the address is https with a host name and no port/);
  });
});

test("Bird's five subscriptions of a channel are named when they are taken, without a try", async (t) => {
  await withErrands(t, { asked }, async ({ subscribe, run, recorded, channelId, sandbox }) => {
    for (let index = 0; index < 5; index += 1) {
      const url = `${asked.url}/${index}`;
      await subscribe({ event: "whatsapp.inbound", url, eventFilters: filtersOf(channelId) });
    }
    assert.equal(await run(), 1);
    assert.equal(recorded[0]?.status, "failed");
    assert.match(recorded[0]?.error ?? "", /allows 5 subscriptions to whatsapp\.inbound of one channel/);
    assert.deepEqual(sandbox.report().requests.createSubscription, { 201: 5 });
  });
});

test("five subscriptions with this one among them are enough", async (t) => {
  await withErrands(t, { asked }, async ({ subscribe, run, recorded, channelId }) => {
    for (const url of [1, 2, 3, 4].map((index) => `${asked.url}/${index}`).concat(asked.url))
      await subscribe({ event: "whatsapp.inbound", url, eventFilters: filtersOf(channelId) });
    await run();
    assert.deepEqual(recorded, [{ status: "subscribed" }]);
  });
});

test("without BIRD_ORGANIZATION_ID nothing is asked and the setting is named", async (t) => {
  await withErrands(t, { asked, hasOrganization: false }, async ({ run, recorded, sandbox }) => {
    assert.equal(await run(), 1);
    assert.equal(recorded[0]?.status, "failed");
    assert.match(recorded[0]?.error ?? "", /BIRD_ORGANIZATION_ID is not set/);
    assert.equal(sandbox.report().requests.listSubscriptions, undefined);
  });
});

test("a wrong BIRD_ORGANIZATION_ID is named", async (t) => {
  await withErrands(t, { asked, otherOrganizationId: otherWorkspaceId }, async ({ run, recorded }) => {
    assert.equal(await run(), 1);
    assert.match(recorded[0]?.error ?? "", /check BIRD_ORGANIZATION_ID/);
  });
});

test("a signing key that cannot be opened is written down", async (t) => {
  const read = () => Promise.reject(new UnsealError("no", { reason: "unreadable" }));
  await withErrands(t, { read }, async ({ run, recorded }) => {
    assert.equal(await run(), 1);
    assert.equal(recorded[0]?.status, "failed");
    assert.match(recorded[0]?.error ?? "", /the same SEALING_KEYS/);
  });
});

test("a fault while the wish is read is tried again", async (t) => {
  let reads = 0;
  const read = async () => {
    reads += 1;
    if (reads === 1) throw new Error("Redis is away");
    return asked;
  };
  await withErrands(t, { read }, async ({ run, recorded }) => {
    assert.equal(await run(), 2);
    assert.deepEqual(recorded, [{ status: "subscribed" }]);
  });
});

test("an install that asks for nothing, or is gone, is left alone", async (t) => {
  await withErrands(t, {}, async ({ run, recorded, sandbox }) => {
    assert.equal(await run(), 1);
    assert.deepEqual(recorded, []);
    assert.equal(sandbox.report().requests.listSubscriptions, undefined);
  });
});
