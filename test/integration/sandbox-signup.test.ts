import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { openSandbox, type TestSandbox } from "./sandbox-fixture.ts";

const endSchema = z.object({
  code: z.string().optional(),
  first: z.string(),
  message: z
    .object({
      type: z.literal("WA_EMBEDDED_SIGNUP"),
      event: z.string(),
      version: z.literal(3),
      data: z.record(z.string(), z.string()),
    })
    .optional(),
});

const end = async (sandbox: TestSandbox, choice: object) =>
  endSchema.parse((await sandbox.call("POST", "/meta/signup/end", { body: choice })).json);

const phone = { wabaId: "7", phoneId: "10", phoneNumber: "+1 415-555-0123" };

test("every ending of the signup window has Meta's message, and a code only when the customer finished", async (t) => {
  const sandbox = await openSandbox(t);
  const both = ["business_id", "phone_number_id", "waba_id"];
  const expected = [
    ["finish", "FINISH", both],
    ["finish_unverified", "FINISH", both],
    ["finish_only_waba", "FINISH_ONLY_WABA", ["business_id", "waba_id"]],
    ["finish_business_app", "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", both],
    ["finish_business_app_without_phone_id", "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", ["waba_id"]],
    ["cancel", "CANCEL", ["current_step"]],
    ["error", "CANCEL", ["error_id", "error_message", "session_id", "timestamp"]],
    ["closed", undefined, undefined],
  ] as const;
  for (const [ending, event, members] of expected) {
    const { message, code } = await end(sandbox, { ending, ...phone });
    assert.equal(message?.event, event, ending);
    assert.deepEqual(message && Object.keys(message.data).sort(), members, ending);
    assert.equal(code !== undefined, ending.startsWith("finish"), ending);
  }
  const scripted = await end(sandbox, { ending: "cancel", step: "TOS", first: "code" });
  assert.deepEqual([scripted.message?.data.current_step, scripted.first], ["TOS", "code"]);
  const wrong = await sandbox.call("POST", "/meta/signup/end", { body: { ending: "vanish" } });
  assert.equal(wrong.status, 422);
});

test("Meta knows the phone number of a signup from then on, verified or not", async (t) => {
  const sandbox = await openSandbox(t);
  const read = async (phoneId: string) =>
    (await sandbox.call("GET", `/meta/v23.0/${phoneId}`, { headers: { authorization: "Bearer any" } })).json;
  await end(sandbox, { ending: "finish", ...phone });
  await end(sandbox, { ending: "finish_unverified", ...phone, phoneId: "11" });
  for (const [phoneId, status] of [
    ["10", "VERIFIED"],
    ["11", "NOT_VERIFIED"],
  ] as const)
    assert.partialDeepStrictEqual(await read(phoneId), {
      display_phone_number: "+1 415-555-0123",
      code_verification_status: status,
    });
});

test("the window opens for the app, its pages and a code only", async (t) => {
  const sandbox = await openSandbox(t);
  const open = async (change: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({
      ...{ app_id: sandbox.meta.appId, config_id: "1", response_type: "code" },
      ...{ override_default_response_type: "true", origin: "https://connect.example.com", cb: "f1" },
      ...change,
    });
    return sandbox.call("GET", `/meta/v23.0/dialog/oauth?${query}`);
  };
  assert.equal((await open({})).status, 200);
  assert.equal((await open({ origin: "http://127.0.0.1:3005" })).status, 200);
  for (const change of [
    { app_id: "1" },
    { config_id: "" },
    { response_type: "token" },
    { origin: "http://connect.example.com" },
  ])
    assert.equal((await open(change)).status, 400, JSON.stringify(change));
});

test("windows end without a click as the control route says, until it is cleared", async (t) => {
  const sandbox = await openSandbox(t);
  const refused = await sandbox.call("PUT", "/sandbox/signup", { body: { ending: "vanish" } });
  assert.equal(refused.status, 422);
  assert.equal((await sandbox.call("PUT", "/sandbox/signup", { body: { ending: "error" } })).status, 200);
  assert.partialDeepStrictEqual((await sandbox.call("GET", "/sandbox/signup")).json, { ending: "error" });
  await sandbox.call("DELETE", "/sandbox/signup");
  assert.deepEqual((await sandbox.call("GET", "/sandbox/signup")).json, {});
});
