import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { createBirdClient } from "../../src/bird/bird-client.ts";
import {
  createPrepareWorkspace,
  type Preparation,
  type PrepareWorkspace,
} from "../../src/bird/prepare-workspace.ts";
import { destinationOf, type Receiver } from "../../src/bird/receiver.ts";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { createSubscriptions } from "../../src/bird/subscriptions.ts";
import { createSubscriptionStates } from "../../src/queue/workspaces/subscription-states.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";
import { openSandbox, type TestSandbox, workspaceId } from "./sandbox-fixture.ts";

const organizationId = "6d2a9f1e-58b3-4c1f-8a7e-1f6f8f1c2b30";
const path = `/organizations/${organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
const publicUrl = "https://perch.example.com";
const plainUrl = `${publicUrl}/webhooks/bird`;
const ownUrl = `${plainUrl}/${workspaceId}`;
const withSecret: Receiver = { publicUrl, signingKeys: [], signingSecret: "a-secret-of-the-tests" };
const withKeys: Receiver = { publicUrl, signingKeys: ["new", "old"], signingSecret: undefined };
const whatsapp = { key: "platformId", value: "whatsapp" };
const ours = { service: "channels", event: "channel.created", eventFilters: [whatsapp] };

interface Bench {
  readonly sandbox: TestSandbox;
  readonly queue: TestQueue;
  /** As another process with these settings would. */
  preparer(receiver?: Receiver | undefined, change?: PreparerChange): PrepareWorkspace;
  /** Subscribes past Perch. */
  subscribe(body: Record<string, unknown>): Promise<string>;
  listed(): Promise<readonly { readonly id: string; readonly url: unknown; readonly event: unknown }[]>;
}

interface PreparerChange {
  readonly accessKey?: string;
  readonly requestTimeoutMs?: number;
  readonly takeRead?: () => Promise<number>;
}

const withBench = (t: TestContext, faults: readonly FaultRule[], run: (bench: Bench) => Promise<void>) =>
  withQueue(async (queue) => {
    const sandbox = await openSandbox(t, { organizationId, faults });
    await run({
      sandbox,
      queue,
      preparer: (receiver = withSecret, change = {}) => {
        const { requestTimeoutMs = 2000, accessKey = sandbox.accessKey, takeRead = async () => 0 } = change;
        const client = createBirdClient({ baseUrl: sandbox.url, accessKey, requestTimeoutMs });
        t.after(() => client.close());
        return createPrepareWorkspace({
          subscriptions: createSubscriptions({ client, organizationId }),
          receiver,
          states: createSubscriptionStates(queue),
          takeRead,
          requestTimeoutMs,
          now: queue.clock.now,
        });
      },
      subscribe: async (body) => (await sandbox.call("POST", path, { body })).body.id,
      listed: async () => (await sandbox.call("GET", path, {})).body.results.map(toListed),
    });
  });

const toListed = ({ id, ...rest }: { readonly id: string; readonly [member: string]: unknown }) => ({
  id,
  url: rest.url,
  event: rest.event,
  eventFilters: rest.eventFilters,
});

const causeOf = (done: Preparation): string =>
  done.kind === "missing" || done.kind === "unavailable" ? `${done.kind} ${done.problem.cause}` : done.kind;

test("of many processes at once one subscribes a new workspace, and what it found is remembered", (t) =>
  withBench(t, [], async ({ sandbox, queue, preparer, listed }) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => preparer()(workspaceId)));
    const kinds = all.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "created").length, 1);
    assert.ok(kinds.every((kind) => kind !== "missing" && kind !== "unavailable"));
    const [made, ...others] = await listed();
    assert.deepEqual(made, { id: made?.id, url: ownUrl, event: ours.event, eventFilters: [whatsapp] });
    assert.deepEqual(others, []);
    assert.deepEqual(sandbox.report().requests.createSubscription, { 201: 1 });
    const checkedAtMs = queue.clock.now();
    assert.deepEqual(await createSubscriptionStates(queue).find(workspaceId), {
      status: "present",
      checkedAtMs,
      url: ownUrl,
    });
  }));

test("a workspace's subscription goes to its own address with its own key, or to the plain one with the first key", () => {
  assert.deepEqual(destinationOf({ ...withSecret, signingKeys: ["plain"] }, workspaceId), {
    url: ownUrl,
    signingKey: workspaceSigningKey("a-secret-of-the-tests", workspaceId),
    ownUrls: [ownUrl, plainUrl],
  });
  assert.deepEqual(destinationOf(withKeys, workspaceId), {
    url: plainUrl,
    signingKey: "new",
    ownUrls: [ownUrl, plainUrl],
  });
  assert.deepEqual(destinationOf(withSecret, workspaceId)?.ownUrls, [ownUrl]);
  assert.equal(destinationOf({ ...withKeys, signingKeys: [] }, workspaceId), undefined);
});

test("an existing subscription at any own address is not made again, even if it was made by hand", (t) =>
  withBench(t, [], async ({ sandbox, preparer, subscribe, listed }) => {
    await subscribe({ ...ours, url: plainUrl, signingKey: "old" });
    const receiver = { ...withSecret, signingKeys: ["old"] };
    assert.deepEqual(await preparer(receiver)(workspaceId), { kind: "present", url: plainUrl });
    assert.equal((await listed()).length, 1);
    assert.deepEqual(sandbox.report().requests.createSubscription, { 201: 1 });
  }));

test("the plain address does not count where no plain key is accepted", (t) =>
  withBench(t, [], async ({ preparer, subscribe, listed }) => {
    await subscribe({ ...ours, url: plainUrl, signingKey: "old" });
    assert.deepEqual(await preparer()(workspaceId), { kind: "created", url: ownUrl, left: undefined });
    assert.equal((await listed()).length, 2);
  }));

const foreign = [
  { ...ours, url: "https://other.example.com/webhooks/bird" },
  { ...ours, url: ownUrl, event: "channel.updated" },
  { ...ours, url: ownUrl, eventFilters: [whatsapp, { key: "channelStatus", value: "active" }] },
  { ...ours, url: ownUrl, eventFilters: [{ key: "platformId", value: "sms" }] },
];

test("subscriptions that are not ours stand for nothing and are left alone, also by a rotation", (t) =>
  withBench(t, [], async ({ preparer, subscribe, listed }) => {
    const ids = await Promise.all(foreign.map(subscribe));
    const prepare = preparer();
    assert.equal((await prepare(workspaceId)).kind, "created");
    assert.equal((await prepare(workspaceId, { rotate: true })).kind, "created");
    const kept = (await listed()).map(({ id }) => id);
    assert.equal(kept.length, foreign.length + 1);
    for (const id of ids) assert.ok(kept.includes(id));
  }));

test("a workspace whose five places others have taken is said to be full, and nothing is deleted", (t) =>
  withBench(t, [], async ({ sandbox, preparer, subscribe, listed }) => {
    for (const n of [1, 2, 3, 4, 5]) await subscribe({ ...ours, url: `https://other${n}.example.com/` });
    for (const rotate of [false, true]) {
      const done = await preparer()(workspaceId, { rotate });
      assert.equal(causeOf(done), "missing full");
      assert.match(JSON.stringify(done), /allows 5 subscriptions.*delete one in Bird/);
    }
    assert.equal((await listed()).length, 5);
    assert.equal(sandbox.report().requests.deleteSubscription, undefined);
  }));

