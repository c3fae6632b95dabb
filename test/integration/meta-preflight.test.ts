import assert from "node:assert/strict";
import test from "node:test";
import type { TimelineEntry } from "../../src/install/install.ts";
import type { InstallRequestInput } from "../../src/install/request.ts";
import type { MetaObjectsInput } from "../../src/sandbox/meta/objects.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const request = installRequest(1);
const { wabaId, phoneId, phoneNumber } = request;

const install = async ({ producer }: Stack, given: InstallRequestInput = request) => {
  const { install: queued } = await producer.enqueue(given);
  const ended = await producer.waitFor(queued.id, { timeoutMs: 20_000 });
  return { ...ended, said: await timelineOf(producer, queued.id) };
};

const timelineOf = ({ installs }: Stack["producer"], id: string): Promise<readonly TimelineEntry[]> =>
  installs.timeline(id);

const creates = ({ sandbox }: Stack): number =>
  Object.values(sandbox.report().creates).reduce((sum, count) => sum + count, 0);

/** Every mistake that the preflight knows, as the simulated Meta shows it for one number. */
const mistakes: Readonly<Record<string, MetaObjectsInput>> = {
  meta_token_invalid: { tokens: [{ token: request.accessToken ?? "", isValid: false }] },
  meta_token_expired: { tokens: [{ token: request.accessToken ?? "", expiresAtMs: 1000 }] },
  meta_token_of_another_app: { tokens: [{ token: request.accessToken ?? "", appId: "1" }] },
  meta_token_lacks_permission: {
    tokens: [{ token: request.accessToken ?? "", scopes: ["whatsapp_business_management"] }],
  },
  meta_waba_not_found: { accounts: [{ wabaId, exists: false }] },
  meta_phone_not_found: { accounts: [{ wabaId }], phones: [{ phoneId, exists: false }] },
  meta_phone_of_another_waba: { accounts: [{ wabaId }], phones: [{ phoneId, wabaId: "7" }] },
  meta_number_differs: { phones: [{ phoneId, wabaId, displayPhoneNumber: "+1 415-555-9999" }] },
  meta_phone_not_verified: { phones: [{ phoneId, wabaId, codeVerificationStatus: "NOT_VERIFIED" }] },
  meta_phone_connected_elsewhere: { phones: [{ phoneId, wabaId, platformType: "ON_PREMISE" }] },
};

test("what is in order at Meta is created without a word, after two requests for a customer", async () => {
  await withStack({ worker: { metaPreflight: "require" } }, async (stack) => {
    stack.sandbox.setMetaObjects({
      phones: [1, 2, 3].map((n) => {
        const { phoneId: id, phoneNumber: displayPhoneNumber } = installRequest(n);
        return { phoneId: id, wabaId, displayPhoneNumber };
      }),
    });
    for (const n of [1, 2, 3]) {
      const { status, said } = await install(stack, { ...installRequest(n), accessToken: "EAAG-ONE-TOKEN" });
      assert.equal(status, "completed");
      assert.ok(!JSON.stringify(said).includes("Meta"), JSON.stringify(said));
    }
    const { debugToken, listPhoneNumbers, getPhoneNumber } = stack.sandbox.report().requests;
    assert.deepEqual([debugToken, listPhoneNumbers, getPhoneNumber], [{ 200: 1 }, { 200: 1 }, undefined]);
  });
});

for (const [code, objects] of Object.entries(mistakes))
  test(`${code} ends an install that must be checked, and spends no create of its number`, async () => {
    const settings = { metaPreflight: "require", numberMaxCreates: 1 } as const;
    await withStack({ worker: settings }, async (stack) => {
      stack.sandbox.setMetaObjects(objects);
      const failed = await install(stack);
      assert.partialDeepStrictEqual(failed, { status: "failed", attempts: 0, error: { code } });
      assert.equal(creates(stack), 0);
    });
  });

test("a finding of a mere warning is written down with its code, and the install goes on", async () => {
  await withStack({ worker: { metaPreflight: "warn" } }, async (stack) => {
    stack.sandbox.setMetaObjects(mistakes.meta_number_differs ?? {});
    const { status, said } = await install(stack);
    assert.equal(status, "completed");
    const notes = said.filter(({ what }) => what.startsWith("preflight at Meta: "));
    assert.equal(notes.length, 1);
    assert.partialDeepStrictEqual(notes[0], { code: "meta_number_differs", severity: "error" });
    assert.ok(!JSON.stringify(notes).includes("4155559999"));
  });
});

