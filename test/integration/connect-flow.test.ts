import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { until } from "../support/until.ts";
import { signup, withConnect } from "./connect-fixture.ts";

test("a customer opens a link, signs up, and the number is connected", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { producer, sandbox } = stack;
    const one = await customer({ metadata: { customer: "42" }, redirectUrl: "https://app.example.com/done" });
    const opened = await one.open();
    assert.deepEqual(
      [opened.status, opened.name, opened.redirectUrl, opened.canReopen],
      ["opened", "Acme Platform", "https://app.example.com/done", false],
    );
    const { appId, configId, graphVersion, sdkUrl, allowedOrigins } = opened.meta;
    assert.deepEqual([appId, configId, graphVersion], [sandbox.meta.appId, "1", "v23.0"]);
    assert.deepEqual([new URL(sdkUrl).origin, allowedOrigins], [sandbox.url, [sandbox.url]]);
    assert.equal((await one.session("started")).status, "signing_up");
    const finished = await one.session("finish", signup(1));
    assert.ok(["signing_up", "connected"].includes(finished.status));
    assert.equal((await one.until("connected")).error, undefined);
    const link = await links.find(one.id);
    const install = (await producer.installs.find(link?.installId ?? "")) ?? assert.fail("no install");
    assert.deepEqual(
      [install.phoneNumber, install.connectLinkId, install.requestedBy, install.priority, install.metadata],
      ["+14155550101", one.id, "crm", "interactive", { customer: "42" }],
    );
    const [connector] = sandbox.report().connectors;
    const sha256 = createHash("sha256").update(metaTokenOf("CODE-1")).digest("hex");
    assert.equal(connector?.accessTokenSha256, sha256);
    const [first] = await producer.installs.timeline(install.id);
    assert.deepEqual([first?.what, first?.connectLinkId], ["signup finished by the customer", one.id]);
  }));

test("a double click, two tabs and a reload spend one code and make one install", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const one = await customer();
    await one.open();
    await one.session("started");
    const tabs = await Promise.all(
      Array.from({ length: 12 }, (_, n) => one.send("finish", signup(1, n % 2 === 0 ? "CODE-A" : "CODE-B"))),
    );
    for (const { status, text } of tabs) assert.ok(status === 200 || status === 409, text);
    assert.ok(tabs.some(({ status }) => status === 200));
    assert.equal((await one.until("connected")).status, "connected");
    const after = await one.session("finish", signup(1, "CODE-C"));
    assert.equal(after.status, "connected");
    const { items } = await stack.producer.installs.list({ limit: 10 });
    assert.deepEqual(
      items.map(({ id }) => id),
      [(await links.find(one.id))?.installId],
    );
    const { connectors } = stack.sandbox.report();
    assert.equal(connectors.length, 1);
    const spent = await Promise.all(
      ["CODE-A", "CODE-B", "CODE-C"].map((code) => isSpent(stack.sandbox.meta, code)),
    );
    assert.equal(spent.filter(Boolean).length, 1, "one code was exchanged");
    assert.equal((await one.open()).status, "connected");
    for (const name of ["started", "cancelled", "failed"] as const)
      assert.equal((await one.session(name)).status, "connected", name);
  }));

/** Whether a code was exchanged already; exchanges it if not. */
const isSpent = async (
  {
    graphUrl,
    appId,
    appSecret,
  }: { readonly graphUrl: string; readonly appId: string; readonly appSecret: string },
  code: string,
): Promise<boolean> => {
  const query = new URLSearchParams({ client_id: appId, client_secret: appSecret, code });
  return (await fetch(`${graphUrl}/oauth/access_token?${query}`)).status !== 200;
};

