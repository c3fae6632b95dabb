import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { installRequest } from "../support/request.ts";
import { skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";
import { refusals as expects, keys, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

const nav = (page: Page) => page.getByRole("navigation", { name: "Screens" });

test(
  "a key is taken once at any address, whose screen follows, and is kept nowhere in the browser",
  options,
  () =>
    withConsole({ api: { keys } }, async ({ producer, see }) => {
      const { install } = await producer.enqueue(installRequest(1));
      await see(
        `/installs/${install.id}`,
        async (page) => {
          await page.getByLabel("API key").fill("wrong-key");
          await page.getByRole("button", { name: "Sign in" }).click();
          await page.getByRole("alert").getByText("not among API_KEYS").waitFor();
          assert.equal(await page.getByLabel("API key").inputValue(), "");
          await signInAs(page, "operator-key");
          await page.getByRole("heading", { name: install.phoneNumber }).waitFor();
          const bar = page.getByRole("region", { name: "This Perch and you" });
          await bar.getByText("operator (admin)").waitFor();
          for (const text of ["Sandbox", "Perch 0.0.0-test"])
            await bar.getByText(text, { exact: true }).waitFor();
          await bar.getByText(/^(redis|unix):/).waitFor();
          const kept =
            "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])";
          assert.doesNotMatch(`${await page.evaluate(kept)} ${await page.content()}`, /operator-key/);
          await page.reload();
          await page.getByRole("heading", { name: install.phoneNumber }).waitFor();
          await page.getByRole("button", { name: "Sign out" }).click();
          await page.getByLabel("API key").waitFor();
          await page.reload();
          await page.getByLabel("API key").waitFor();
        },
        { expects },
      );
    }),
);

test(
  "a session that ends while a screen is open leads to the sign-in, and from it back to the screen",
  options,
  () =>
    withConsole({ api: { keys } }, async ({ see }) => {
      await see(
        "/installs?status=failed",
        async (page) => {
          await signInAs(page, "operator-key");
          await page.getByRole("heading", { name: "No install matches" }).waitFor();
          await page.context().clearCookies();
          await page.getByText("Your session has ended").waitFor();
          await signInAs(page, "operator-key");
          await page.getByRole("heading", { name: "No install matches" }).waitFor();
          assert.equal(new URL(page.url()).search, "?status=failed");
        },
        { expects },
      );
    }),
);

test("a key without write sees no button that changes something, and is refused by the API", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(1));
    await see(
      `/installs/${install.id}`,
      async (page) => {
        await signInAs(page, "reader-key");
        await page.getByRole("heading", { name: install.phoneNumber }).waitFor();
        assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
        const status = await page.evaluate(
          `fetch("/v1/installs/${install.id}/cancel", { method: "POST", headers: { "perch-console": "1" } }).then(({ status }) => status)`,
        );
        assert.equal(status, 403);
        await page.getByRole("button", { name: "Sign out" }).click();
        await signInAs(page, "operator-key");
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("button", { name: "Cancel the install" }).click();
        await page.getByRole("dialog").waitFor({ state: "detached" });
      },
      { expects },
    );
  }),
);

test("a key of some workspaces sees how many, and not which Redis it is", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    await see(
      "/installs",
      async (page) => {
        await signInAs(page, "tenant-key");
        await page.getByText("tenant (admin, 1 workspace)").waitFor();
        assert.equal(await page.getByText(/^(redis|unix):/).count(), 0);
        await nav(page).getByRole("link", { name: "Installs" }).waitFor();
      },
      { expects },
    );
  }),
);

test("without keys there is no sign-in", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await see("/sign-in", async (page) => {
      await page.getByText("No sign-in on this machine").waitFor();
      assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
    });
  }),
);

test("the sign-in looks right to every reader", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    await looksRight(see, "/sign-in", (page) => page.getByLabel("API key").waitFor(), expects);
  }),
);