test("refusals of Bird are distinguished, with what to do", async (t) => {
  const strike = (
    operation: "listSubscriptions" | "createSubscription",
    status: 401 | 403 | 404 | 422 | 429,
  ) => [{ operation, fault: { kind: "status", status } }] as const;
  await withBench(t, [], async ({ sandbox, preparer }) => {
    for (const [faults, cause, fix] of [
      [strike("listSubscriptions", 401), "missing bad_key", /set a valid BIRD_ACCESS_KEY/],
      [strike("listSubscriptions", 403), "missing may_not_view", /give its role view on /],
      [strike("listSubscriptions", 404), "missing unknown_workspace", /check BIRD_ORGANIZATION_ID/],
      [strike("createSubscription", 403), "missing may_not_create", /give its role create on /],
      [strike("createSubscription", 422), "missing refused", /https with a host name/],
      [strike("createSubscription", 429), "unavailable away", /status page/],
      [strike("listSubscriptions", 429), "unavailable away", /status page/],
    ] as const) {
      sandbox.setFaults(faults);
      const done = await preparer()(workspaceId);
      assert.equal(causeOf(done), cause);
      assert.match(JSON.stringify(done), fix);
    }
  });
});

test("without the settings it needs nothing is asked of Bird, and the missing one is named", (t) =>
  withBench(t, [], async ({ sandbox, queue }) => {
    const states = createSubscriptionStates(queue);
    const takeRead = async () => 0;
    const client = createBirdClient({ baseUrl: sandbox.url, accessKey: "x", requestTimeoutMs: 2000 });
    t.after(() => client.close());
    const subscriptions = createSubscriptions({ client, organizationId });
    for (const [deps, name] of [
      [{ subscriptions: undefined, receiver: withSecret }, /BIRD_ORGANIZATION_ID/],
      [{ subscriptions, receiver: undefined }, /WEBHOOK_PUBLIC_URL/],
      [{ subscriptions, receiver: { ...withKeys, signingKeys: [] } }, /WEBHOOK_SIGNING_SECRET/],
    ] as const) {
      const prepare = createPrepareWorkspace({ ...deps, states, takeRead, requestTimeoutMs: 2000 });
      const done = await prepare(workspaceId);
      assert.equal(causeOf(done), "missing not_configured");
      assert.match(JSON.stringify(done), name);
    }
    assert.deepEqual(sandbox.report().requests, {});
    assert.equal(await states.find(workspaceId), undefined);
  }));