test("each ending without an install says why, and the link may be opened again", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { phoneId: _, ...withoutPhone } = signup(1);
    stack.sandbox.addMetaObjects({ phones: [{ phoneId: "999", exists: false }] });
    const one = await customer();
    const endings = [
      ["finish", { ...withoutPhone, event: "FINISH_ONLY_WABA" }, "failed", "no_phone_number"],
      ["finish", signup(1, "expired"), "failed", "signup_code_refused"],
      ["finish", signup(1, "unavailable"), "failed", "meta_unavailable"],
      ["finish", { ...signup(1, "CODE-X"), phoneId: "999" }, "failed", "number_unreadable"],
      ["failed", { metaErrorId: "AbC-1" }, "failed", "meta_error"],
      ["cancelled", { step: "PHONE_NUMBER_SETUP" }, "cancelled_by_customer", undefined],
    ] as const;
    for (const [name, body, status, code] of endings) {
      assert.equal((await one.open()).status, "opened", text(code));
      await one.session("started");
      const ended = await one.session(name, body);
      assert.deepEqual([ended.status, ended.error?.code, ended.canReopen], [status, code, true], text(code));
      const link = await links.find(one.id);
      assert.deepEqual(
        [link?.status, link?.error?.code, link?.installId],
        [status, code, undefined],
        text(code),
      );
    }
    assert.equal((await links.find(one.id))?.step, "PHONE_NUMBER_SETUP");
    assert.equal((await stack.producer.installs.list({ limit: 10 })).items.length, 0);
    await one.session("finish", signup(1, "CODE-Y"));
    await one.until("connected");
  }));

const text = (code: string | undefined): string => code ?? "cancelled";

test("an install that fails fails its link for good, and shows a stranger nothing of why; a retry heals both", () => {
  const faults = [{ phoneId: signup(2).phoneId, times: 1, fault: { kind: "status", status: 422 } }] as const;
  return withConnect({ sandbox: { faults } }, async ({ stack, customer, links }) => {
    const one = await customer();
    await one.open();
    await one.session("finish", signup(2));
    const failed = await one.until("failed");
    assert.deepEqual([failed.error, failed.canReopen], [{ code: "install_failed" }, false]);
    const link = await links.find(one.id);
    assert.equal(link?.error?.code, "rejected_by_bird");
    assert.equal((await one.open()).status, "failed");
    await stack.producer.actions.retry(link?.installId ?? "", {});
    await one.until("connected");
  });
});

test("a number that has an install already connects its link to that one", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { phoneId, wabaId } = signup(3);
    const request = { ...installRequest(0), phoneId, wabaId, phoneNumber: "+14155550103" };
    const { install } = await stack.producer.enqueue(request);
    await stack.producer.waitFor(install.id, { timeoutMs: 10_000 });
    const one = await customer();
    await one.open();
    await one.session("finish", signup(3));
    await one.until("connected");
    assert.equal((await links.find(one.id))?.installId, install.id);
    const other = await customer();
    await other.open();
    const refused = await other.session("finish", { ...signup(3, "CODE-Z"), wabaId: "102290129340399" });
    assert.deepEqual([refused.status, refused.error?.code], ["failed", "number_mismatch"]);
  }));

test("an expired and a revoked link spend no code", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { client, keys, sandbox } = stack;
    const [expired, revoked] = [await customer(), await customer()];
    await expired.open();
    const shard = keys.ofInstall(expired.id.slice(4));
    await client.hset(shard.connectLink(expired.id), "expiresAtMs", 1);
    await links.revoke(revoked.id);
    for (const [one, status] of [
      [expired, "expired"],
      [revoked, "revoked"],
    ] as const)
      for (const name of ["open", "started", "finish", "cancelled", "failed", "status"] as const) {
        const shown = await one.session(name, name === "finish" ? signup(4) : {});
        assert.deepEqual([shown.status, shown.canReopen], [status, false], `${status} ${name}`);
      }
    assert.equal(await isSpent(sandbox.meta, signup(4).code), false);
    assert.equal((await stack.producer.installs.list({ limit: 10 })).items.length, 0);
  }));

