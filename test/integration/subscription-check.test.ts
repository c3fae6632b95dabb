import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import {
  createPrepareWorkspace,
  type Preparation,
  type PrepareOptions,
} from "../../src/bird/prepare-workspace.ts";
import type { Receiver } from "../../src/bird/receiver.ts";
import { createSubscriptions } from "../../src/bird/subscriptions.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createSubscriptionStates } from "../../src/queue/workspaces/subscription-states.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import type { WorkerSettings } from "../../src/worker/settings.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, type StackOptions, signingKey, signingSecret, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

interface Checked extends Stack {
  readonly receiver: Receiver;
  /** One more worker that knows where Bird's events should go. */
  startChecking(change?: Partial<WorkerSettings>): Promise<void>;
  /** As the command would. */
  prepare(options?: PrepareOptions & { readonly receiver?: Receiver }): Promise<Preparation>;
  install(n: number): Promise<string>;
  ended(
    id: string,
  ): Promise<{ readonly status: string; readonly code: string | undefined; readonly by: unknown }>;
  subscriptions(): Promise<readonly { readonly url: string }[]>;
}

/** A stack whose Bird has no subscription, and whose workers the test starts. */
const withChecks = (
  faults: readonly FaultRule[],
  run: (stack: Checked) => Promise<void>,
  options: Pick<StackOptions, "webhook"> = {},
): Promise<void> =>
  withStack(
    { ...options, startsPaused: true, sandbox: { subscribeAll: undefined, faults } },
    async (stack) => {
      const { sandbox, producer, keys } = stack;
      const receiver = { publicUrl: stack.webhook.url, signingKeys: [], signingSecret };
      using opened = new DisposableStack();
      const client = createBirdClient({
        baseUrl: sandbox.url,
        accessKey: sandbox.accessKey,
        requestTimeoutMs: 2000,
      });
      opened.defer(client.close);
      await run({
        ...stack,
        receiver,
        startChecking: async (change) => {
          const settings = { birdOrganizationId: sandbox.organizationId, receiver, ...change };
          await stack.startAnotherWorker(settings, { lockDurationMs: 30_000, stalledIntervalMs: 5000 });
        },
        prepare: ({ receiver: other = receiver, ...how } = {}) =>
          createPrepareWorkspace({
            subscriptions: createSubscriptions({ client, organizationId: sandbox.organizationId }),
            receiver: other,
            states: createSubscriptionStates({ client: stack.client, keys }),
            takeRead: async () => 0,
            requestTimeoutMs: 2000,
          })(workspaceId, how),
        install: async (n) => (await producer.enqueue(installRequest(n))).install.id,
        ended: async (id) => {
          const { status, error, completedBy } = await producer.waitFor(id, { timeoutMs: 20_000 });
          return { status, code: error?.code, by: completedBy };
        },
        subscriptions: async () => {
          const path = `/organizations/${sandbox.organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
          const headers = { authorization: `AccessKey ${sandbox.accessKey}` };
          const answer = await fetch(sandbox.url + path, { headers });
          return z.object({ results: z.array(z.object({ url: z.string() })) }).parse(await answer.json())
            .results;
        },
      });
    },
  );

const posts = ({ sandbox }: Stack): unknown => sandbox.report().requests.create;

const completed = { status: "completed", code: undefined, by: "webhook" };

test("the first install of a workspace has it subscribed, by one of several workers, and events complete all", () =>
  withChecks([], async (stack) => {
    await Promise.all([1, 2, 3].map(() => stack.startChecking()));
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => stack.install(n)));
    for (const id of ids) assert.deepEqual(await stack.ended(id), completed);
    assert.deepEqual(
      (await stack.subscriptions()).map(({ url }) => url),
      [`${stack.webhook.url}/webhooks/bird/${workspaceId}`],
    );
    const { createSubscription, listSubscriptions } = stack.sandbox.report().requests;
    assert.deepEqual(createSubscription, { 201: 1 });
    const lists = (listSubscriptions?.[200] ?? 0) - 1;
    assert.ok(lists <= 3, `${lists} lists for 40 installs`);
  }));

test("what is remembered costs Bird no request, and the API shows it", () =>
  withChecks([], async (stack) => {
    await stack.startChecking();
    await stack.ended(await stack.install(1));
    const before = stack.sandbox.report().requests.listSubscriptions;
    await stack.startChecking();
    for (const n of [2, 3, 4]) assert.deepEqual(await stack.ended(await stack.install(n)), completed);
    assert.deepEqual(stack.sandbox.report().requests.listSubscriptions, before);
    const call = createApiClient((await stack.startAnApi()).url);
    const { subscription } = (await call(`/v1/workspaces/${workspaceId}`)).as(
      z.object({
        subscription: z.strictObject({
          status: z.string(),
          checkedAt: z.iso.datetime(),
          url: z.string(),
        }),
      }),
    );
    assert.deepEqual(
      [subscription.status, subscription.url],
      ["present", `${stack.webhook.url}/webhooks/bird/${workspaceId}`],
    );
    const unknown = await call("/v1/workspaces/1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21");
    assert.equal(unknown.body.subscription, undefined);
  }));

test("with a plain key only, the plain address is subscribed", () =>
  withChecks([], async (stack) => {
    const receiver = { publicUrl: stack.webhook.url, signingKeys: [signingKey], signingSecret: undefined };
    await stack.startChecking({ receiver });
    assert.deepEqual(await stack.ended(await stack.install(1)), completed);
    assert.deepEqual(
      (await stack.subscriptions()).map(({ url }) => url),
      [`${stack.webhook.url}/webhooks/bird`],
    );
  }));

test("an install whose workspace cannot be subscribed fails before anything is sent, and a retry goes on", () => {
  const refused = {
    operation: "createSubscription",
    times: "always",
    fault: { kind: "status", status: 403 },
  } as const;
  return withChecks([refused], async (stack) => {
    await stack.startChecking();
    const id = await stack.install(1);
    assert.deepEqual(await stack.ended(id), {
      status: "failed",
      code: "subscription_missing",
      by: undefined,
    });
    assert.equal(posts(stack), undefined);
    const { error } = (await stack.producer.installs.find(id)) ?? {};
    assert.match(error?.message ?? "", /no policy for it: give its role create on /);
    const call = createApiClient((await stack.startAnApi()).url);
    const { body } = await call(`/v1/workspaces/${workspaceId}`);
    const seen = z.object({ status: z.string(), reason: z.string() }).parse(body.subscription);
    assert.equal(seen.status, "missing");
    assert.match(seen.reason, /give its role create on /);
    stack.sandbox.setFaults([]);
    await stack.prepare();
    await call(`/v1/installs/${id}/retry`, { method: "POST", json: {} });
    assert.deepEqual(await stack.ended(id), completed);
    assert.equal(stack.sandbox.report().requests.listConnectors, undefined, "it need not be looked for");
  });
});

test("a key that may not look keeps no install back: Perch finds its channel by itself", () => {
  const forbidden = {
    operation: "listSubscriptions",
    times: "always",
    fault: { kind: "status", status: 403 },
  } as const;
  return withChecks([forbidden], async (stack) => {
    await stack.startChecking({ firstPollMs: 50 });
    assert.deepEqual(await stack.ended(await stack.install(1)), { ...completed, by: "poll" });
    assert.equal(stack.sandbox.report().requests.createSubscription, undefined, "it may be there already");
  });
});

test("a key that Bird refuses holds the workspace before anything is sent", () => {
  const refused = { operation: "listSubscriptions", fault: { kind: "status", status: 401 } } as const;
  return withChecks([refused], async (stack) => {
    await stack.startChecking({ holdBaseMs: 600_000, holdCapMs: 600_000 });
    const id = await stack.install(1);
    await until("it is held", async () => (await stack.producer.installs.find(id))?.status === "held");
    assert.equal(posts(stack), undefined);
    const call = createApiClient((await stack.startAnApi()).url);
    stack.sandbox.setFaults([]);
    await call(`/v1/workspaces/${workspaceId}/resume`, { method: "POST" });
    assert.deepEqual(await stack.ended(id), completed);
  });
});

test("nothing is asked for a workspace that is held", () =>
  withChecks([], async (stack) => {
    const holds = createHolds({ ...stack, baseMs: 600_000, capMs: 600_000 });
    await holds.holdFor(workspaceId, 600_000);
    await stack.startChecking();
    const id = await stack.install(1);
    await until("it is held", async () => (await stack.producer.installs.find(id))?.status === "held");
    assert.deepEqual(stack.sandbox.report().requests, {});
  }));

const awayFault = {
  operation: "listSubscriptions",
  times: "always",
  fault: { kind: "status", status: 503 },
} as const;

test("while Bird does not answer an install waits, and subscribes first when Bird answers again", () =>
  withChecks([awayFault], async (stack) => {
    await stack.startChecking();
    const id = await stack.install(1);
    await until("it waits", async () => {
      const found = await stack.producer.installs.find(id);
      return found?.nextActionAt !== undefined;
    });
    assert.equal(posts(stack), undefined);
    stack.sandbox.setFaults([]);
    assert.deepEqual(await stack.ended(id), completed);
  }));

test("when Bird has been away for a minute installs go on without, and are polled", () =>
  withChecks([awayFault], async (stack) => {
    const checkedAtMs = Date.now();
    await createSubscriptionStates(stack).remember(workspaceId, {
      status: "unavailable",
      checkedAtMs,
      awaySinceMs: checkedAtMs - 61_000,
      problem: { cause: "away", what: "w", fix: "f" },
    });
    await stack.startChecking({ firstPollMs: 50 });
    assert.deepEqual(await stack.ended(await stack.install(1)), { ...completed, by: "poll" });
  }));

test("a channel that Perch had to find by itself has the workspace looked at again", () =>
  withChecks([], async (stack) => {
    const states = createSubscriptionStates(stack);
    const url = `${stack.webhook.url}/webhooks/bird/${workspaceId}`;
    await states.remember(workspaceId, { status: "present", checkedAtMs: Date.now() - 61_000, url });
    await stack.startChecking({ firstPollMs: 50 });
    assert.deepEqual(await stack.ended(await stack.install(1)), { ...completed, by: "poll" });
    await until("it is forgotten", async () => (await states.find(workspaceId)) === undefined);
    let n = 1;
    await until("an install finds it missing and makes it", async () => {
      n += 1;
      await stack.ended(await stack.install(n));
      return (await stack.subscriptions()).length === 1;
    });
  }));

test("a subscription that was seen at a former address is not believed", () =>
  withChecks([], async (stack) => {
    const url = `https://former.example.com/webhooks/bird/${workspaceId}`;
    const checkedAtMs = Date.now();
    await createSubscriptionStates(stack).remember(workspaceId, { status: "present", checkedAtMs, url });
    await stack.startChecking();
    assert.deepEqual(await stack.ended(await stack.install(1)), completed);
  }));

test("a workspace whose look takes long keeps no other workspace's installs waiting", () => {
  const slow = {
    workspaceId,
    operation: "listSubscriptions",
    times: "always",
    fault: { kind: "slow", delayMs: 1900 },
  } as const;
  return withChecks([slow], async (stack) => {
    const waiting = await Promise.all(Array.from({ length: 10 }, (_, n) => stack.install(n)));
    await stack.startChecking({ concurrency: 2 * stack.keys.shards.length });
    const elsewhere = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
    const { install } = await stack.producer.enqueue(installRequest(20, { workspaceId: elsewhere }));
    assert.deepEqual(await stack.ended(install.id), completed);
    assert.deepEqual(
      stack.sandbox.report().connectors.map((connector) => connector.workspaceId),
      [elsewhere],
    );
    for (const id of waiting) assert.deepEqual(await stack.ended(id), completed);
  });
});

test("a cancelled install ends as that, whatever its workspace lacks", () => {
  const refused = { operation: "createSubscription", fault: { kind: "status", status: 403 } } as const;
  return withChecks([refused], async (stack) => {
    const id = await stack.install(1);
    await stack.client.hset(stack.keys.ofInstall(id).job(id), "cancelAt", Date.now());
    await stack.startChecking();
    assert.equal((await stack.ended(id)).status, "cancelled");
    assert.equal(posts(stack), undefined);
  });
});

test("without an organization, an address or a key nothing is checked", () =>
  withChecks([], async (stack) => {
    const receiver = { ...stack.receiver, signingSecret: undefined };
    const changes = [{ birdOrganizationId: undefined }, { receiver: undefined }, { receiver }];
    for (const change of changes) await stack.startChecking({ firstPollMs: 50, ...change });
    const ids = await Promise.all([1, 2, 3, 4, 5, 6].map(stack.install));
    for (const id of ids) assert.deepEqual(await stack.ended(id), { ...completed, by: "poll" });
    assert.equal(stack.sandbox.report().requests.listSubscriptions, undefined);
    assert.equal(await stack.client.exists(stack.keys.subscription(workspaceId)), 0);
  }));

test("events that come while keys are rotated are all accepted", () =>
  withChecks(
    [],
    async (stack) => {
      const before = { publicUrl: stack.webhook.url, signingKeys: ["old-key"], signingSecret: undefined };
      const after = { ...before, signingKeys: ["new-key", "old-key"] };
      await stack.startChecking({ receiver: before });
      await stack.ended(await stack.install(0));
      const rotating = async () => {
        for (let turn = 0; turn < 5; turn += 1) {
          const done = await stack.prepare({ receiver: after, rotate: true });
          assert.equal(done.kind, "created");
        }
      };
      const installing = Array.from({ length: 60 }, async (_, n) => stack.ended(await stack.install(n + 1)));
      const [, ...ends] = await Promise.all([rotating(), ...installing]);
      for (const end of ends) assert.deepEqual(end, completed);
      assert.equal(stack.sandbox.report().events.refused, 0);
      assert.equal((await stack.subscriptions()).length, 1);
    },
    { webhook: { signingKeys: ["new-key", "old-key"], signingSecret: undefined } },
  ));

test("a new master secret is introduced through a plain key, and no event is refused", () => {
  const steps = { webhook: { signingKeys: ["bridge"], signingSecret } };
  return withChecks(
    [],
    async (stack) => {
      const both = { ...stack.receiver, signingKeys: ["bridge"] };
      await stack.startChecking({ receiver: both });
      assert.deepEqual(await stack.ended(await stack.install(1)), completed);
      const bridge = { ...both, signingSecret: undefined };
      await stack.prepare({ receiver: bridge, rotate: true });
      assert.deepEqual(await stack.ended(await stack.install(2)), completed);
      assert.deepEqual(
        (await stack.subscriptions()).map(({ url }) => url),
        [`${stack.webhook.url}/webhooks/bird`],
      );
      await stack.prepare({ receiver: both, rotate: true });
      assert.deepEqual(await stack.ended(await stack.install(3)), completed);
      assert.deepEqual(
        (await stack.subscriptions()).map(({ url }) => url),
        [`${stack.webhook.url}/webhooks/bird/${workspaceId}`],
      );
      assert.equal(stack.sandbox.report().events.refused, 0);
    },
    steps,
  );
});
