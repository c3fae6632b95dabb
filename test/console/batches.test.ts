import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { batchSchema } from "../../src/install/batch.ts";
import { csvHeader, csvLine, csvOf, numberedRequest } from "../support/upload.ts";
import { dialogLooksRight } from "./axe.ts";
import { skipped } from "./browser.ts";
import { hostileName, looksRight, withConsole } from "./console-fixture.ts";

const options = { skip: skipped };

const refusedToken = {
  channelDelayMs: 0,
  faults: [{ phoneNumber: "+14155550002", fault: { kind: "status" as const, status: 422 as const } }],
};

const upload = async (url: string, csv: string, query = "name=march"): Promise<string> => {
  const headers = { "content-type": "text/csv" };
  const response = await fetch(`${url}/v1/batches?${query}`, { method: "POST", headers, body: csv });
  assert.equal(response.status, 202);
  return batchSchema.parse(await response.json()).id;
};

/** Four rows: two that are well, one that Bird refuses, one that is no request. */
const mixed = csvOf([
  numberedRequest(1),
  numberedRequest(2),
  numberedRequest(3),
  { ...numberedRequest(4), phoneNumber: "not a number" },
]);

test(
  "a batch shows its failures by cause, and retries them with a new token once it was said how many",
  options,
  () =>
    withConsole({ sandbox: refusedToken }, async ({ url, see }) => {
      const id = await upload(url, mixed);
      await see("/batches", async (page) => {
        await page.getByRole("link", { name: "march" }).click();
        await page.getByRole("heading", { name: "4 of 4 rows ended" }).waitFor();
        const failures = page.getByRole("region", { name: "Failures by cause" });
        await failures.getByRole("heading", { name: "Rejected by Bird" }).waitFor();
        await failures.getByText("invalid data provided").waitFor();
        await failures.getByRole("button", { name: "Show rows" }).click();
        await page.locator("table[aria-rowcount='2']").waitFor();
        assert.equal(new URL(page.url()).search, "?status=failed&code=rejected_by_bird");
        await failures.getByRole("button", { name: "Retry these" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByText("1 install with this cause starts again.").waitFor();
        await dialogLooksRight(page, "retry a cause");
        await dialog.getByLabel("New access token").fill("EAAG-BATCH-SECRET");
        await dialog.getByRole("button", { name: "Retry 1 install" }).click();
        await page.getByText("1 install queued again").waitFor();
        await failures.waitFor({ state: "detached" });
        await page.getByText("Live", { exact: true }).first().waitFor();
        assert.doesNotMatch(`${page.url()} ${await page.content()}`, /BATCH-SECRET/);
        assert.equal(new URL(page.url()).pathname, `/batches/${id}`);
      });
    }),
);

test("rows to correct are counted by fault, found by it, and downloaded", options, () =>
  withConsole({}, async ({ url, see }) => {
    const id = await upload(url, mixed);
    await see(`/batches/${id}`, async (page) => {
      const rejects = page.getByRole("region", { name: "Rows to correct" });
      await rejects.getByText("phoneNumber").first().waitFor();
      await rejects.getByRole("button", { name: "Show rows" }).click();
      await page.getByRole("row", { name: /not a number/ }).waitFor();
      assert.match(new URL(page.url()).search, /^\?fault=\d$/);
      await page.getByRole("button", { name: "Export" }).click();
      const coming = page.waitForEvent("download");
      await page.getByRole("menuitem", { name: "Rows to correct as CSV (1)" }).click();
      const file = await (await coming).path();
      assert.match(await readFile(file, "utf8"), /not a number/);
    });
  }),
);

test("a batch that runs is seen live, paused, resumed and cancelled", options, () =>
  withConsole({ startsPaused: true }, async ({ url, see, startAnotherWorker }) => {
    const id = await upload(url, csvOf([1, 2, 3].map(numberedRequest)), "name=april&canary=2&haltAt=50");
    await see(`/batches/${id}`, async (page) => {
      const progress = page.getByRole("region", { name: "Progress" });
      await progress.getByText("the first 2 installs run alone").waitFor();
      await progress.getByText("It pauses when more than 50 % have failed").waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("Paused", { exact: true }).first().waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("dialog").getByText("3 installs without a connector end.").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await startAnotherWorker();
      await page.getByRole("heading", { name: "3 of 3 rows ended" }).waitFor();
      await page.getByText("Finished", { exact: true }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 0);
    });
  }),
);

test("rows say at once that their batch has ended, though they were asked for before", options, () =>
  withConsole({ startsPaused: true }, async ({ url, see, startAnotherWorker }) => {
    const id = await upload(url, csvOf([numberedRequest(1)]));
    await see(`/batches/${id}`, async (page) => {
      await page.getByRole("row", { name: /Queued/ }).waitFor();
      const asked = page.waitForRequest(/\/rows\?/);
      // One question about them gets no answer.
      await page.route(/\/rows\?/, () => undefined, { times: 1 });
      await asked;
      await startAnotherWorker();
      await page.getByRole("row", { name: /Live/ }).waitFor();
    });
  }),
);

/** Every other of sixty numbers is refused. */
const someRefused = {
  faults: Array.from({ length: 30 }, (_, n) => ({
    phoneNumber: numberedRequest(2 * n + 1).phoneNumber,
    fault: { kind: "status" as const, status: 422 as const },
  })),
};

const slow = { worker: { postsPerSecond: 5, concurrency: 1 }, sandbox: someRefused };

test("the pace of a batch that runs is drawn by outcome, and the chart is loaded only then", options, () =>
  withConsole(slow, async ({ url, see }) => {
    const scripts: string[] = [];
    let id = "";
    await see("/batches", async (page) => {
      page.on("request", (request) => scripts.push(request.url()));
      await page.reload();
      await page.getByText("No batches yet").waitFor();
      assert.ok(scripts.some((script) => script.includes("/assets/index-")));
      assert.equal(
        scripts.some((script) => script.includes("/assets/chart-")),
        false,
      );
      const numbers = Array.from({ length: 60 }, (_, n) => numberedRequest(n + 1));
      id = await upload(url, csvOf(numbers));
      await page.goto(`${url}/batches/${id}`);
      const pace = page.getByRole("region", { name: "Ended per second, by outcome" });
      await pace.locator("canvas").waitFor();
      assert.ok(scripts.some((script) => script.includes("/assets/chart-")));
      const legend = pace.getByRole("list");
      await legend.getByText("Live", { exact: true }).waitFor();
      await legend.getByText("Failed", { exact: true }).waitFor();
      assert.equal(await legend.getByText("Cancelled").count(), 0, "nothing was cancelled");
      await page.getByRole("heading", { name: "60 of 60 rows ended" }).waitFor({ timeout: 60_000 });
      await pace.getByText("As a table").click();
      const columns = pace.getByRole("table").getByRole("columnheader");
      assert.deepEqual(await columns.allTextContents(), ["Time", "Live", "Failed"]);
    });
  }),
);

test(
  "a pace with every outcome looks right to every reader, also after an update in its middle",
  options,
  () =>
    withConsole({ startsPaused: true }, async ({ url, see, client, keys }) => {
      const id = await upload(url, csvOf([numberedRequest(1)]));
      const samples = Array.from({ length: 13 }, (_, n) => {
        const [atMs, ended] = [Date.now() - 5000 * n, 20 * (13 - n) + 7 * (n % 3)];
        const outcomes = `:${Math.floor(ended / 5)}:${Math.floor(ended / 9)}`;
        // The oldest are of a version that did not keep outcomes.
        return `${atMs}:${ended}${n > 9 ? "" : outcomes}`;
      });
      await client.del(`${keys.home().batch(id)}:samples`);
      await client.rpush(`${keys.home().batch(id)}:samples`, ...samples);
      await looksRight(see, `/batches/${id}`, async (page) => {
        const pace = page.getByRole("region", { name: "Ended per second, by outcome" });
        await pace.locator("canvas").waitFor();
        const names = await pace.getByRole("list").getByRole("listitem").allTextContents();
        assert.deepEqual(names, ["Live", "Failed", "Cancelled", "Outcome not kept"]);
      });
    }),
);

test("a batch is cancelled from its page, and its rows are retried together", options, () =>
  withConsole({ startsPaused: true }, async ({ url, see, startAnotherWorker }) => {
    const id = await upload(url, csvOf([1, 2].map(numberedRequest)));
    await see(`/batches/${id}`, async (page) => {
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel the batch" }).click();
      await startAnotherWorker();
      await page.getByRole("heading", { name: "2 of 2 rows ended" }).waitFor();
      await page.getByRole("button", { name: "Retry all" }).click();
      await page.getByRole("button", { name: "Retry 2 installs" }).click();
      await page.getByRole("link", { name: "Live 2" }).waitFor();
    });
  }),
);

test("a batch is read every five seconds where no stream can be had", options, () =>
  withConsole({ startsPaused: true }, async ({ url, see, startAnotherWorker }) => {
    const id = await upload(url, csvOf([numberedRequest(1)]));
    await see(
      "/batches",
      async (page) => {
        await page.route("**/events", (route) => route.abort());
        await page.getByRole("link", { name: "march" }).click();
        await page.getByRole("heading", { name: "0 of 1 row ended" }).waitFor();
        await startAnotherWorker();
        await page.getByRole("heading", { name: "1 of 1 row ended" }).waitFor();
        assert.equal(new URL(page.url()).pathname, `/batches/${id}`);
      },
      { expects: /ERR_FAILED/ },
    );
  }),
);

test("batches look right to every reader, also with a hostile name and with none", options, () =>
  withConsole({ sandbox: refusedToken }, async ({ url, see }) => {
    await looksRight(see, "/batches", (page) =>
      page.getByRole("heading", { name: "No batches yet" }).waitFor(),
    );
    const hostile = { ...numberedRequest(5), name: `"${hostileName}"` };
    const csv = csvHeader + [1, 2, 3].map((n) => csvLine(numberedRequest(n))).join("") + csvLine(hostile);
    const wrong = csvLine({ ...numberedRequest(6), phoneNumber: `"${hostileName}"` });
    const id = await upload(url, csv + wrong, `name=${encodeURIComponent(hostileName.slice(0, 100))}`);
    await looksRight(see, "/batches", async (page) => {
      await page.getByRole("link", { name: /img src/ }).waitFor();
      assert.equal(await page.locator("main img").count(), 0);
    });
    await looksRight(see, `/batches/${id}`, async (page) => {
      await page.getByRole("heading", { name: "5 of 5 rows ended" }).waitFor();
      await page.getByRole("region", { name: "Failures by cause" }).waitFor();
      await page.getByRole("table").waitFor();
      assert.equal(await page.locator("main img").count(), 0);
    });
    await looksRight(see, `/batches/${id}?q=nothing`, (page) =>
      page.getByRole("heading", { name: "No row matches" }).waitFor(),
    );
    await see(
      "/batches/01M8K2ZEVP0X2NZT5ES65W9MSP",
      (page) => page.getByRole("alert").getByText("There is no such thing here").waitFor(),
      { expects: /status of 404/ },
    );
  }),
);