test("a process killed between the exchange and the queue leaves a link that can be finished again", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { client, keys, producer } = stack;
    const one = await customer();
    await one.open();
    // What such a process leaves: the id of an install that was never enqueued.
    await client.hset(keys.ofInstall(one.id.slice(4)).connectLink(one.id), {
      status: "signing_up",
      installId: "01KB6Z3V9N1YF0T4C8M2R5W7XE",
    });
    assert.equal((await links.find(one.id))?.installId, undefined);
    assert.equal((await one.session("finish", signup(5))).error, undefined);
    await one.until("connected");
    assert.equal((await producer.installs.list({ limit: 10 })).items.length, 1);
  }));

test("a number of the WhatsApp Business app whose id is not told is the only one of its account, or none is taken", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const { phoneId, ...untold } = { ...signup(7), event: "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING" };
    const phone = { phoneId, wabaId: untold.wabaId, displayPhoneNumber: "+1 415-555-0107" };
    const one = await customer();
    await one.open();
    stack.sandbox.setMetaObjects({ phones: [phone, { ...phone, phoneId: "999" }] });
    const two = await one.session("finish", { ...untold, code: "CODE-TWO" });
    assert.deepEqual([two.status, two.error?.code], ["failed", "number_unreadable"]);
    stack.sandbox.setMetaObjects({ accounts: [{ wabaId: untold.wabaId }] });
    const none = await one.session("finish", { ...untold, code: "CODE-NONE" });
    assert.deepEqual([none.status, none.error?.code], ["failed", "no_phone_number"]);
    stack.sandbox.setMetaObjects({ phones: [phone] });
    await one.session("finish", untold);
    await one.until("connected");
    const install = await stack.producer.installs.find((await links.find(one.id))?.installId ?? "");
    assert.equal(install?.phoneId, phoneId);
  }));

test("with coexistence the difference stays in the link and in the timeline", () =>
  withConnect({}, async ({ stack, customer, links }) => {
    const one = await customer();
    await one.open();
    await one.session("finish", { ...signup(6), event: "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING" });
    await one.until("connected");
    const link = await links.find(one.id);
    assert.equal(link?.signupEvent, "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING");
    const [first] = await stack.producer.installs.timeline(link?.installId ?? "");
    assert.match(first?.what ?? "", /stays in the WhatsApp Business app/);
  }));

test("the link's callbackUrl is notified of its completion, and of a customer who broke off and did not come back", () =>
  withConnect({ startsPaused: true }, async ({ stack, customer }) => {
    const { client, keys } = stack;
    const callbackUrl = "https://receiver.example/connect";
    const [done, left, back] = [
      await customer({ callbackUrl }),
      await customer({ callbackUrl }),
      await customer({ callbackUrl }),
    ];
    for (const one of [done, left, back]) await one.open();
    await back.session("cancelled", { step: "A" });
    await back.open();
    // A worker's sweep tells of whoever has not come back by then, so the first begins when one has.
    await stack.startAnotherWorker();
    await left.session("cancelled", { step: "B" });
    await done.session("finish", signup(7));
    await done.until("connected");
    const idsOf = async () =>
      (await client.zrange(keys.notifications, "0", "-1")).filter((id) => id.includes("lnk_"));
    await until("both are queued, and the outbox is empty", async () => {
      const outboxes = await Promise.all(keys.shards.map(({ connectOutbox }) => client.zcard(connectOutbox)));
      return (await idsOf()).length === 2 && outboxes.every((count) => count === 0);
    });
    assert.deepEqual((await idsOf()).sort(), [`msg_${done.id}_completed`, `msg_${left.id}_cancelled`].sort());
    const job = await client.hget(keys.notificationJob(`msg_${left.id}_cancelled`), "data");
    const { url, subjectId, payload } = JSON.parse(job ?? "");
    assert.deepEqual(
      [url, subjectId, payload.type, payload.data.status, payload.data.step, payload.data.workspaceId],
      [callbackUrl, left.id, "connect.cancelled", "cancelled_by_customer", "B", workspaceId],
    );
  }));
