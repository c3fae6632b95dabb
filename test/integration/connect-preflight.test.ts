import assert from "node:assert/strict";
import test from "node:test";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { signup, withConnect } from "./connect-fixture.ts";

const number = signup(8);
const unverified = {
  phones: [
    {
      phoneId: number.phoneId,
      displayPhoneNumber: "+1 415-555-0108",
      codeVerificationStatus: "NOT_VERIFIED" as const,
    },
  ],
};
const inOrder = { phones: [{ phoneId: number.phoneId, displayPhoneNumber: "+1 415-555-0108" }] };

test("with META_PREFLIGHT=require a finding ends a link's install, spends no create, and the page is not told which", () =>
  withConnect(
    { worker: { metaPreflight: "require", numberMaxCreates: 1 } },
    async ({ stack, customer, links }) => {
      const { sandbox, producer } = stack;
      sandbox.addMetaObjects(unverified);
      const one = await customer();
      await one.open();
      await one.session("started");
      await one.session("finish", number);
      const failed = await one.until("failed");
      assert.deepEqual([failed.error, failed.canReopen], [{ code: "install_failed" }, false]);
      const link = await links.find(one.id);
      assert.equal(link?.error?.code, "meta_phone_not_verified");
      const install = await producer.installs.find(link?.installId ?? "");
      assert.partialDeepStrictEqual(install, { status: "failed", attempts: 0 });
      assert.deepEqual(sandbox.report().creates, {});
      // Put right at Meta; another token, so that no answer of a minute ago is believed.
      sandbox.addMetaObjects(inOrder);
      await producer.actions.retry(link?.installId ?? "", { accessToken: "EAAG-ANOTHER-TOKEN" });
      await one.until("connected");
    },
  ));

test("with META_PREFLIGHT=warn a link's install is asked about once, with the token of its signup, and goes on", () =>
  withConnect({ worker: { metaPreflight: "warn" } }, async ({ stack, customer, links }) => {
    const { sandbox, producer } = stack;
    const expiresAtMs = Date.now() + 3_600_000;
    sandbox.addMetaObjects({ ...inOrder, tokens: [{ token: metaTokenOf(number.code), expiresAtMs }] });
    const one = await customer();
    await one.open();
    await one.session("finish", number);
    await one.until("connected");
    const link = await links.find(one.id);
    const said = await producer.installs.timeline(link?.installId ?? "");
    const codes = said.flatMap(({ code }) => code ?? []);
    assert.deepEqual(codes, ["meta_token_expires_soon"]);
    assert.deepEqual(sandbox.report().requests.debugToken, { 200: 1 });
  }));

test("a create of a number that stays in the WhatsApp Business app counts, because only the customer's browser says so", () =>
  withConnect({ worker: { numberMaxCreates: 1 } }, async ({ customer, links }) => {
    const coexisting = { ...signup(9), event: "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING" };
    const one = await customer();
    await one.open();
    await one.session("finish", coexisting);
    await one.until("connected");
    const other = await customer({ workspaceId: "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21" });
    await other.open();
    await other.session("finish", { ...coexisting, code: "CODE-9-AGAIN" });
    await other.until("failed");
    assert.equal((await links.find(other.id))?.error?.code, "number_attempts_exhausted");
  }));

test("requests to Meta are counted by operation and outcome, of the connect service and of the worker", () =>
  withConnect({ worker: { metaPreflight: "warn" } }, async ({ stack, customer }) => {
    const { sandbox, metrics } = stack;
    const one = await customer();
    await one.open();
    await one.session("finish", signup(1, "unavailable"));
    await one.session("finish", signup(1, "expired"));
    sandbox.setFaults([{ operation: "getPhoneNumber", times: 1, fault: { kind: "reset" } }]);
    await one.session("finish", signup(1, "CODE-1-UNREAD"));
    await one.session("finish", signup(1));
    await one.until("connected");
    const counted = async (): Promise<string[]> =>
      (await metrics.expose()).text
        .split("\n")
        .flatMap((line) => /^perch_meta_requests_total\{(.*)\} (\d+)$/.exec(line)?.slice(1).join(" ") ?? [])
        .map((line) => line.replace(/operation="(\w+)",outcome="(\w+)"/, "$1 $2"))
        .sort();
    assert.deepEqual(await counted(), [
      "debug_token ok 1",
      "exchange_code ok 2",
      "exchange_code refused 1",
      "exchange_code retryable 1",
      "get_phone_number error 1",
      "get_phone_number ok 2",
      "list_phone_numbers ok 1",
    ]);
  }));
