import assert from "node:assert/strict";
import test from "node:test";
import { installRequest } from "../support/request.ts";
import { until } from "../support/until.ts";
import { dialogLooksRight } from "./axe.ts";
import { goTo, skipped } from "./browser.ts";
import { hostileName, looksRight, withConsole } from "./console-fixture.ts";
import { keys, refusals, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

test(
  "installs are found by number, name, status and id, and the address holds what was asked for",
  options,
  () =>
    withConsole({}, async ({ producer, see }) => {
      const { install: first } = await producer.enqueue(installRequest(1, { name: "Harbor Coffee" }));
      await producer.enqueue(installRequest(2, { name: "Wattle Physio" }));
      await producer.waitFor(first.id);
      await see("/installs", async (page) => {
        await page.getByRole("link", { name: "+14155550102" }).waitFor();
        await page.keyboard.press("/");
        await page.keyboard.type("harbor");
        await page.getByRole("link", { name: "+14155550102" }).waitFor({ state: "detached" });
        assert.equal(new URL(page.url()).search, "?q=harbor");
        await page.getByRole("row", { name: /Harbor Coffee.*Live/ }).waitFor();
        await page.reload();
        await page.getByRole("row", { name: /Harbor Coffee/ }).waitFor();
        await page.getByRole("searchbox").fill("+1 415 555 0102");
        await page.getByRole("row", { name: /Wattle Physio/ }).waitFor();
        await page.getByRole("searchbox").fill("5550101");
        await page.getByRole("row", { name: /Harbor Coffee/ }).waitFor();
        const { connectorId = "" } = (await producer.installs.find(first.id)) ?? {};
        await page.getByRole("searchbox").fill(connectorId);
        await page.waitForURL(`**/installs?q=${connectorId}`);
        await page.getByRole("row", { name: /Harbor Coffee/ }).waitFor();
        await page.getByRole("searchbox").fill("nothing has this name");
        await page.getByRole("heading", { name: "No install matches" }).waitFor();
        await page.getByRole("button", { name: "Clear all filters" }).click();
        await page.getByRole("button", { name: "Any status" }).click();
        await page.getByRole("option", { name: "Failed" }).click();
        await page.getByRole("heading", { name: "No install matches" }).waitFor();
        assert.equal(new URL(page.url()).search, "?status=failed");
      });
    }),
);

test("new installs are counted, and push nothing down until they are asked for", options, () =>
  withConsole({ startsPaused: true }, async ({ producer, see }) => {
    await producer.enqueue(installRequest(1));
    await see("/installs", async (page) => {
      await page.getByRole("link", { name: "+14155550101" }).waitFor();
      await producer.enqueue(installRequest(2));
      const show = page.getByRole("button", { name: "Show 1 new" });
      await show.waitFor();
      assert.equal(await page.getByRole("link", { name: "+14155550102" }).count(), 0);
      await show.click();
      await page.getByRole("link", { name: "+14155550102" }).waitFor();
    });
  }),
);

test(
  "more installs than a page come when they are asked for, and only those in view are drawn",
  options,
  () =>
    withConsole({ startsPaused: true }, async ({ producer, see }) => {
      for (let n = 0; n < 60; n += 1) await producer.enqueue(installRequest(n));
      await see("/installs", async (page) => {
        const table = page.getByRole("table");
        await table.waitFor();
        assert.equal(await table.getAttribute("aria-rowcount"), "51");
        assert.ok((await page.getByRole("row").count()) < 50);
        await page.getByRole("button", { name: "Show more" }).click();
        await page.locator("table[aria-rowcount='61']").waitFor();
        await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
        await page.getByRole("link", { name: "+14155550100" }).waitFor();
      });
    }),
);

test(
  "the list of installs looks right to every reader, also with a hostile name and with nothing in it",
  options,
  () =>
    withConsole({ startsPaused: true }, async ({ producer, see }) => {
      await looksRight(see, "/installs", (page) =>
        page.getByRole("heading", { name: "No installs yet" }).waitFor(),
      );
      await producer.enqueue(installRequest(1, { name: hostileName }));
      await looksRight(see, "/installs", async (page) => {
        await page.getByText(hostileName).waitFor();
        assert.equal(await page.locator("main img").count(), 0);
      });
    }),
);

test("keys are listed on ?, and a problem says what to do", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await see(
      "/installs?workspace=not-a-uuid",
      async (page) => {
        await page.getByRole("alert").getByText("workspaceId").waitFor();
        await page.keyboard.press("?");
        await page.getByRole("dialog", { name: "Keys" }).waitFor();
        await dialogLooksRight(page, "keys");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      },
      { expects: /status of 422/ },
    );
  }),
);

/** The sandbox refuses these numbers. */
const refusedNumbers = {
  faults: [1, 2].map((n) => ({
    phoneNumber: `+1415555010${n}`,
    fault: { kind: "status" as const, status: 422 as const },
  })),
};

