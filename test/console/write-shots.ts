/**
 * Writes the pictures of docs/console.md: `npm run console:shots`. The data is the demo's: examples/numbers.csv, sent to a
 * sandbox with the faults of examples/sandbox-faults.json. Build the console first.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { z } from "zod";
import { useShards } from "../../src/queue/keyspace/shard-users.ts";
import { readFaultsFile } from "../../src/sandbox/faults/read-file.ts";
import { createApiClient } from "../support/api-client.ts";
import { globalSetup, globalTeardown } from "../support/global-setup.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { closeBrowser, type View, withPage } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "docs/console");

const uploadSchema = z.looseObject({ id: z.string() });
const batchSchema = z.looseObject({ status: z.string() });
const sessionSchema = z.looseObject({ redis: z.string() });
const installsSchema = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

interface Shot {
  readonly name: string;
  readonly path: string;
  /** What stands there once the screen is complete. */
  readonly ready: (page: Page) => Promise<unknown>;
  readonly view?: View;
  /** The whole page instead of what a window shows. */
  readonly isWhole?: boolean;
}

/** As another office would send it: its own headings, no workspace, and a number and a phone id to correct. */
const officesFile = [
  "Bezeichnung;WABA;Meta phone id;Rufnummer",
  "Acme Berlin;102290129340398;106540352242941;+49 30 901820",
  "Acme Hamburg;102290129340398;106540352242942;+49 40",
  "Acme München;102290129340398;106540352242943;+49 89 2330",
  "Acme Köln;102290129340398;1065 4035;+49 221 2210",
  "",
].join("\n");

const importFaults = async (page: Page): Promise<void> => {
  const file = { name: "offices.csv", mimeType: "text/csv", buffer: Buffer.from(officesFile) };
  await page.locator("input[type=file]").setInputFiles(file);
  for (const [column, member] of [
    ["Bezeichnung", "Name"],
    ["Rufnummer", "Phone number"],
  ] as const) {
    await page.getByRole("button", { name: `Column ${column} holds` }).click();
    await page.getByRole("option", { name: member }).first().click();
  }
  for (const [label, text] of [
    ["Access token", "EAAG-long-lived-token"],
    ["Bird workspace id", "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10"],
  ] as const) {
    await page.getByLabel(label, { exact: true }).fill(text);
    await page.keyboard.press("Tab");
  }
  await page.getByRole("listitem", { name: "Row 4" }).waitFor();
  await page.getByRole("heading", { name: "Import" }).click();
};

const shoot = (url: string, { name, path, ready, view = {}, isWhole = false }: Shot): Promise<void> =>
  withPage(view, async (page) => {
    // The address of the Redis of tests is a path of this machine.
    await page.route("**/v1/session", async (route) => {
      const response = await route.fetch();
      const session = sessionSchema.parse(await response.json());
      await route.fulfill({ response, json: { ...session, redis: "redis://127.0.0.1:6379" } });
    });
    await page.goto(url + path);
    await ready(page);
    await page.screenshot({ path: join(target, `${name}.png`), fullPage: isWhole });
  });

const write = async (): Promise<void> => {
  await mkdir(target, { recursive: true });
  const consoleDir = join(root, "dist/console");
  const faults = await readFaultsFile(join(root, "examples/sandbox-faults.json"));
  await withStack({ sandbox: { faults, pageDir: consoleDir } }, async (stack) => {
    const { startAnApi, client, keys } = stack;
    const reported = useShards({ client, keys, role: "start" });
    const { url } = await startAnApi({ consoleDir, version: "0.1.0" });
    const call = createApiClient(url);
    const csv = await readFile(join(root, "examples/numbers.csv"), "utf8");
    const upload = await call("/v1/batches?name=march", {
      text: csv,
      headers: { "content-type": "text/csv" },
    });
    const { id } = upload.as(uploadSchema);
    await until(
      "the batch has finished",
      async () => (await call(`/v1/batches/${id}`)).as(batchSchema).status === "finished",
    );
    const [failed] = (await call("/v1/installs?status=failed")).as(installsSchema).items;
    const overview = { path: "/", ready: (page: Page) => page.locator("canvas").first().waitFor() };
    const shots: readonly Shot[] = [
      { name: "overview", ...overview },
      { name: "overview-dark", ...overview, view: { scheme: "dark" } },
      { name: "overview-phone", ...overview, view: { width: 390 } },
      { name: "installs", path: "/installs", ready: (page) => page.getByRole("row").nth(8).waitFor() },
      {
        name: "install",
        path: `/installs/${failed?.id}`,
        ready: (page) => page.getByRole("region", { name: "Status" }).waitFor(),
      },
      {
        name: "batch",
        path: `/batches/${id}`,
        ready: (page) => page.getByRole("row").nth(3).waitFor(),
      },
      { name: "setup", path: "/setup", ready: (page) => page.getByText(/^\d+ passed$/).waitFor() },
    ];
    for (const shot of shots) await shoot(url, shot);
    await shoot(url, {
      name: "import",
      path: "/import",
      ready: importFaults,
      view: { expects: /status of 422/ },
      isWhole: true,
    });
    await shoot(stack.sandbox.url, {
      name: "sandbox",
      path: "/",
      ready: (page) => page.getByText("Channel active").first().waitFor(),
    });
    await reported.stop();
  });
};

await globalSetup();
try {
  await write();
} finally {
  await closeBrowser();
  await globalTeardown();
}
