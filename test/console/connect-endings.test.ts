import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { skipped } from "./browser.ts";
import { endWindow, heading, openWindow, withConnectPage } from "./connect-page.ts";

const options = { skip: skipped };

const connected = "Your number is connected";

for (const first of ["message", "code"] as const)
  test(`a customer signs up and the number is connected, with Meta's ${first} first`, options, () =>
    withConnectPage({}, async ({ makeLink, linkOf, see, producer, sandbox }) => {
      const link = await makeLink({ metadata: { customer: "42" } });
      await see(link, async (page) => {
        await heading(page, "Connect your WhatsApp number to Acme Platform");
        const popup = await openWindow(page);
        await heading(page, "Go on in Meta’s window");
        await endWindow(popup, { ending: "finish", first, phoneNumber: "+1 415-555-0142", code: "CODE-1" });
        await heading(page, connected);
      });
      const { status, installId } = await linkOf(link);
      assert.equal(status, "connected");
      const install = await producer.installs.find(installId ?? "");
      assert.equal(install?.phoneNumber, "+14155550142");
      assert.equal(sandbox.report().connectors.length, 1);
      const sha256 = createHash("sha256").update(metaTokenOf("CODE-1")).digest("hex");
      assert.equal(sandbox.report().connectors[0]?.accessTokenSha256, sha256);
    }),
  );

test(
  "each ending without a connected number says what happened, and lets the customer begin again",
  options,
  () =>
    withConnectPage({}, async ({ makeLink, linkOf, see, producer }) => {
      const link = await makeLink();
      const endings = [
        [{ ending: "cancel", step: "BUSINESS_ACCOUNT_SELECTION" }, /window was closed before the end/],
        [{ ending: "closed" }, /window was closed before the end/],
        [{ ending: "error", errorId: "524126" }, /Meta reported an error/],
        [{ ending: "finish_only_waba" }, /finished at Meta without a phone number/],
        [{ ending: "finish", code: "expired" }, /Meta did not accept the signup/],
        [{ ending: "finish", code: "unavailable" }, /Meta does not answer/],
      ] as const;
      await see(link, async (page) => {
        let button = "Continue with Meta";
        for (const [choice, text] of endings) {
          await endWindow(await openWindow(page, button), choice);
          await page.getByText(text).waitFor();
          const shown = await linkOf(link);
          assert.ok(["failed", "cancelled_by_customer"].includes(shown.status), shown.status);
          if ("step" in choice) assert.equal(shown.step, choice.step);
          if ("errorId" in choice) assert.equal(shown.metaErrorId, choice.errorId);
          button = "Begin again";
        }
        assert.equal((await producer.installs.list({ limit: 10 })).items.length, 0);
        await endWindow(await openWindow(page, button), { ending: "finish" });
        await heading(page, connected);
      });
    }),
);

for (const ending of [
  "finish_unverified",
  "finish_business_app",
  "finish_business_app_without_phone_id",
] as const)
  test(`the ending ${ending} is connected too`, options, () =>
    withConnectPage({}, async ({ makeLink, linkOf, producer, see }) => {
      const link = await makeLink();
      await see(link, async (page) => {
        await endWindow(await openWindow(page), { ending, phoneId: "106540352249999" });
        await heading(page, connected);
      });
      const install = await producer.installs.find((await linkOf(link)).installId ?? "");
      assert.equal(install?.phoneId, "106540352249999");
      const event = ending === "finish_unverified" ? "FINISH" : "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING";
      assert.equal((await linkOf(link)).signupEvent, event);
    }),
  );

test("an install that fails is the platform's to mend, and the customer is told so", options, () => {
  const faults = [{ times: 1, fault: { kind: "status", status: 422 } }] as const;
  return withConnectPage({ sandbox: { faults } }, async ({ makeLink, linkOf, see }) => {
    const link = await makeLink();
    await see(link, async (page) => {
      await endWindow(await openWindow(page), { ending: "finish" });
      await page.getByText("Acme Platform has to look at it").waitFor();
      assert.equal(await page.getByRole("button").count(), 0);
    });
    assert.equal((await linkOf(link)).error?.code, "rejected_by_bird");
  });
});

test(
  "what Meta shows of the token ends the install, and the customer is told no more than of any other",
  options,
  () =>
    withConnectPage({ worker: { metaPreflight: "require" } }, async ({ makeLink, linkOf, see, sandbox }) => {
      const token = metaTokenOf("CODE-1");
      sandbox.setMetaObjects({ tokens: [{ token, scopes: ["whatsapp_business_management"] }] });
      const link = await makeLink();
      await see(link, async (page) => {
        await endWindow(await openWindow(page), { ending: "finish", code: "CODE-1" });
        await page.getByText("Acme Platform has to look at it").waitFor();
        assert.doesNotMatch(await page.content(), /permission|token|meta_/);
      });
      assert.equal((await linkOf(link)).error?.code, "meta_token_lacks_permission");
      assert.equal(sandbox.report().connectors.length, 0, "no create was spent");
    }),
);

test("at the end the customer is sent back to where the link says", options, () =>
  withConnectPage({}, async ({ makeLink, see }) => {
    const link = await makeLink({ redirectUrl: "https://app.example.com/done" });
    await see(link, async (page) => {
      await page.route("https://app.example.com/**", (route) =>
        route.fulfill({ contentType: "text/html", body: "<h1>Back</h1>" }),
      );
      await endWindow(await openWindow(page), { ending: "finish" });
      await page.getByRole("link", { name: "Back to app.example.com" }).waitFor();
      await heading(page, "Back");
      assert.equal(page.url(), "https://app.example.com/done");
    });
  }),
);
