import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { CompactEncrypt } from "jose";
import { createProducer } from "../../src/producer/producer.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const attackersWorkspaceId = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const readData = async ({ client, keys }: Stack, id: string): Promise<Record<string, unknown>> => {
  const data: unknown = JSON.parse((await client.hget(keys.ofInstall(id).job(id), "data")) ?? "");
  assert.ok(typeof data === "object" && data !== null);
  return { ...data };
};

/** As somebody who can write to Redis would. */
const overwrite = async (stack: Stack, id: string, change: object): Promise<void> => {
  const data = { ...(await readData(stack, id)), ...change };
  await stack.client.hset(stack.keys.ofInstall(id).job(id), "data", JSON.stringify(data));
};

const endOf = (stack: Stack, id: string) => stack.producer.waitFor(id, { timeoutMs: 20_000 });

const assertNothingSent = ({ sandbox }: Stack): void => assert.deepEqual(sandbox.report().requests, {});

test("bug: a token moved to another install in Redis was sent to Bird for that one", () =>
  withStackActions({ startsPaused: true }, async (stack, { actions }) => {
    const victim = await stack.producer.enqueue(installRequest(1));
    const attacker = await stack.producer.enqueue(installRequest(2, { workspaceId: attackersWorkspaceId }));
    const ids = [victim.install.id, attacker.install.id];
    const [victims, attackers] = await Promise.all(ids.map((id) => readData(stack, id)));
    await overwrite(stack, attacker.install.id, { sealed: victims?.sealed });
    await overwrite(stack, victim.install.id, { sealed: attackers?.sealed });
    await stack.startAnotherWorker();
    for (const id of ids) {
      const { status, error, attempts } = await endOf(stack, id);
      assert.deepEqual(
        [status, error?.code, error?.actor, error?.retryable],
        ["failed", "token_unreadable", "us", true],
      );
      assert.equal(attempts, 0);
    }
    assertNothingSent(stack);

    await overwrite(stack, victim.install.id, { sealed: victims?.sealed });
    await actions.retry(victim.install.id, {});
    assert.equal((await endOf(stack, victim.install.id)).status, "completed");
    await actions.retry(attacker.install.id, { accessToken: "EAAG-NEW" });
    assert.equal((await endOf(stack, attacker.install.id)).status, "completed");
    assert.deepEqual(
      stack.sandbox
        .report()
        .connectors.map(({ workspaceId, accessTokenSha256 }) => [workspaceId, accessTokenSha256]),
      [
        [victim.install.workspaceId, sha256("EAAG-TEST-TOKEN-1")],
        [attackersWorkspaceId, sha256("EAAG-NEW")],
      ],
    );
  }));

test("bug: a token went along when its install was moved to another workspace in Redis", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { install } = await stack.producer.enqueue(installRequest(1));
    const { request } = await readData(stack, install.id);
    assert.ok(typeof request === "object");
    await overwrite(stack, install.id, { request: { ...request, workspaceId: attackersWorkspaceId } });
    await stack.startAnotherWorker();
    assert.equal((await endOf(stack, install.id)).error?.code, "token_unreadable");
    assertNothingSent(stack);
  }));

test("a sealed signing key is not taken for a token, nor the other way round", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const channelWebhooks = {
      url: "https://receiver.example/hook",
      events: ["whatsapp.inbound" as const],
      signingKey: JSON.stringify({ accessToken: "EAAG-FROM-ELSEWHERE" }),
    };
    const { install } = await stack.producer.enqueue(installRequest(1, { channelWebhooks }));
    const { sealedSigningKey } = await readData(stack, install.id);
    assert.equal(typeof sealedSigningKey, "string");
    await overwrite(stack, install.id, { sealed: sealedSigningKey });
    await stack.startAnotherWorker();
    assert.equal((await endOf(stack, install.id)).error?.code, "token_unreadable");
    assertNothingSent(stack);
  }));