for (const width of [1280, 390])
  test(
    `selected installs are retried by keyboard at ${width} pixels, after it was said how many can be`,
    options,
    () =>
      withConsole({ sandbox: refusedNumbers }, async ({ producer, see }) => {
        for (const n of [1, 2, 3]) {
          const { install } = await producer.enqueue(installRequest(n));
          await producer.waitFor(install.id);
        }
        await see(
          "/installs",
          async (page) => {
            await page.getByRole("checkbox", { name: "Select all shown" }).press(" ");
            const bar = page.getByRole("region", { name: "Selection" });
            await bar.getByText("3 installs selected").waitFor();
            await page.getByRole("checkbox", { name: "Select +14155550102" }).press(" ");
            await bar.getByText("2 installs selected").waitFor();
            await bar.getByRole("button", { name: "Retry" }).press("Enter");
            const dialog = page.getByRole("dialog", { name: "Retry installs" });
            await dialog.getByText("1 of 2 selected can be retried").waitFor();
            await dialog.getByText("1 did neither fail nor end by a cancel").waitFor();
            await dialogLooksRight(page, "retry many");
            await dialog.getByLabel("New access token").fill("EAAG-MANY-SECRET");
            await page.keyboard.press("Enter");
            await page.getByText("1 install queued again.").waitFor();
            await dialog.waitFor({ state: "detached" });
            assert.equal(await bar.getByText("selected").count(), 0);
            assert.doesNotMatch(`${page.url()} ${await page.content()}`, /MANY-SECRET/);
          },
          { width },
        );
      }),
  );

test("all that match a filter are cancelled, those that are not shown too", options, () =>
  withConsole({ startsPaused: true }, async ({ producer, see, startAnotherWorker }) => {
    for (let n = 0; n < 60; n += 1) await producer.enqueue(installRequest(n));
    await see("/installs?status=queued,completed", async (page) => {
      await page.getByRole("checkbox", { name: "Select all shown" }).check();
      const bar = page.getByRole("region", { name: "Selection" });
      await bar.getByText("50 installs selected").waitFor();
      await bar.getByRole("button", { name: "Select all that match" }).click();
      await bar.getByRole("button", { name: "Retry" }).click();
      await page.getByText("0 of those that match can be retried").waitFor();
      await page.getByRole("button", { name: "Back" }).click();
      await bar.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Cancel 60 installs" }).click();
      await page.getByText(/60 installs cancelled/).waitFor();
    });
    await startAnotherWorker();
    await until("all are cancelled", async () => {
      const { items } = await producer.installs.list({ limit: 100 });
      return items.length === 60 && items.every(({ status }) => status === "cancelled");
    });
  }),
);

test("what an action on many installs skipped is listed with the reason", options, () =>
  withConsole({ sandbox: refusedNumbers }, async ({ producer, see }) => {
    const { install: old } = await producer.enqueue(installRequest(1));
    await producer.waitFor(old.id);
    await see("/installs", async (page) => {
      await page.getByRole("checkbox", { name: "Select +14155550101" }).check();
      await page.getByRole("button", { name: "Retry" }).click();
      const retry = page.getByRole("button", { name: "Retry 1 install" });
      await retry.waitFor();
      // Another install of the number comes between the count and the press.
      const { install } = await producer.enqueue(installRequest(1));
      assert.notEqual(install.id, old.id);
      await producer.waitFor(install.id);
      await retry.click();
      const skipped = page.getByRole("dialog", { name: "1 skipped" });
      await skipped.getByRole("link", { name: old.id }).waitFor();
      await skipped.getByText(install.id).waitFor();
      await dialogLooksRight(page, "skipped");
    });
  }),
);

test("the address holds days, an order and what is stuck, and the filter bar shows them", options, () =>
  withConsole({}, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(1));
    await producer.waitFor(install.id);
    const day = new Date().toISOString().slice(0, 10);
    await see("/installs", async (page) => {
      const row = page.getByRole("row", { name: /\+14155550101/ });
      const search = () => new URL(page.url()).search;
      await page.getByRole("button", { name: "Any time" }).click();
      await page.getByRole("option", { name: "Between two days" }).click();
      await page.getByLabel("From", { exact: true }).fill("2001-01-01");
      await page.getByLabel("To", { exact: true }).fill("2001-01-02");
      await page.getByRole("heading", { name: "No install matches" }).waitFor();
      assert.equal(search(), "?createdFrom=2001-01-01&createdTo=2001-01-02");
      await page.getByLabel("To", { exact: true }).fill(day);
      await row.waitFor();
      await page.getByRole("button", { name: "Created last first" }).click();
      await page.getByRole("option", { name: "Ended last first" }).click();
      await row.waitFor();
      assert.match(search(), /order=updated/);
      await page.getByRole("button", { name: "Any status" }).click();
      assert.equal(await page.getByRole("option", { name: "Queued" }).count(), 0);
      await page.keyboard.press("Escape");
      await goTo(page, "/installs?since=24h");
      await row.waitFor();
      await page.getByRole("button", { name: "Last 24 hours" }).waitFor();
      await page.getByRole("button", { name: "Stuck or not" }).click();
      await page.getByRole("option", { name: /Stuck: due/ }).click();
      await page.getByRole("heading", { name: "No install matches" }).waitFor();
      assert.equal(search(), "?createdFrom=24h&stuck=true");
    });
  }),
);

test("a key without write selects nothing", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ producer, see }) => {
    await producer.enqueue(installRequest(1));
    const boxes = async (key: string, count: number): Promise<void> =>
      see(
        "/installs",
        async (page) => {
          await signInAs(page, key);
          await page.getByRole("link", { name: "+14155550101" }).waitFor();
          assert.equal(await page.getByRole("checkbox").count(), count, key);
        },
        { expects: refusals },
      );
    await boxes("reader-key", 0);
    await boxes("writer-key", 2);
  }),
);
