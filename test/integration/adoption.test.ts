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
