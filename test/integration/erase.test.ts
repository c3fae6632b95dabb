import assert from "node:assert/strict";
import test from "node:test";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { InstallStateError } from "../../src/install/errors/errors.ts";
import { createEraseNumber, type EraseNumber } from "../../src/queue/erase/erase.ts";
import { blankRow } from "../../src/queue/erase/rows.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createLinks } from "../../src/queue/links/links.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createLinkSessions } from "../../src/queue/links/sessions.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createNotificationsQueue } from "../../src/queue/outbox/data.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { hasIds } from "../../src/redis/id-set.ts";
import { contentOf } from "../support/content-of.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { quickSettings, type Stack } from "../support/stack.ts";
import { type StackActions, withStackActions } from "../support/stack-actions.ts";
import { storedNames } from "../support/stored-names.ts";
import { until } from "../support/until.ts";

const { retentionMs } = quickSettings;
const erased = installRequest(1, { metadata: { customer: "Jane" } });
const kept = installRequest(2);
const live = installRequest(3);
const renamed = installRequest(4);
const [number, otherNumber] = [erased.phoneNumber, kept.phoneNumber];

const withErasing = (
  run: (stack: Stack, open: StackActions & { readonly eraseNumber: EraseNumber }) => Promise<void>,
): Promise<void> =>
  withStackActions(
    {
      worker: { notifyUrl: "https://receiver.example.com/" },
      sandbox: {
        faults: [
          { phoneId: live.phoneId, fault: { kind: "channel_never" } },
          { phoneId: renamed.phoneId, fault: { kind: "status", status: 422 } },
        ],
      },
    },
    async (stack, acts) => {
      const { client, keys, producer } = stack;
      const notificationsQueue = createNotificationsQueue({ client, keys, retentionMs });
      const { batches, installs } = producer;
      await run(stack, {
        ...acts,
        eraseNumber: createEraseNumber({ client, keys, installs, batches, notificationsQueue, retentionMs }),
      });
      await notificationsQueue.close();
    },
  );

/** Keys of the stack whose name or content has this text. */
const keysWith = async ({ client, keys }: Stack, text: string): Promise<readonly string[]> => {
  const all = await storedNames(client, keys);
  const contents = await Promise.all(all.map(async (key) => [key, await contentOf(client, key)] as const));
  return contents
    .filter(([key, content]) => `${key} ${JSON.stringify(content)}`.includes(text))
    .map(([key]) => key.replace(/^.*?\}:/, ""))
    .sort();
};

const keysNaming = (stack: Stack, phoneNumber: string) => keysWith(stack, phoneNumber.slice(1));

/**
 * Where an id may stay, being nobody's any more: rows of a batch, a connector, BullMQ's last events, the name of a
 * leaf of ids.
 */
const isHarmless = (key: string): boolean =>
  /^batch:|^conn:|^ids(?!:notifications)|^(installs|notifications):events$/.test(key);

const assertIdIsGone = async (stack: Stack, id: string): Promise<void> => {
  const { client, keys } = stack;
  const shard = keys.ofInstall(id);
  const sets = [
    shard.installs,
    shard.workspaceInstalls(workspaceId),
    shard.errorInstalls("rejected_by_bird"),
  ];
  for (const key of sets) assert.deepEqual(await hasIds(client, { set: key, ids: [id] }), [0], key);
  const left = await keysWith(stack, id);
  assert.deepEqual(
    left.filter((key) => !isHarmless(key)),
    [],
  );
};

const kindsOf = (names: readonly string[]): readonly string[] =>
  [...new Set(names.map((name) => name.split(":")[0] ?? ""))].sort();

test("bug: what is erased of a number stayed where it was written in another form", () =>
  withErasing(async (stack, { eraseNumber }) => {
    const { producer } = stack;
    const mobile = installRequest(5, { phoneNumber: "+54 9 11 2345-6789" });
    const { install } = await producer.enqueue(mobile);
    await producer.waitFor(install.id);
    const old = { ...installRequest(6), wabaId: "x", phoneNumber: "+52 1 55 1234 5678" };
    await Array.fromAsync(producer.enqueueMany([old], { batchName: "b" }));
    const { client, keys } = stack;
    await until("it is told", async () => (await client.zcard(keys.ofInstall(install.id).outbox)) === 0);
    const identifier = "+55 11 8765-4321";
    await client.xadd(keys.unreadable, "*", "body", JSON.stringify({ identifier }), "workspaceId", "");
    assert.deepEqual(
      (await eraseNumber.find("+541123456789")).map(({ id }) => id),
      [install.id],
    );
    const nothing = { installs: 0, notifications: 0, events: 0, rejectedRows: 0, connectLinks: 0 };
    const erasedOf = { ...nothing, installs: 1, notifications: 1 };
    assert.deepEqual(await eraseNumber.erase("+541123456789"), erasedOf);
    assert.deepEqual(kindsOf(await keysNaming(stack, "+5491123456789")), ["creates"]);
    assert.deepEqual(await eraseNumber.erase("+525512345678"), { ...nothing, rejectedRows: 1 });
    assert.deepEqual(await eraseNumber.erase("+5511987654321"), { ...nothing, events: 1 });
  }));

