import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import type { Page } from "playwright-core";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { startTraces } from "../../src/traces/traces.ts";
import { contentOf } from "../support/content-of.ts";
import { startOtlpReceiver } from "../support/otlp-receiver.ts";
import { storedNames } from "../support/stored-names.ts";
import { until } from "../support/until.ts";
import { numberedRequest } from "../support/upload.ts";
import { goTo, skipped } from "./browser.ts";
import { withConsole } from "./console-fixture.ts";
import { signInAs } from "./sign-in.ts";

const stem = `CANARY${randomBytes(6).toString("hex")}`;
const apiKey = `perch_${stem}-API-KEY`;
const accessToken = `EAAG${stem}FIRST${"x".repeat(60)}`;
const newToken = `EAAG${stem}SECOND${"x".repeat(60)}`;
const accessKey = `${stem}-OF-THE-WORKSPACE`;

const refused = numberedRequest(2);
const { workspaceId } = refused;

const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber"] as const;
/** Two numbers without a token; Bird refuses the second. */
const file = [columns, ...[numberedRequest(1), refused].map((row) => columns.map((column) => row[column]))]
  .map((cells) => `${cells.join(",")}\n`)
  .join("");

/** All that a browser keeps of a page, and all that stands on it. */
const keptBy = async (page: Page): Promise<string> => {
  const kept = await page.evaluate(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
  );
  return [page.url(), await page.content(), String(kept)].join("\n");
};

test("what is secret and typed into the console is in no page, address, storage, log, trace or Redis", {
  skip: skipped,
}, async () => {
  await using collector = await startOtlpReceiver();
  const lines: string[] = [];
  const traces = startTraces({
    settings: { url: `${collector.url}/v1/traces`, headers: {}, serviceName: "test", ratio: 1 },
    sendEveryMs: 20,
    log: { warn: () => {} },
  });
  const sandbox = {
    faults: [{ phoneId: refused.phoneId, fault: { kind: "status" as const, status: 422 as const } }],
  };
  const key = {
    name: "operator",
    hash: hashApiKey(apiKey),
    scopes: ["admin"],
    workspaces: undefined,
  } as const;
  await withConsole(
    { sandbox, traces, onLogLine: (line) => lines.push(line), api: { keys: [key] } },
    async ({ see, client, keys, producer }) => {
      await see(
        "/import",
        async (page) => {
          await signInAs(page, apiKey);
          const seen = [await keptBy(page)];

          await page.locator("input[type=file]").setInputFiles({
            name: "numbers.csv",
            mimeType: "text/csv",
            buffer: Buffer.from(file),
          });
          await page.getByLabel("Access token", { exact: true }).fill(accessToken);
          await page.keyboard.press("Tab");
          await page.getByRole("button", { name: "Start 2 installs" }).click();
          await page.waitForURL("**/batches/*");
          await page.getByRole("heading", { name: "2 of 2 rows ended" }).waitFor();
          seen.push(await keptBy(page));
          const { items } = await producer.installs.list({ status: "failed", limit: 1 });
          await goTo(page, `/installs/${items[0]?.id}`);
          await page.getByRole("button", { name: "Retry" }).click();
          const dialog = page.getByRole("dialog");
          await dialog.getByLabel("New access token").fill(newToken);
          await dialog.getByRole("button", { name: "Retry" }).click();
          await dialog.waitFor({ state: "detached" });
          seen.push(await keptBy(page));
          await goTo(page, "/workspaces");
          await page.getByRole("button", { name: `Actions for workspace ${workspaceId}` }).click();
          await page.getByRole("menuitem", { name: "Store an access key" }).click();
          await dialog.getByLabel("Access key of Bird").fill(accessKey);
          await dialog.getByRole("button", { name: "Store" }).click();
          await dialog.waitFor({ state: "detached" });
          seen.push(await keptBy(page));
          const [cookie] = await page.context().cookies();
          assert.ok(cookie?.httpOnly === true && cookie.value.length > 40, "the session has a cookie");
          await until("the retry has ended", async () => {
            const found = await producer.installs.find(items[0]?.id ?? "");
            return found?.status === "failed" || found?.status === "completed";
          });
          await traces.close();
          const names = await storedNames(client, keys);
          const stored = await Promise.all(names.map(async (name) => [name, await contentOf(client, name)]));
          assert.ok(
            lines.length > 10 && collector.bodies.length > 0 && stored.length > 10,
            "there is something to search",
          );
          const places = {
            pages: seen.join("\n"),
            log: lines.join("\n"),
            traces: collector.bodies.join("\n"),
            Redis: JSON.stringify(stored),
          };
          for (const [place, text] of Object.entries(places))
            for (const secret of [stem, cookie.value])
              for (const written of [
                secret,
                Buffer.from(secret).toString("base64").slice(0, -4),
                encodeURIComponent(secret),
              ])
                assert.ok(!text.includes(written), `${place} holds ${written}`);
        },
        { expects: /status of 4(?:0[13]|22)/ },
      );
    },
  );
});
