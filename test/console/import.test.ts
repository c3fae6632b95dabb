import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { batchPageSchema } from "../../src/api/batches/schema.ts";
import { until } from "../support/until.ts";
import { csvHeader, csvLine, csvOf, numberedRequest } from "../support/upload.ts";
import { rowOf, workbookOf } from "../support/workbook.ts";
import { skipped, withPage } from "./browser.ts";
import { builtConsole, hostileName, looksRight, withConsole } from "./console-fixture.ts";
import { withCutConnection } from "./cut-connection.ts";
import { keys, refusals, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

const { workspaceId } = numberedRequest(1);

/** A file as another office would send it: its own headings, no workspace, no token, one number too short. */
const theirs = [
  "Bezeichnung;WABA;Meta phone id;Rufnummer;Notiz",
  ...[1, 2, 3].map((n) => {
    const { name, wabaId, phoneId, phoneNumber } = numberedRequest(n);
    return [name, wabaId, phoneId, n === 3 ? "+1 415" : phoneNumber, "x"].join(";");
  }),
  "",
].join("\n");

const choose = (page: Page, name: string, text: string | Buffer): Promise<void> =>
  page.locator("input[type=file]").setInputFiles({
    name,
    mimeType: "",
    buffer: Buffer.from(text),
  });

const decide = async (page: Page, column: string, member: string): Promise<void> => {
  await page.getByRole("button", { name: `Column ${column} holds` }).click();
  await page.getByRole("option", { name: member }).first().click();
};

/** Fills a field and leaves it, which has the file checked again. */
const fill = async (page: Page, label: string, text: string): Promise<void> => {
  await page.getByLabel(label, { exact: true }).fill(text);
  await page.keyboard.press("Tab");
};

/** A file of more than a kilobyte a row. */
const largeFile = (rows: number): string => {
  const metadata = `"{""note"":""${"x".repeat(1100)}""}"`;
  const lines = Array.from({ length: rows }, (_, n) => `${csvLine(numberedRequest(n)).trim()},${metadata}\n`);
  return `${csvHeader.trim()},metadata\n${lines.join("")}`;
};

const counts = (page: Page) => page.getByRole("region", { name: "Check" }).getByRole("list");

test("a file with other headings is mapped, filled, corrected in place, and becomes a batch", options, () =>
  withConsole({}, async ({ see }) => {
    await see(
      "/import",
      async (page) => {
        await choose(page, "offices.csv", theirs);
        await page.getByText("semicolon").waitFor();
        await decide(page, "Bezeichnung", "Name");
        await decide(page, "Rufnummer", "Phone number");
        await decide(page, "Notiz", "Leave it out");
        await fill(page, "Bird workspace id", workspaceId);
        await fill(page, "Access token", "EAAG-WIZARD-SECRET");
        await counts(page).getByText(/2 new/).waitFor();
        await counts(page)
          .getByText(/1 to correct/)
          .waitFor();
        const row = page.getByRole("listitem", { name: "Row 3" });
        await row.getByText("line 4").waitFor();
        await row.getByLabel("Phone number").fill("+1 415 555 0003");
        await page.getByRole("button", { name: "Check the corrections" }).click();
        await counts(page).getByText(/3 new/).waitFor();
        await fill(page, "Canary", "1");
        await page.getByRole("button", { name: "Start 3 installs" }).click();
        await page.waitForURL("**/batches/*");
        await page.getByRole("heading", { name: "offices.csv" }).waitFor();
        await page.getByRole("heading", { name: "3 of 3 rows ended" }).waitFor();
        await page.getByRole("link", { name: "Live 3" }).waitFor();
        await page.goBack();
        await page.getByText("Drop a CSV, Excel or NDJSON file here").waitFor();
        assert.doesNotMatch(`${page.url()} ${await page.content()}`, /WIZARD-SECRET/);
      },
      { expects: /status of 422/ },
    );
  }),
);

test("a workbook's other sheet is chosen, and a cell corrected without the spreadsheet", options, () =>
  withConsole({}, async ({ see }) => {
    const good = numberedRequest(1);
    const columns = Object.keys(good);
    const wrong = Object.values({ ...good, phoneNumber: "12" }).map(String);
    const workbook = await workbookOf([
      { name: "Readme", rows: rowOf(["Fill in the other sheet"]) },
      { name: "Numbers", rows: rowOf(columns) + rowOf(wrong) },
    ]);
    await see(
      "/import",
      async (page) => {
        await choose(page, "numbers.xlsx", workbook);
        await page.getByText("Excel workbook").waitFor();
        await page.getByRole("button", { name: "Readme" }).click();
        await page.getByRole("option", { name: "Numbers" }).click();
        await page.getByRole("listitem", { name: "Row 1" }).getByLabel("Phone number").fill(good.phoneNumber);
        await page.getByRole("button", { name: "Check the corrections" }).click();
        await counts(page).getByText(/1 new/).waitFor();
        await page.getByRole("button", { name: "Start 1 install" }).click();
        await page.getByRole("link", { name: "Live 1" }).waitFor();
      },
      { expects: /status of 422/ },
    );
  }),
);

test("a box has Meta asked about each number, and what it shows stands among the faults", options, () =>
  withConsole({ startsPaused: true }, async ({ startAnApi, sandbox }) => {
    const { url } = await startAnApi({
      consoleDir: builtConsole,
      meta: sandbox.meta,
      metaReadsPerSecond: 1000,
    });
    const { phoneId, wabaId } = numberedRequest(1);
    sandbox.setMetaObjects({ phones: [{ phoneId, wabaId, displayPhoneNumber: "+1 415-555-7777" }] });
    await withPage({}, async (page) => {
      await page.goto(`${url}/import`);
      await choose(page, "numbers.csv", csvOf([numberedRequest(1)]));
      await counts(page).getByText(/1 new/).waitFor();
      await page.getByLabel("Ask Meta about each number").check();
      await page.getByText("At Meta: 1 row checked, 1 with errors").waitFor();
      await page
        .getByRole("listitem", { name: "Row 1" })
        .getByText(/meta_number_differs/)
        .waitFor();
      await page.getByLabel("Ask Meta about each number").uncheck();
      await counts(page).getByText(/1 new/).waitFor();
    });
  }),
);

test("an upload that was cut off says so, and goes on with the same file", options, () =>
  withConsole({}, async ({ url, see }) => {
    await see(
      "/import",
      async (page) => {
        await choose(page, "numbers.csv", csvOf([numberedRequest(1)]));
        const start = page.getByRole("button", { name: "Start 1 install" });
        await start.waitFor();
        await page.route(/\/v1\/batches\?name=/, (route) => route.abort(), { times: 1 });
        await start.click();
        await page.getByText("The upload was cut off.").waitFor();
        await page.getByRole("button", { name: "Go on" }).click();
        await page.waitForURL("**/batches/*");
        const { items } = batchPageSchema.parse(await (await fetch(`${url}/v1/batches`)).json());
        assert.equal(items.length, 1);
      },
      { expects: /ERR_FAILED/ },
    );
  }),
);

test("an upload whose connection is cut in the middle goes on to its end, with no row twice", options, () =>
  withConsole({ startsPaused: true }, async ({ url, producer }) => {
    const rows = 4000;
    const csv = largeFile(rows);
    // A shorter one is taken as a whole before its first row.
    assert.ok(csv.length > 4_194_304);
    const cutAt = { begins: "POST /v1/batches?name=", afterBytes: Math.round(csv.length * 0.7) };
    await withCutConnection(url, cutAt, (cut) =>
      withPage({ expects: /ERR_/ }, async (page) => {
        await page.goto(`${cut.url}/import`);
        await choose(page, "numbers.csv", csv);
        await page.getByRole("button", { name: "Start 4,000 installs" }).click();
        await page.getByText("The upload was cut off.").waitFor();
        assert.ok(cut.times() > 0);
        cut.stop();
        const begun = await until("what was read is in its batch", async () => {
          const [batch] = batchPageSchema.parse(await (await fetch(`${url}/v1/batches`)).json()).items;
          return batch !== undefined && batch.rows > 0 && batch;
        });
        assert.ok(begun.rows < rows, `${begun.rows} rows were read`);
        await page.getByRole("button", { name: "Go on" }).click();
        await page.waitForURL(`**/batches/${begun.id}`, { timeout: 75_000 });
        await page.getByRole("heading", { name: "0 of 4,000 rows ended" }).waitFor();
      }),
    );
    const { items } = batchPageSchema.parse(await (await fetch(`${url}/v1/batches`)).json());
    const counted = items.map(({ rows: read, accepted, attached, rejected }) => [
      read,
      accepted,
      attached,
      rejected,
    ]);
    assert.deepEqual(counted, [[rows, rows, 0, 0]]);
    const ids = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await producer.installs.list({ limit: 200, cursor });
      for (const { id } of page.items) ids.add(id);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.equal(ids.size, rows);
  }),
);

test("how much of a large file was sent is said while it is sent", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    const csv = largeFile(1000);
    assert.ok(csv.length > 1_000_000);
    await see("/import", async (page) => {
      // A bar may be shown for less than a look of the test.
      await page.evaluate(
        `new MutationObserver(() => {
          for (const bar of document.querySelectorAll("progress")) window.sent = bar.value + "/" + bar.max;
        }).observe(document.body, { subtree: true, childList: true, attributes: true })`,
      );
      await choose(page, "numbers.csv", csv);
      await page.getByRole("button", { name: "Start 1,000 installs" }).waitFor();
      const sent = String(await page.evaluate("window.sent"));
      const [bytes = 0, total = 0] = sent.split("/").map(Number);
      assert.ok(total > csv.length && bytes > 0 && bytes <= total, `${sent}`);
    });
  }),
);