test("a token sealed by a version that did not say for which install is not opened", () =>
  withStackActions({ startsPaused: true }, async (stack, { actions }) => {
    const { install } = await stack.producer.enqueue(installRequest(1));
    const [key] = stack.sealingKeys;
    assert.ok(key !== undefined);
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify({ accessToken: "EAAG-OLD" })))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: key.kid })
      .encrypt(key.bytes);
    await overwrite(stack, install.id, { sealed });
    await stack.startAnotherWorker();
    assert.equal((await endOf(stack, install.id)).error?.code, "token_unreadable");
    assertNothingSent(stack);
    await assert.rejects(actions.retry(install.id, { invitationToken: "INVITATION" }), {
      name: "InputError",
      message: /accessToken is needed again: the sealed copy cannot be opened/,
    });
    await actions.retry(install.id, { accessToken: "EAAG-NEW" });
    assert.equal((await endOf(stack, install.id)).status, "completed");
  }));

test("where producer and worker differ in SEALING_KEYS the install fails as token_unreadable, and a retry with the key back completes it", () =>
  withStackActions({ startsPaused: true }, async (stack, { actions }) => {
    const otherText = generateSealingKey();
    const producer = await createProducer({
      redisUrl: stack.redisUrl,
      sealingKeys: otherText,
      prefix: stack.keys.prefix,
      retentionMs: quickSettings.retentionMs,
      shards: stack.keys.shards.length,
    });
    const { install } = await producer.enqueue(installRequest(1));
    await producer.close();
    const worker = await stack.startAnotherWorker();
    const { error } = await endOf(stack, install.id);
    assert.equal(error?.code, "token_unreadable");
    assert.match(error?.message ?? "", /Sealing key k\d{8}-\w+ is not in SEALING_KEYS/);
    assert.match(error?.action ?? "", /the same SEALING_KEYS, then retry/);
    assertNothingSent(stack);
    await worker.close({ graceMs: 1000 });

    const both = [...stack.sealingKeys, ...readSealingKeys(otherText)];
    await stack.startAnotherWorker({}, undefined, both);
    await actions.retry(install.id, {});
    assert.equal((await endOf(stack, install.id)).status, "completed");
    assert.deepEqual(
      stack.sandbox.report().connectors.map(({ accessTokenSha256 }) => accessTokenSha256),
      [sha256("EAAG-TEST-TOKEN-1")],
    );
  }));

test("an install of a paused batch waits, although its token cannot be opened", () =>
  withStackActions({ startsPaused: true }, async (stack, { batchActions }) => {
    const opened = await stack.producer.importRows([{ row: 1, input: installRequest(1) }], {
      name: "paused",
    });
    const [row] = await Array.fromAsync(opened.rows);
    assert.ok(row !== undefined && "install" in row);
    await batchActions.pause(opened.batchId);
    await overwrite(stack, row.install.id, { sealed: "changed" });
    await stack.startAnotherWorker();
    await until("it is parked", async () => (await readData(stack, row.install.id)).paused === true);
    assert.notEqual((await stack.producer.installs.find(row.install.id))?.status, "failed");
    await batchActions.resume(opened.batchId);
    assert.equal((await endOf(stack, row.install.id)).error?.code, "token_unreadable");
    assertNothingSent(stack);
  }));

test("a retry that replaces the access token keeps the invitation token", () =>
  withStackActions({ startsPaused: true }, async (stack, { actions }) => {
    const { install } = await stack.producer.enqueue(installRequest(1, { invitationToken: "INVITATION" }));
    await actions.cancel(install.id);
    const worker = await stack.startAnotherWorker();
    assert.equal((await endOf(stack, install.id)).status, "cancelled");
    await worker.close({ graceMs: 1000 });
    await actions.retry(install.id, { accessToken: "EAAG-NEW" });
    const { sealed } = await readData(stack, install.id);

    const box = { installId: install.id, workspaceId: install.workspaceId };
    assert.deepEqual(await createSeal(stack.sealingKeys).open(String(sealed), box), {
      accessToken: "EAAG-NEW",
      invitationToken: "INVITATION",
    });
  }));

test("a producer that adds the job of another's claim seals for that install", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { producer, client, keys } = stack;
    const { install } = await producer.enqueue(installRequest(1));
    await client.del(keys.ofInstall(install.id).job(install.id));
    for (const set of ["prioritized", "wait"] as const)
      await client.del(keys.ofInstall(install.id).installsIn(set));
    const again = await producer.enqueue(installRequest(1));
    assert.equal(again.install.id, install.id, "the claim was left behind");
    await stack.startAnotherWorker();
    assert.equal((await endOf(stack, install.id)).status, "completed");
  }));