test("a create whose answer is lost is looked for and makes no second one", (t) => {
  const lost = { operation: "createSubscription", times: 1, fault: { kind: "answer_lost" } } as const;
  return withBench(t, [lost], async ({ sandbox, preparer, listed }) => {
    assert.equal((await preparer()(workspaceId)).kind, "created");
    assert.equal((await preparer()(workspaceId)).kind, "present");
    assert.equal((await listed()).length, 1);
    assert.deepEqual(sandbox.report().requests.createSubscription, { none: 1 });
  });
});

test("a create that was reset makes none, and reports the result as unknown", (t) => {
  const reset = { operation: "createSubscription", times: 1, fault: { kind: "reset" } } as const;
  return withBench(t, [reset], async ({ preparer, listed }) => {
    assert.equal(causeOf(await preparer()(workspaceId)), "unavailable away");
    assert.equal((await preparer()(workspaceId)).kind, "created");
    assert.equal((await listed()).length, 1);
  });
});

test("while Bird does not answer the time since when is kept, until it answers", (t) => {
  const away = {
    operation: "listSubscriptions",
    times: "always",
    fault: { kind: "status", status: 503 },
  } as const;
  return withBench(t, [away], async ({ sandbox, queue, preparer }) => {
    const { find } = createSubscriptionStates(queue);
    const awaySinceMs = queue.clock.now();
    for (let look = 0; look < 3; look += 1) {
      await preparer()(workspaceId);
      const state = await find(workspaceId);
      assert.deepEqual([state?.status, state?.awaySinceMs], ["unavailable", awaySinceMs]);
      queue.clock.move(5000);
    }
    sandbox.setFaults([]);
    await preparer()(workspaceId);
    const state = await find(workspaceId);
    assert.deepEqual([state?.status, state?.awaySinceMs], ["present", undefined]);
  });
});

