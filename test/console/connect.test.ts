import assert from "node:assert/strict";
import test from "node:test";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createLinkSessions } from "../../src/queue/links/sessions.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { workspaceId } from "../support/request.ts";
import { localConnect } from "../support/role-settings.ts";
import type { Stack } from "../support/stack.ts";
import { dialogLooksRight } from "./axe.ts";
import { skipped } from "./browser.ts";
import { hostileName, looksRight, withConsole } from "./console-fixture.ts";
import { keys as apiKeys, refusals, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

const retentionMs = 3_600_000;

const api = { connect: { ...localConnect, redirectHosts: ["app.example.com"] } };

/** Makes a link and lets its customer break off at a screen of Meta's. */
const makeBrokenOff = async ({ client, keys, producer, sealingKeys }: Stack, name: string): Promise<void> => {
  const seal = createSeal(sealingKeys);
  const make = createMakeLink({ client, keys, seal, retentionMs });
  const { link, secret } = await make(connectLinkMembers.parse({ workspaceId, name }), {
    requestedBy: "crm",
  });
  const sessions = createLinkSessions({ client, keys, seal, installs: producer.installs, retentionMs });
  const access = { id: link.id, secret };
  await sessions.move(access, "open");
  await sessions.move(access, "cancel", { step: "PHONE_NUMBER_SETUP" });
};

test("a link is made, its address shown once, and revoked", options, () =>
  withConsole({ startsPaused: true, api }, async ({ see }) => {
    await see(
      "/connect",
      async (page) => {
        await page.getByRole("heading", { name: "No links yet" }).waitFor();
        await page.getByRole("button", { name: "Make a link" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Workspace").fill("not-a-uuid");
        await dialog.getByLabel("Name").fill("Acme support");
        await dialog.getByLabel("Back to (optional)").fill("https://elsewhere.example/done");
        await dialog.getByRole("button", { name: "Make the link" }).click();
        await dialog
          .getByText(/must be .*UUID/)
          .first()
          .waitFor();
        await dialog.getByLabel("Workspace").fill(workspaceId);
        await dialog.getByLabel("Back to (optional)").fill("https://app.example.com/done");
        await dialog.getByRole("button", { name: "How long it works" }).click();
        await page.getByRole("option", { name: "Works for 1 day" }).click();
        await dialog.getByRole("button", { name: "Make the link" }).click();
        await page.getByRole("heading", { name: "The link for Acme support" }).waitFor();
        await dialogLooksRight(page, "made link");
        await page.getByRole("button", { name: "Copy: Link" }).click();
        const url = await page.evaluate<string>("navigator.clipboard.readText()");
        assert.match(url, /^https:\/\/connect\.example\.com\/c\/lnk_\w+#\S{20,}$/);
        await page.getByRole("button", { name: "Done" }).click();
        await page.getByRole("row", { name: /Acme support.*Not opened yet.*in \d/ }).waitFor();
        const [, secret = ""] = url.split("#");
        assert.ok(!(await page.content()).includes(secret), "the address is gone with its dialog");
        await page.getByRole("button", { name: "Revoke the link for Acme support" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
        await page.getByText("The link no longer works.").waitFor();
        await page.getByRole("row", { name: /Acme support.*Revoked/ }).waitFor();
        assert.equal(await page.getByRole("button", { name: /^Revoke the link/ }).count(), 0);
        await page.getByRole("button", { name: /^Any status/ }).click();
        await page.getByRole("option", { name: "Connected" }).click();
        await page.getByRole("heading", { name: "No link has this status" }).waitFor();
        assert.equal(new URL(page.url()).search, "?status=connected");
      },
      { expects: /status of 422/ },
    );
  }),
);

test("without an address for links the dialog says which setting is missing", options, () =>
  withConsole({ startsPaused: true, api: { connect: undefined } }, async ({ see }) => {
    await see(
      "/connect",
      async (page) => {
        await page.getByRole("button", { name: "Make a link" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Workspace").fill(workspaceId);
        await dialog.getByLabel("Name").fill("Acme support");
        await page.keyboard.press("Enter");
        await dialog.getByText(/set CONNECT_PUBLIC_URL/).waitFor();
      },
      { expects: /status of 409/ },
    );
  }),
);

test("a key that may only read sees links and no button", options, () =>
  withConsole({ startsPaused: true, api: { ...api, keys: apiKeys } }, async (stack) => {
    await makeBrokenOff(stack, "Acme support");
    await stack.see(
      "/connect",
      async (page) => {
        await signInAs(page, "reader-key");
        await page.getByText("at PHONE_NUMBER_SETUP").waitFor();
        for (const name of [/^Make a link/, /^Revoke/])
          assert.equal(await page.getByRole("button", { name }).count(), 0);
      },
      { expects: refusals },
    );
  }),
);

test("a list of links that cannot be read says so and is read again", options, () =>
  withConsole({ startsPaused: true, api }, async ({ see }) => {
    await see(
      "/setup",
      async (page) => {
        await page.route("**/v1/connect-links*", (route) => route.fulfill({ status: 503, json: {} }));
        await page.getByRole("link", { name: "Connect" }).click();
        await page.getByRole("alert").waitFor();
        await page.unroute("**/v1/connect-links*");
        await page.getByRole("heading", { name: "No links yet" }).waitFor();
      },
      { expects: /status of 503/ },
    );
  }),
);

test("the links look right to every reader, also with none, and while one is made", options, () =>
  withConsole({ startsPaused: true, api }, async (stack) => {
    await looksRight(stack.see, "/connect?none", (page) =>
      page.getByRole("heading", { name: "No links yet" }).waitFor(),
    );
    await makeBrokenOff(stack, "Acme support");
    await makeBrokenOff(stack, hostileName);
    await looksRight(stack.see, "/connect", (page) =>
      page.getByText("at PHONE_NUMBER_SETUP").first().waitFor(),
    );
    await looksRight(stack.see, "/connect?make", async (page) => {
      await page.getByRole("button", { name: "Make a link" }).click();
      await page.getByRole("dialog").getByLabel("Name").waitFor();
    });
  }),
);
