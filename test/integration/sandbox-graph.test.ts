import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openSandbox, type TestSandbox } from "./sandbox-fixture.ts";

const token = "EAAG-EXAMPLE-LONG-LIVED-TOKEN";
const wabaId = "102290129340398";
const phoneId = "106540352242900";

const ask = async (sandbox: TestSandbox, path: string, bearer = token) =>
  sandbox.call("GET", `/meta/v23.0/${path}`, { headers: { authorization: `Bearer ${bearer}` } });

const inspect = async (sandbox: TestSandbox, inspected = token) =>
  ask(sandbox, `debug_token?input_token=${inspected}`, `${sandbox.meta.appId}|${sandbox.meta.appSecret}`);

test("without a word about them, tokens are valid, phone numbers verified, and lists have no end", async (t) => {
  const sandbox = await openSandbox(t);
  assert.partialDeepStrictEqual((await inspect(sandbox)).json, {
    data: { app_id: sandbox.meta.appId, is_valid: true, expires_at: 0 },
  });
  const phone = await ask(sandbox, phoneId);
  assert.partialDeepStrictEqual(phone.json, { id: phoneId, code_verification_status: "VERIFIED" });
  assert.ok(!phone.text.includes("display_phone_number"));
  const list = await ask(sandbox, `${wabaId}/phone_numbers`);
  assert.partialDeepStrictEqual(list.json, { data: [] });
  assert.match(list.text, /"next"/);
});

test("what its Meta knows is declared over the control routes, and tokens are shown as digests", async (t) => {
  const sandbox = await openSandbox(t);
  const objects = {
    tokens: [
      { token: "expired", expiresAtMs: 1000 },
      { token: "invalid", isValid: false },
      { token: "elsewhere", appId: "1" },
      { token: "poor", scopes: ["whatsapp_business_messaging"] },
      { token: "narrow", wabaIds: ["7"] },
    ],
    accounts: [{ wabaId: "8", exists: false }],
    phones: [
      { phoneId, wabaId, displayPhoneNumber: "+1 415-555-0100", platformType: "ON_PREMISE" },
      { phoneId: "9", exists: false },
    ],
  };
  const put = await sandbox.call("PUT", "/sandbox/meta", { body: objects });
  assert.equal(put.status, 200);
  assert.ok(put.text.includes(createHash("sha256").update("expired").digest("hex")));
  assert.ok(!put.text.includes('"expired"'));
  assert.partialDeepStrictEqual((await ask(sandbox, `${wabaId}/phone_numbers`)).json, {
    data: [{ id: phoneId, display_phone_number: "+1 415-555-0100", platform_type: "ON_PREMISE" }],
  });
  const codeOf = async (path: string, bearer?: string) => {
    const { status, json } = await ask(sandbox, path, bearer);
    const error = typeof json === "object" && json !== null && "error" in json ? json.error : {};
    return [status, error];
  };
  const { appId, appSecret } = sandbox.meta;
  const asApp = `${appId}|${appSecret}`;
  for (const [path, bearer, status, expected] of [
    [phoneId, "expired", 400, { code: 190, error_subcode: 463 }],
    [phoneId, "invalid", 400, { code: 190 }],
    [phoneId, "poor", 403, { code: 200 }],
    [phoneId, "narrow", 400, { code: 100, error_subcode: 33 }],
    ["9", token, 400, { code: 100, error_subcode: 33 }],
    ["8/phone_numbers", token, 400, { code: 100, error_subcode: 33 }],
    ["debug_token?input_token=elsewhere", asApp, 400, { code: 100 }],
    ["debug_token?input_token=a", token, 400, { code: 190 }],
  ] as const)
    assert.partialDeepStrictEqual(await codeOf(path, bearer), [status, expected], path);
  assert.partialDeepStrictEqual((await inspect(sandbox, "expired")).json, {
    data: { is_valid: false, error: { subcode: 463 } },
  });
  const wrong = await sandbox.call("PUT", "/sandbox/meta", { body: { phones: [{ phoneId: "x" }] } });
  assert.equal(wrong.status, 422);
  assert.equal(
    (await sandbox.call("POST", "/sandbox/meta", { body: { accounts: [{ wabaId }] } })).status,
    200,
  );
  assert.match((await ask(sandbox, `${wabaId}/phone_numbers`)).text, new RegExp(phoneId), "it is kept");
  await sandbox.call("DELETE", "/sandbox/meta");
  assert.match((await ask(sandbox, `${wabaId}/phone_numbers`)).text, /"data":\[\]/);
});

test("reads about an account are limited by the hour, and a header names the share that is used", async (t) => {
  const sandbox = await openSandbox(t, { metaCallsPerHour: 2, now: () => 1_800_000 });
  const used = async () => {
    const { status, headers, json } = await ask(sandbox, `${wabaId}/phone_numbers`);
    return [status, JSON.parse(String(headers["x-business-use-case-usage"])), json];
  };
  assert.partialDeepStrictEqual(await used(), [200, { [wabaId]: [{ call_count: 50 }] }]);
  assert.partialDeepStrictEqual(await used(), [200, { [wabaId]: [{ call_count: 100 }] }]);
  assert.partialDeepStrictEqual(await used(), [
    400,
    { [wabaId]: [{ call_count: 100, estimated_time_to_regain_access: 30 }] },
    { error: { code: 80_007 } },
  ]);
  assert.equal((await ask(sandbox, "7/phone_numbers")).status, 200, "another account is not limited");
});

test("Meta's reads can be struck by faults, with Meta's errors and scripted usage", async (t) => {
  const sandbox = await openSandbox(t);
  sandbox.setFaults([
    { operation: "getPhoneNumber", phoneId, times: 1, fault: { kind: "status", status: 429 } },
    { operation: "listPhoneNumbers", fault: { kind: "meta_usage", appPercent: 97, regainMinutes: 3 } },
    { operation: "debugToken", fault: { kind: "reset" } },
  ]);
  assert.partialDeepStrictEqual(await ask(sandbox, phoneId), { status: 429, json: { error: { code: 4 } } });
  assert.equal((await ask(sandbox, phoneId)).status, 200);
  const { headers } = await ask(sandbox, `${wabaId}/phone_numbers`);
  assert.match(String(headers["x-app-usage"]), /"call_count":97/);
  assert.match(String(headers["x-business-use-case-usage"]), /"estimated_time_to_regain_access":3/);
  await assert.rejects(inspect(sandbox));
  for (const rule of [
    { operation: "create", fault: { kind: "meta_usage" } },
    { operation: "debugToken", phoneId, fault: { kind: "reset" } },
    { operation: "getPhoneNumber", phoneNumber: "+14155550100", fault: { kind: "reset" } },
  ])
    assert.equal((await sandbox.call("PUT", "/sandbox/faults", { body: [rule] })).status, 422);
});
