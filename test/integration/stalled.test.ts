import assert from "node:assert/strict";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";

const slow = { worker: { requestTimeoutMs: 500 }, startsPaused: true } as const;

/** Makes an install look as if its workers had died `times`, each in a run of its own. */
const pretendStalls = async ({ client, keys }: Stack, installId: string, times: number): Promise<void> => {
  await client.hset(keys.ofInstall(installId).job(installId), { stc: times, ats: times });
};

test("an install whose workers keep dying is looked for, and failed when nothing was created", async () => {
  await withStack(slow, async (stack) => {
    const { producer, sandbox } = stack;
    const { install } = await producer.enqueue(installRequest());
    await pretendStalls(stack, install.id, 26);
    await stack.startAnotherWorker();
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.error?.code, "internal");
    assert.match(ended.error.message, /left without a worker 26 times/);
    assert.equal(sandbox.report().connectors.length, 0);
  });
});

test("an install whose workers keep dying is completed when its connector is there", async () => {
  await withStack(slow, async (stack) => {
    const { producer, sandbox } = stack;
    const made = await fetch(`${sandbox.url}/workspaces/${workspaceId}/connectors`, {
      method: "POST",
      headers: { authorization: `AccessKey ${sandbox.accessKey}`, "content-type": "application/json" },
      body: JSON.stringify(connectorOf(installRequest())),
    });
    assert.equal(made.status, 201);
    const { install } = await producer.enqueue(installRequest());
    await pretendStalls(stack, install.id, 26);
    await stack.startAnotherWorker();
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.equal(ended.connectorId, sandbox.report().connectors[0]?.id);
    assert.equal(sandbox.report().connectors.length, 1);
  });
});

test("a few stalls end nothing: it is looked for, then posted", async () => {
  await withStack(slow, async (stack) => {
    const { producer, sandbox } = stack;
    const { install } = await producer.enqueue(installRequest());
    await pretendStalls(stack, install.id, 12);
    await stack.startAnotherWorker();
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
    assert.equal(sandbox.report().connectors.length, 1);
    const looks = sandbox.report().requests.listConnectors?.["200"] ?? 0;
    assert.equal(looks, 3, "looked three times before the one create");
  });
});

const connectorOf = ({
  name,
  wabaId,
  phoneId,
  phoneNumber,
  accessToken,
}: ReturnType<typeof installRequest>) => ({
  name,
  connectorTemplateRef: "whatsapp:1",
  arguments: { wabaId, phoneId, phoneNumber },
  securityArguments: { oauth: { accessToken } },
});
