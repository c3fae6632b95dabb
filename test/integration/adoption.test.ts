import assert from "node:assert/strict";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";

/** Somebody else's connector: another number, made outside Perch, of which Bird tells no arguments. */
const makeStranger = async ({ sandbox }: Stack, name: string): Promise<string> => {
  const { wabaId, phoneId, phoneNumber, accessToken } = installRequest(50);
  const response = await fetch(`${sandbox.url}/workspaces/${workspaceId}/connectors`, {
    method: "POST",
    headers: { authorization: `AccessKey ${sandbox.accessKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      name,
      connectorTemplateRef: "whatsapp:1",
      arguments: { wabaId, phoneId, phoneNumber },
      securityArguments: { oauth: { accessToken } },
    }),
  });
  assert.equal(response.status, 201);
  return sandbox.report().connectors[0]?.id ?? "";
};

const conflict = { phoneId: installRequest(1).phoneId, fault: { kind: "status", status: 409 } } as const;
const silent = { phoneId: installRequest(50).phoneId, fault: { kind: "no_arguments_echo" } } as const;

test("a 409 does not lead to the connector of another number", () =>
  withStack({ sandbox: { faults: [conflict] } }, async (stack) => {
    const { producer } = stack;
    await makeStranger(stack, installRequest(1).name);
    const { install } = await producer.enqueue(installRequest(1));
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.error?.code, "connector_conflict");
  }));

test("bug: after a 409 a stranger's connector is adopted for its name alone, and the wrong number's channel completes the install", () =>
  withStack({ sandbox: { faults: [conflict, silent] } }, async (stack) => {
    const { producer } = stack;
    const strangerId = await makeStranger(stack, installRequest(1).name);
    const { install } = await producer.enqueue(installRequest(1));
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.notEqual(ended.connectorId, strangerId);
    assert.equal(ended.error?.code, "connector_conflict");
  }));

const sameName = (n: number) => installRequest(n, { name: "Acme" });
/** Bird shows a name and nothing else of these numbers' connectors. */
const onlyNames = [1, 2].map((n) => ({
  phoneId: installRequest(n).phoneId,
  times: "always" as const,
  fault: { kind: "no_arguments_echo" } as const,
}));
/** No event names a number either. */
const silentBird = { times: "always" as const, fault: { kind: "channel_never" } as const };
const answerLost = (n: number) => ({
  phoneId: installRequest(n).phoneId,
  operation: "create" as const,
  times: 1,
  fault: { kind: "answer_lost" } as const,
});

test("bug: of two unanswered installs of one name each adopts the other's connector", () =>
  withStack(
    { sandbox: { faults: [answerLost(1), answerLost(2), ...onlyNames, silentBird] } },
    async (stack) => {
      const { producer, sandbox } = stack;
      const ids = await Promise.all(
        [1, 2].map(async (n) => (await producer.enqueue(sameName(n))).install.id),
      );
      const ended = await Promise.all(ids.map((id) => producer.waitFor(id, { timeoutMs: 20_000 })));
      assert.deepEqual(
        ended.map(({ error, connectorId }) => [error?.code, connectorId]),
        ids.map(() => ["ambiguous_submission", undefined]),
      );
      assert.match(ended[0]?.error?.message ?? "", /other installs have the same name/);
      assert.equal(sandbox.report().connectors.length, 2);
    },
  ));

test("a connector of the name alone is adopted when no other install can have made it", () =>
  withStack({ sandbox: { faults: [answerLost(1), ...onlyNames] } }, async (stack) => {
    const { producer, sandbox } = stack;
    const other = await producer.enqueue(sameName(2));
    await producer.waitFor(other.install.id, { timeoutMs: 20_000 });
    const { install } = await producer.enqueue(sameName(1));
    const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
    assert.equal(ended.status, "completed");
    const own = sandbox.report().connectors.find(({ phoneId }) => phoneId === install.phoneId);
    assert.equal(ended.connectorId, own?.id);
  }));
