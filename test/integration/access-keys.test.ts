import assert from "node:assert/strict";
import { tracingChannel } from "node:diagnostics_channel";
import test from "node:test";
import { CompactEncrypt } from "jose";
import { z } from "zod";
import { workspacesKeyCommand } from "../../src/cli/workspaces/key.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createWorkspaceIndex } from "../../src/queue/keyspace/workspace-index.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { createAccessKeyStore, createAccessKeys } from "../../src/queue/workspaces/access-keys.ts";
import { createChangeAccessKey } from "../../src/queue/workspaces/change-access-key.ts";
import { createResumeWorkspace } from "../../src/queue/workspaces/held-installs.ts";
import { createSubscriptionStates } from "../../src/queue/workspaces/subscription-states.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { createTestIo } from "../unit/cli/test-io.ts";
import { type TestQueue, withQueue } from "./queue-fixture.ts";

const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
/** What ioredis publishes of a command it sends. */
const commandSchema = z.looseObject({ command: z.string(), args: z.array(z.string()) });
const isReadOf =
  (name: string) =>
  ({ command, args }: z.output<typeof commandSchema>): boolean =>
    command === "get" && args[0] === name;
const newSealingKeys = () => readSealingKeys(generateSealingKey());

const keysAt = ({ client, keys }: Pick<TestQueue, "client" | "keys">, sealingKeys = newSealingKeys()) => {
  const seal = createSeal(sealingKeys);
  return {
    ...createAccessKeyStore({ client, keys, seal }),
    /** As another process would, which remembers nothing. */
    reader: () => createAccessKeys({ client, keys, seal, defaultKey: "everybody's" }),
  };
};

test("a workspace has its own access key once one is stored, and everybody's else", () =>
  withQueue(async (queue) => {
    const { store, remove, reader } = keysAt(queue);
    await store(workspaceId, "its-own");
    assert.equal(await reader().get(workspaceId.toUpperCase()), "its-own");
    assert.equal(await reader().get(other), "everybody's");
    assert.equal(await reader().get(undefined), "everybody's");
    assert.equal(await remove(workspaceId), true);
    assert.equal(await remove(workspaceId), false);
    assert.equal(await reader().get(workspaceId), "everybody's");
  }));

test("concurrent callers share one read of a key, and a refresh reads it again", () =>
  withQueue(async (queue) => {
    const { store, reader } = keysAt(queue);
    await store(workspaceId, "first");
    const known = reader();
    const name = queue.keys.accessKey(workspaceId);
    const reads: unknown[] = [];
    const count = (sent: unknown): void => void reads.push(sent);
    const commands = tracingChannel("ioredis:command").start;
    commands.subscribe(count);
    await Promise.all(Array.from({ length: 100 }, () => known.get(workspaceId)));
    commands.unsubscribe(count);
    assert.equal(reads.map((sent) => commandSchema.parse(sent)).filter(isReadOf(name)).length, 1);
    await store(workspaceId, "second");
    assert.deepEqual(
      [await known.get(workspaceId), await known.refresh(workspaceId), await known.get(workspaceId)],
      ["first", "second", "second"],
    );
  }));

test("a key sealed before a rotation opens while the old sealing key is listed, and no longer", () =>
  withQueue(async (queue) => {
    const [before, after] = [newSealingKeys(), newSealingKeys()];
    await keysAt(queue, before).store(workspaceId, "its-own");
    assert.equal(
      await keysAt(queue, [...after, ...before])
        .reader()
        .get(workspaceId),
      "its-own",
    );
    assert.equal(await keysAt(queue, after).reader().get(workspaceId), undefined);
  }));

test("a sealed key does not open under another workspace's name, nor when it was changed", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    const { store, reader } = keysAt(queue);
    await store(workspaceId, "its-own");
    const sealed = (await client.get(keys.accessKey(workspaceId))) ?? "";
    await client.set(keys.accessKey(other), sealed);
    assert.equal(await reader().get(other), undefined);
    await client.set(keys.accessKey(other), `${sealed.slice(0, -4)}AAAA`);
    assert.equal(await reader().get(other), undefined);
  }));

test("a key sealed by a version that did not say what for is read while it names this workspace", () =>
  withQueue(async (queue) => {
    const { client, keys } = queue;
    const [key] = newSealingKeys();
    assert.ok(key !== undefined);
    const { reader } = keysAt(queue, [key]);
    const sealRaw = (content: unknown) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(content)))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: key.kid })
        .encrypt(key.bytes);
    await client.set(keys.accessKey(workspaceId), await sealRaw({ workspaceId, accessKey: "older" }));
    assert.equal(await reader().get(workspaceId), "older");
    for (const text of [
      { workspaceId: other, accessKey: "x" },
      { workspaceId, accessKey: "x", more: 1 },
      "x",
    ]) {
      await client.set(keys.accessKey(workspaceId), await sealRaw(text));
      assert.equal(await reader().get(workspaceId), undefined);
    }
  }));

/** Runs `perch workspaces key` against a stack. */
const keyCommand = async (
  { client, keys, sealingKeys }: Stack,
  args: { readonly key?: string; readonly workspace?: string; readonly remove?: boolean },
) => {
  const io = createTestIo({ stdin: args.key === undefined ? "" : `${args.key}\n` });
  const holds = createHolds({
    client,
    keys,
    baseMs: quickSettings.holdBaseMs,
    capMs: quickSettings.holdCapMs,
  });
  await using opened = new AsyncDisposableStack();
  const queues = createInstallsQueues({ client, keys });
  opened.defer(queues.close);
  const matching = createMatching({ client, queues, keys, retentionMs: quickSettings.retentionMs });
  const code = await workspacesKeyCommand(
    {
      io,
      change: createChangeAccessKey({
        accessKeys: createAccessKeyStore({ client, keys, seal: createSeal(sealingKeys) }),
        states: createSubscriptionStates({ client, keys }),
        holds,
        resume: createResumeWorkspace({ client, keys, holds, matching }),
        note: createWorkspaceIndex({ client, keys }).note,
      }),
    },
    { workspace: args.workspace ?? workspaceId, remove: args.remove ?? false, json: false },
  );
  return { code, out: io.out(), err: io.err() };
};