test("a number that is erased is nowhere in Redis but in the count of its creates", () =>
  withErasing(async (stack, { eraseNumber }) => {
    const { client, keys, producer } = stack;
    const queues = createInstallsQueues({ client, keys });
    const matching = createMatching({ client, queues, keys, retentionMs });
    const attached = { ...erased, name: "Another name" };
    const requests = [erased, kept, { ...erased, wabaId: "x" }, { ...kept, wabaId: "x" }, attached];
    const rows = await Array.fromAsync(producer.enqueueMany(requests, { batchName: "b" }));
    const [install, other] = rows.flatMap((row) => ("install" in row ? [row.install] : []));
    assert.ok(install !== undefined && other !== undefined);
    await producer.waitFor(install.id);
    await producer.waitFor(other.id);
    const shard = keys.ofInstall(install.id);
    await until("both are told", async () => (await client.zcard(shard.outbox)) === 0);
    const connectorId = (await producer.installs.find(install.id))?.connectorId ?? "";
    for (const [id, identifier] of [
      ["c1", "+1 415 555-0101"],
      ["c2", otherNumber],
    ] as const) {
      const arrival = { connectorId: id, channelId: `ch-${id}`, status: "active", isUsable: true };
      await matching.arrive({ ...arrival, workspaceId, identifier });
      await client.xadd(keys.unreadable, "*", "body", JSON.stringify({ identifier }), "workspaceId", "");
    }
    await client.hset(shard.connector(connectorId), "origin", JSON.stringify({ identifier: number }));
    assert.deepEqual(kindsOf(await keysNaming(stack, number)), [
      "batch",
      "conn",
      "creates",
      "installs",
      "notifications",
      "phone",
    ]);
    const namedBefore = await keysNaming(stack, otherNumber);

    await client.sadd(shard.held(workspaceId), install.id);
    assert.deepEqual(await eraseNumber.find(number), [{ id: install.id, connectorId }]);
    assert.deepEqual(await eraseNumber.erase(number), {
      installs: 1,
      notifications: 1,
      events: 2,
      rejectedRows: 1,
      connectLinks: 0,
    });
    assert.deepEqual(kindsOf(await keysNaming(stack, number)), ["creates"]);
    await assertIdIsGone(stack, install.id);
    assert.deepEqual(
      await keysNaming(stack, otherNumber),
      namedBefore,
      "nothing of another number is touched",
    );
    const unmatched = await client.zrange(shard.unmatched, "0", "-1");
    assert.deepEqual(unmatched.sort(), [`${workspaceId}:c1`, `${workspaceId}:c2`], "the event itself stays");

    const results = await Array.fromAsync(producer.batches.rows(install.batchId ?? ""));
    assert.equal(results.length, 5);
    assert.deepEqual(results[2]?.record, { errors: [{ path: "", message: "was erased" }], input: {} });
    await until("all rows count as completed, also those whose install is gone", async () => {
      const batch = await producer.batches.find(install.batchId ?? "");
      return batch?.status === "finished" && batch.completed === 3;
    });
    assert.deepEqual(
      (await producer.installs.list({ limit: 5 })).items.map(({ id }) => id),
      [other.id],
    );

    const late = { connectorId, channelId: "another", status: "active", isUsable: true };
    await matching.arrive({ ...late, workspaceId, identifier: number });
    assert.deepEqual(
      kindsOf(await keysNaming(stack, number)),
      ["creates"],
      "a late event brings nothing back",
    );
    assert.deepEqual(await eraseNumber.erase(number), {
      installs: 0,
      notifications: 0,
      events: 0,
      rejectedRows: 0,
      connectLinks: 0,
    });
    const { created } = await producer.enqueue(erased);
    assert.equal(created, true, "the number may be installed anew");
    await queues.close();
  }));