test("a template is downloaded, and its columns are known", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await see("/import", async (page) => {
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name: "Download a template" }).click();
      const file = await coming;
      assert.equal(file.suggestedFilename(), "perch-numbers.csv");
      await page.locator("input[type=file]").setInputFiles(await file.path());
      // Only its example has to be replaced.
      await page.getByRole("listitem", { name: "Row 1" }).getByLabel("Bird workspace id").waitFor();
    });
  }),
);

test("a key without write is told whom to ask, and no file is taken", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    await see(
      "/import",
      async (page) => {
        await signInAs(page, "reader-key");
        await page.getByRole("heading", { name: "Your key may not import" }).waitFor();
        assert.equal(await page.locator("input[type=file]").count(), 0);
      },
      { expects: refusals },
    );
  }),
);

test("the wizard looks right to every reader, also with hostile headings and cells", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await looksRight(see, "/import", (page) => page.getByText("Drop a CSV").waitFor());
    const hostile = { ...numberedRequest(2), name: `"${hostileName}"`, phoneNumber: `"${hostileName}"` };
    const csv = csvHeader + csvLine(numberedRequest(1)) + csvLine(hostile);
    await looksRight(see, "/import", async (page) => {
      await choose(page, `${hostileName.replaceAll("/", "")}.csv`, csv);
      await page.getByRole("listitem", { name: "Row 2" }).waitFor();
      assert.equal(await page.locator("main img").count(), 0);
    });
  }),
);