const heldLong = { holdBaseMs: 600_000, holdCapMs: 600_000 };
const isHeld = (stack: Stack, id: string) =>
  until("it is held", async () => (await stack.producer.installs.find(id))?.status === "held");

test("installs of a workspace with its own key are created and looked up with it", () => {
  const never = [{ fault: { kind: "event_never" } }] as const;
  const worker = { birdAccessKey: "not-valid", firstPollMs: 50 };
  return withStack({ worker, sandbox: { faults: never } }, async (stack) => {
    await keyCommand(stack, { key: stack.sandbox.accessKey });
    const { install } = await stack.producer.enqueue(installRequest(1));
    const ended = await stack.producer.waitFor(install.id, { timeoutMs: 20_000 });
    assert.deepEqual([ended.status, ended.completedBy], ["completed", "poll"]);
    const { requests } = stack.sandbox.report();
    for (const [operation, statuses] of Object.entries(requests))
      assert.equal(statuses[401], undefined, operation);
  });
});

test("a wrong key holds its workspace only, and storing the right one lets its installs run at once", () =>
  withStack({ worker: heldLong }, async (stack) => {
    const { producer, sandbox } = stack;
    await keyCommand(stack, { key: "not-valid" });
    const { install } = await producer.enqueue(installRequest(1));
    const elsewhere = await producer.enqueue(installRequest(2, { workspaceId: other }));
    await isHeld(stack, install.id);
    const { status } = await producer.waitFor(elsewhere.install.id, { timeoutMs: 20_000 });
    assert.equal(status, "completed");
    const stored = await keyCommand(stack, { key: sandbox.accessKey });
    assert.deepEqual([stored.code, stored.err], [0, ""]);
    assert.match(
      stored.out,
      /has an access key of its own now, sealed\. It was held as unauthorized: lifted, 1 /,
    );
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 20_000 })).status, "completed");
  }));

test("removing a wrong key brings everybody's back, and a hold for another reason stays", () =>
  withStack({ worker: heldLong }, async (stack) => {
    const { producer, client, keys } = stack;
    await keyCommand(stack, { key: "not-valid" });
    const { install } = await producer.enqueue(installRequest(1));
    await isHeld(stack, install.id);
    const removed = await keyCommand(stack, { remove: true });
    assert.match(removed.out, /BIRD_ACCESS_KEY is used\. It was held as unauthorized: lifted, 1 /);
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 20_000 })).status, "completed");
    const holds = createHolds({ client, keys, baseMs: 1000, capMs: 1000 });
    await holds.holdFor(workspaceId, 600_000);
    const again = await keyCommand(stack, { remove: true });
    assert.match(again.out, /^\S+ has no access key of its own: BIRD_ACCESS_KEY is used\.\n$/);
    assert.equal((await holds.find(workspaceId))?.reason, "rate_limited");
  }));

test("a key that cannot be opened holds its workspace before anything is sent", () =>
  withStack({ worker: heldLong }, async (stack) => {
    const { producer, sandbox } = stack;
    await keysAt(stack).store(workspaceId, "sealed-elsewhere");
    const { install } = await producer.enqueue(installRequest(1));
    await isHeld(stack, install.id);
    const timeline = await producer.installs.timeline(install.id);
    assert.ok(timeline.some(({ what }) => what.includes("cannot be opened with SEALING_KEYS")));
    assert.deepEqual(sandbox.report().requests, {});
    await keyCommand(stack, { key: sandbox.accessKey });
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 20_000 })).status, "completed");
  }));

test("uninstalling and test messages use the workspace's own key", () =>
  withStack({}, async (stack) => {
    const { install } = await stack.producer.enqueue(installRequest(1));
    await stack.producer.waitFor(install.id, { timeoutMs: 20_000 });
    const { url } = await stack.startAnApi({ birdAccessKey: "not-valid" });
    const call = createApiClient(url);
    const path = `/v1/installs/${install.id}`;
    const message = { json: { to: "+31612345678", text: "Hello" } };
    assert.equal((await call(`${path}/test-message`, message)).body.code, "unauthorized");
    await keyCommand(stack, { key: stack.sandbox.accessKey });
    assert.equal((await call(`${path}/test-message`, message)).status, 200);
    assert.equal((await call(`${path}/connector`, { method: "DELETE" })).status, 200);
  }));

test("what is no key or no workspace is refused in a sentence that does not repeat it", () =>
  withStack({ startsPaused: true }, async (stack) => {
    for (const key of ["", "two words", "line\nbreak", "ключ"]) {
      const refused = await keyCommand(stack, { key });
      assert.equal(refused.code, 1);
      assert.match(refused.err, /^That is no access key: .*\n$/);
      assert.ok(key === "" || !refused.err.includes(key));
    }
    const elsewhere = await keyCommand(stack, { key: "any", workspace: "ws_1" });
    assert.equal(elsewhere.code, 2);
    assert.match(elsewhere.err, /^ws_1 is no workspace: give its UUID/);
    assert.equal(await stack.client.exists(stack.keys.accessKey(workspaceId)), 0);
  }));
