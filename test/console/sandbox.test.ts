import assert from "node:assert/strict";
import test from "node:test";
import { installRequest } from "../support/request.ts";
import { skipped, withPage } from "./browser.ts";
import { builtConsole, hostileName, looksRight, withConsole } from "./console-fixture.ts";

const options = { skip: skipped };
const sandbox = { pageDir: builtConsole };

test("the console leads to the sandbox, which shows what it made and takes a fault", options, () =>
  withConsole({ sandbox }, async ({ producer, see, sandbox: { url } }) => {
    const { install: first } = await producer.enqueue(installRequest(1, { name: hostileName }));
    await producer.waitFor(first.id);
    await see("/installs", async (page) => {
      const link = page.getByRole("link", { name: "Sandbox" });
      assert.equal(await link.getAttribute("href"), url);
    });
    const rejected = installRequest(2);
    await withPage({}, async (page) => {
      await page.goto(url);
      const connectors = page.getByRole("table", { name: "Connectors" });
      await connectors.getByText("Channel active").waitFor();
      await page
        .getByRole("table", { name: "What was asked for" })
        .getByText("create", { exact: true })
        .waitFor();
      await page.getByRole("button", { name: "What happens" }).click();
      await page.getByRole("option", { name: "Bird refuses the number (422)" }).click();
      await page.getByLabel("Only for this number").fill(` ${rejected.phoneNumber} `);
      await page.getByRole("button", { name: "Add the fault" }).click();
      const rules = page.getByRole("list", { name: "Faults on purpose" });
      await rules.getByText(`${rejected.phoneNumber} · once a number`).waitFor();
      const { install: second } = await producer.enqueue(rejected);
      const { error } = await producer.waitFor(second.id);
      assert.equal(error?.code, "rejected_by_bird");
      await page.getByRole("button", { name: "Remove: Bird refuses the number (422)" }).click();
      await page.getByText("None: every number is installed").waitFor();
    });
  }),
);

test("what the sandbox refuses of a fault is said, and keeps what was typed", options, () =>
  withConsole({ sandbox, startsPaused: true }, ({ sandbox: { url } }) =>
    withPage({ expects: /422/ }, async (page) => {
      await page.goto(url);
      await page.getByText("Nothing was asked for yet").waitFor();
      await page.getByRole("button", { name: "What happens" }).click();
      await page.getByRole("option", { name: "Bird is down (503)" }).click();
      await page.route("**/sandbox/faults", (route) =>
        route.request().method() === "PUT"
          ? route.fulfill({ status: 422, json: { code: "InvalidPayload", message: "invalid data provided" } })
          : route.continue(),
      );
      await page.getByLabel("Only for this number").fill("x");
      await page.getByRole("button", { name: "Add the fault" }).click();
      await page.getByRole("alert").getByText("invalid data provided").waitFor();
      assert.equal(await page.getByLabel("Only for this number").inputValue(), "x");
    }),
  ),
);

test("the sandbox's page looks right to every reader", options, () =>
  withConsole({ sandbox }, async ({ producer, sandbox: { url, setFaults } }) => {
    setFaults([
      { fault: { kind: "event_late", delayMs: 10_000 }, phoneNumber: "+14155550123" },
      { fault: { kind: "status", status: 429, retryAfterSeconds: 1 }, phoneNumber: "+14155550124" },
    ]);
    const { install } = await producer.enqueue(installRequest(1, { name: hostileName }));
    await producer.waitFor(install.id);
    await looksRight(
      (path, use, view = {}) =>
        withPage(view, async (page) => {
          await page.goto(new URL(path, url).href);
          await use(page);
        }),
      "/",
      async (page) => {
        await page.getByText("Channel active").waitFor();
        await page.getByText("Bird answers 429, and to come again in 1 s").waitFor();
      },
    );
  }),
);