test("a number is not erased while anything of it is under way", () =>
  withErasing(async (stack, { eraseNumber }) => {
    const { client, keys, producer } = stack;
    const { install } = await producer.enqueue(live);
    await until("it waits for its channel", async () => {
      const seen = await producer.installs.find(install.id);
      return seen?.status === "awaiting_channel";
    });
    const before = await keysNaming(stack, live.phoneNumber);
    const isRefused = (what: RegExp) => (error: unknown) =>
      error instanceof InstallStateError && what.test(error.message);
    await assert.rejects(eraseNumber.find(live.phoneNumber), isRefused(/is awaiting_channel: cancel it/));
    await assert.rejects(eraseNumber.erase(live.phoneNumber), isRefused(/is awaiting_channel: cancel it/));

    const { install: ended } = await producer.enqueue(kept);
    await producer.waitFor(ended.id);
    const shard = keys.ofInstall(ended.id);
    await until("it is told", async () => (await client.zcard(shard.outbox)) === 0);
    await client.zadd(shard.outbox, Date.now(), ended.id);
    await assert.rejects(eraseNumber.erase(kept.phoneNumber), isRefused(/is just being notified/));
    await client.zrem(shard.outbox, ended.id);
    await client.set(shard.lock(ended.id), "another run's", "PX", 60_000);
    await assert.rejects(eraseNumber.erase(kept.phoneNumber), isRefused(/runs again/));
    await client.del(shard.lock(ended.id));
    const sending = `${keys.notificationJob(`msg_${ended.id}_completed`)}:lock`;
    await client.set(sending, "a notifier's", "PX", 60_000);
    await assert.rejects(eraseNumber.erase(kept.phoneNumber), isRefused(/is just being sent/));
    await client.del(sending);
    const rest = await eraseNumber.erase(kept.phoneNumber);
    assert.equal(rest.notifications, 1, "what was cut off is made whole");
    await assertIdIsGone(stack, ended.id);
    assert.deepEqual(await keysNaming(stack, live.phoneNumber), before);
  }));

test("a number that a retry put in place of another is found all the same", () =>
  withErasing(async (stack, { eraseNumber, actions }) => {
    const { client, keys, producer } = stack;
    const friend = { ...kept, metadata: { phoneNumber: renamed.phoneNumber } };
    const { install: other } = await producer.enqueue(friend);
    await producer.waitFor(other.id);
    const { install } = await producer.enqueue(renamed);
    await producer.waitFor(install.id);
    const shard = keys.ofInstall(install.id);
    await until("it is told", async () => (await client.zcard(shard.outbox)) === 0);
    const phoneNumber = "+14155550177";
    await actions.retry(install.id, { phoneNumber });
    await producer.waitFor(install.id);
    await until("it is told again", async () => (await client.zcard(shard.outbox)) === 0);
    assert.deepEqual(await eraseNumber.find(renamed.phoneNumber), []);
    assert.deepEqual(
      (await eraseNumber.find(phoneNumber)).map(({ id }) => id),
      [install.id],
    );
    assert.equal((await eraseNumber.erase(phoneNumber)).installs, 1);
    assert.deepEqual(kindsOf(await keysNaming(stack, phoneNumber)), []);
    assert.equal((await eraseNumber.erase(renamed.phoneNumber)).notifications, 1, "told before the retry");
    await assertIdIsGone(stack, install.id);
    const left = await keysNaming(stack, renamed.phoneNumber);
    const itsFriends = [`installs:${other.id}`, `notifications:msg_${other.id}_completed`];
    assert.deepEqual(left, itsFriends, "another install that mentions the number is not the number's");
  }));

test("blanking a row of a batch that is gone does not bring the batch back", () =>
  withErasing(async ({ client, keys }) => {
    const rejects = `${keys.batch("GONE")}:rejects`;
    assert.equal(await blankRow(client, { rejects, row: 1, record: "{}" }), 0);
    assert.equal(await client.exists(rejects), 0);
  }));

test("a link that led to an install of the number, or names it, goes with it; others stay", () =>
  withErasing(async (stack, { eraseNumber }) => {
    const { client, keys, producer } = stack;
    const seal = createSeal(readSealingKeys(generateSealingKey()));
    const { installs } = producer;
    const makeLink = createMakeLink({ client, keys, seal, retentionMs });
    const links = createLinks({ client, keys, installs, retentionMs });
    const sessions = createLinkSessions({ client, keys, seal, installs, retentionMs });
    const made = (metadata: Readonly<Record<string, string>>) =>
      makeLink(connectLinkMembers.parse({ workspaceId, name: "Acme", metadata }), { requestedBy: "crm" });
    const [led, naming, other] = await Promise.all([
      made({}),
      made({ number }),
      made({ number: otherNumber }),
    ]);
    const { install } = await producer.enqueue(erased);
    await producer.waitFor(install.id);
    await until("it is told", async () => (await client.zcard(keys.ofInstall(install.id).outbox)) === 0);
    await sessions.move({ id: led.link.id, secret: led.secret }, "finish", { installId: install.id });
    assert.equal((await eraseNumber.erase(number)).connectLinks, 2);
    const { items } = await links.list({ limit: 10, within: [workspaceId] });
    assert.deepEqual(
      items.map(({ id }) => id),
      [other.link.id],
    );
    for (const { link } of [led, naming]) assert.deepEqual(await keysWith(stack, link.id), []);
  }));