test("an install that a finding ended is checked again when it is retried, and its number is unspent", async () => {
  const settings = { metaPreflight: "require", numberMaxCreates: 1 } as const;
  await withStack({ worker: settings }, async (stack) => {
    stack.sandbox.setMetaObjects({ phones: [{ phoneId, wabaId, codeVerificationStatus: "NOT_VERIFIED" }] });
    const failed = await install(stack);
    assert.equal(failed.error?.code, "meta_phone_not_verified");
    stack.sandbox.setMetaObjects({ phones: [{ phoneId, wabaId, displayPhoneNumber: phoneNumber }] });
    // A token of its own, so that no answer of a minute ago is believed.
    await stack.producer.actions.retry(failed.id, { accessToken: "EAAG-ANOTHER-TOKEN" });
    const again = await stack.producer.waitFor(failed.id, { timeoutMs: 20_000 });
    assert.partialDeepStrictEqual(again, { status: "completed", attempts: 1 });
    assert.equal(creates(stack), 1);
  });
});

for (const [name, fault] of Object.entries({
  "gives no answer": { kind: "reset" },
  "has a fault": { kind: "status", status: 503 },
  "limits the requests": { kind: "status", status: 429 },
  "answers nothing": { kind: "empty_200" },
} as const))
  test(`a Meta that ${name} ends no install, whatever is required: the timeline says so`, async () => {
    await withStack({ worker: { metaPreflight: "require" } }, async (stack) => {
      stack.sandbox.setMetaObjects(mistakes.meta_number_differs ?? {});
      stack.sandbox.setFaults([
        { operation: "debugToken", fault },
        { operation: "listPhoneNumbers", fault },
      ]);
      const first = await install(stack);
      assert.equal(first.status, "completed");
      assert.match(JSON.stringify(first.said), /not checked at Meta: Meta /);
      const second = await install(stack, installRequest(2));
      assert.equal(second.status, "completed");
      assert.match(JSON.stringify(second.said), /not checked at Meta: Meta is left alone for a while/);
      const asked = stack.sandbox.report().requests;
      assert.deepEqual(Object.values(asked.debugToken ?? {}), [1], "Meta is left alone after that");
    });
  });

test("usage headers near a limit leave Meta alone before it refuses", async () => {
  await withStack({ worker: { metaPreflight: "warn" } }, async (stack) => {
    stack.sandbox.setFaults([{ operation: "debugToken", fault: { kind: "meta_usage", appPercent: 95 } }]);
    await install(stack);
    await install(stack, installRequest(2));
    assert.deepEqual(stack.sandbox.report().requests.debugToken, { 200: 1 });
  });
});

test("a number whose create may have been sent is not stopped by what Meta says later", async () => {
  const slow = { lookDelaysMs: [1500] };
  await withStack({ worker: slow, sandbox: { faults: [{ fault: { kind: "reset" } }] } }, async (stack) => {
    const { install: queued } = await stack.producer.enqueue(request);
    await until("the create was not answered", async () =>
      (await timelineOf(stack.producer, queued.id)).some(({ what }) => what.includes("was not answered")),
    );
    await stack.worker.close();
    stack.sandbox.setMetaObjects(mistakes.meta_token_invalid ?? {});
    await stack.startAnotherWorker({ ...slow, metaPreflight: "require" });
    const ended = await stack.producer.waitFor(queued.id, { timeoutMs: 20_000 });
    assert.equal(ended.status, "completed");
    assert.equal(stack.sandbox.report().requests.debugToken, undefined);
  });
});

test("neither Redis nor the log holds a token in clear after a check", async () => {
  const lines: string[] = [];
  const onLogLine = (line: string) => void lines.push(line);
  await withStack({ worker: { metaPreflight: "warn" }, onLogLine }, async (stack) => {
    const accessToken = "EAAG-CANARY-OF-THE-PREFLIGHT";
    stack.sandbox.setMetaObjects({ tokens: [{ token: accessToken, isValid: false }] });
    const { status, said } = await install(stack, { ...request, accessToken });
    assert.equal(status, "completed");
    assert.match(JSON.stringify(said), /meta_token_invalid/);
    const kept = await stack.client.keys(`${stack.keys.prefix}*`);
    for (const text of [...lines, ...kept, JSON.stringify(said)])
      assert.ok(!/CANARY-OF-THE-PREFLIGHT/.test(text), text);
    assert.ok(lines.some((line) => line.includes("Meta shows that an install may not work")));
  });
});
