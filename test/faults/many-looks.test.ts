import assert from "node:assert/strict";
import test from "node:test";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const suspects = 10;
const otherWorkspaceId = "11111111-1111-4111-8111-111111111111";

/** A connector of a number that Perch knows nothing of. */
const makeConnector = async ({ sandbox }: Stack, n: number): Promise<void> => {
  const response = await fetch(`${sandbox.url}/workspaces/${workspaceId}/connectors`, {
    method: "POST",
    headers: { authorization: `AccessKey ${sandbox.accessKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: `old ${n}`,
      connectorTemplateRef: "whatsapp:1",
      arguments: { wabaId: "1", phoneId: String(900_000 + n), phoneNumber: "+14155559999" },
      securityArguments: { oauth: { accessToken: "EAAG-OLD" } },
    }),
  });
  assert.equal(response.status, 201);
};

test("installs that walk the long lists of one workspace, at its pace, keep another's waiting no longer than its own create", () => {
  const faults: readonly FaultRule[] = Array.from({ length: suspects }, (_, n) => ({
    phoneId: installRequest(n).phoneId,
    fault: { kind: "answer_lost" },
  }));
  const sandbox = { faults, postsPerSecond: 0, getsPerSecond: 0, channelDelayMs: 0 } as const;
  return withStack({ startsPaused: true, sandbox }, async (stack) => {
    const { producer } = stack;
    for (let first = 0; first < 1000; first += 50)
      await Promise.all(Array.from({ length: 50 }, (_, n) => makeConnector(stack, first + n)));
    // As many slots as looks: one that waited in its slot for the next page would leave none.
    await stack.startAnotherWorker(
      { concurrency: suspects, getsPerSecond: 10, lookDelaysMs: [100, 60_000] },
      { lockDurationMs: 30_000, stalledIntervalMs: 5000 },
    );
    const ids: string[] = [];
    for (let n = 0; n < suspects; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
    const listed = () => stack.sandbox.report().requests.listConnectors?.[200] ?? 0;
    await until("all look", async () => listed() >= suspects);
    const { install } = await producer.enqueue(installRequest(50, { workspaceId: otherWorkspaceId }));
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 20_000 })).status, "completed");
    const found = await producer.installs.findMany(ids);
    const adopted = found.filter((each) => each?.connectorId !== undefined).length;
    assert.ok(adopted < suspects / 2, `${adopted} of ${suspects} had been found by then`);
  });
});