test("a rotation makes the new subscription before it deletes the old one", (t) =>
  withBench(t, [], async ({ preparer, listed, sandbox }) => {
    await preparer({ ...withKeys, signingKeys: ["old"] })(workspaceId);
    const [old] = await listed();
    const rotated = await preparer(withKeys)(workspaceId, { rotate: true });
    assert.deepEqual(rotated, { kind: "created", url: plainUrl, left: undefined });
    const [made, ...others] = await listed();
    assert.deepEqual([made?.url, others], [plainUrl, []]);
    assert.notEqual(made?.id, old?.id);
    sandbox.setFaults([{ operation: "createSubscription", fault: { kind: "status", status: 503 } }]);
    assert.equal(causeOf(await preparer(withKeys)(workspaceId, { rotate: true })), "unavailable away");
    assert.deepEqual(await listed(), [made], "what could not be replaced stays");
  }));

test("a rotation whose create was not answered takes only a new subscription for it", (t) =>
  withBench(t, [], async ({ preparer, listed, sandbox }) => {
    await preparer()(workspaceId);
    const [old] = await listed();
    const strike = (kind: "reset" | "answer_lost") =>
      sandbox.setFaults([{ operation: "createSubscription", times: 1, fault: { kind } }]);
    strike("reset");
    assert.equal(causeOf(await preparer()(workspaceId, { rotate: true })), "unavailable away");
    assert.deepEqual(await listed(), [old]);
    strike("answer_lost");
    assert.equal((await preparer()(workspaceId, { rotate: true })).kind, "created");
    const [made, ...others] = await listed();
    assert.deepEqual(others, []);
    assert.notEqual(made?.id, old?.id);
  }));

test("an old subscription that may not be deleted is named, and the next rotation deletes both", (t) =>
  withBench(t, [], async ({ preparer, listed, sandbox }) => {
    await preparer()(workspaceId);
    const [old] = await listed();
    sandbox.setFaults([{ operation: "deleteSubscription", fault: { kind: "status", status: 403 } }]);
    const rotated = await preparer()(workspaceId, { rotate: true });
    assert.ok(rotated.kind === "created" && rotated.left !== undefined);
    assert.ok(rotated.left.what.includes(old?.id ?? "?"));
    assert.match(rotated.left.fix, /give its role delete on .*then rotate again/);
    assert.equal((await listed()).length, 2);
    sandbox.setFaults([]);
    assert.deepEqual(await preparer()(workspaceId, { rotate: true }), {
      kind: "created",
      url: ownUrl,
      left: undefined,
    });
    assert.equal((await listed()).length, 1);
  }));

test("every page of the list takes its place in the workspace's budget", (t) =>
  withBench(t, [], async ({ preparer, subscribe }) => {
    for (let n = 0; n < 101; n += 1) {
      const eventFilters = [{ key: "channelStatus", value: `s${n}` }];
      await subscribe({ ...ours, eventFilters, url: ownUrl });
    }
    let reads = 0;
    const takeRead = async () => {
      reads += 1;
      return 0;
    };
    assert.equal((await preparer(withSecret, { takeRead })(workspaceId)).kind, "created");
    assert.equal(reads, 2);
  }));

test("the lock of a process that was killed ends by itself, and only its owner ends it before", () =>
  withQueue(async ({ client, keys }) => {
    const { lock } = createSubscriptionStates({ client, keys });
    const first = await lock(workspaceId, 60_000);
    assert.equal(await lock(workspaceId, 60_000), undefined);
    assert.ok((await client.pttl(keys.preparing(workspaceId))) > 0);
    await client.del(keys.preparing(workspaceId));
    const second = await lock(workspaceId, 60_000);
    await first?.release();
    assert.equal(await lock(workspaceId, 60_000), undefined, "the first may not end the second's");
    await second?.release();
    assert.ok(await lock(workspaceId, 60_000));
  }));

test("a process that stood still for half of its lock sends no create", (t) =>
  withBench(t, [], async ({ sandbox, preparer }) => {
    const prepare = preparer(withSecret, { requestTimeoutMs: 100, takeRead: async () => 350 });
    assert.equal(causeOf(await prepare(workspaceId)), "unavailable away");
    assert.equal(sandbox.report().requests.createSubscription, undefined);
  }));
