import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { batchSchema } from "../../src/install/batch.ts";
import { installRequest } from "../support/request.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { announce } from "./announce.ts";
import { violations } from "./axe.ts";
import { goTo, skipped, withPage } from "./browser.ts";
import { withConsole } from "./console-fixture.ts";
import { refusedDetail, withFailingApi } from "./failing-api.ts";
import { withReceiver } from "./receiver.ts";

const options = { skip: skipped };

/** A part of a screen, and the one request it cannot be shown without. */
interface Part {
  readonly path: string;
  readonly fails: RegExp;
  /** What is said while it is read; left out where a part stands there only once there is something in it. */
  readonly loading?: string;
  /** What is there once it was read. */
  readonly shown: (page: Page) => ReturnType<Page["locator"]>;
  readonly act?: (page: Page) => Promise<void>;
  /** It is not read again by itself. */
  readonly isReadOnce?: true;
}

const heading = (name: string) => (page: Page) => page.getByRole("heading", { name });
const table = (name: string) => (page: Page) => page.getByRole("table", { name });

/** Chooses a file, which has it checked. */
const chooseFile = (page: Page): Promise<void> =>
  page.locator("input[type=file]").setInputFiles({
    ...{ name: "numbers.csv", mimeType: "text/csv" },
    buffer: Buffer.from(csvOf([numberedRequest(9)])),
  });

const partsOf = (installId: string, batchId: string): readonly Part[] => [
  {
    ...{ path: "/installs", fails: /^GET \/v1\/session$/, loading: "Reading who is signed in" },
    isReadOnce: true,
    shown: table("Installs"),
  },
  {
    ...{ path: "/", fails: /^GET \/v1\/stats/, loading: "Reading the figures" },
    shown: heading("Ended, by outcome"),
  },
  {
    ...{ path: "/", fails: /^GET \/v1\/doctor$/, loading: "Checking everything an install needs" },
    isReadOnce: true,
    shown: (page) => page.getByRole("link", { name: "All checks" }),
  },
  {
    ...{ path: "/setup", fails: /^GET \/v1\/doctor$/, loading: "Running the checks" },
    isReadOnce: true,
    shown: (page) => page.getByRole("list", { name: "What needs attention" }),
  },
  {
    ...{ path: "/installs", fails: /^GET \/v1\/installs\?/, loading: "Reading installs" },
    shown: table("Installs"),
  },
  {
    ...{
      path: "/installs?order=updated&status=completed",
      fails: /^GET \/v1\/installs\?/,
      loading: "Reading installs",
    },
    shown: heading("No install matches"),
  },
  {
    ...{ path: `/installs/${installId}`, fails: /^GET \/v1\/installs\/\w+(\/events)?$/ },
    loading: "Reading the install",
    shown: heading("+14155550101"),
  },
  {
    ...{ path: `/installs/${installId}`, fails: /^GET \/v1\/notifications\?installId/ },
    shown: (page) => page.getByText("Given up"),
  },
  {
    ...{ path: "/batches", fails: /^GET \/v1\/batches\?/, loading: "Reading batches" },
    shown: table("Batches"),
  },
  {
    ...{ path: `/batches/${batchId}`, fails: /^GET \/v1\/batches\/\w+(\/events)?$/ },
    loading: "Reading the batch",
    shown: heading("march"),
  },
  {
    ...{ path: `/batches/${batchId}`, fails: /^GET \/v1\/batches\/\w+\/rows/, loading: "Reading rows" },
    shown: table("Rows"),
  },
  {
    ...{ path: "/import", fails: /^POST \/v1\/batches\?/, loading: "Checking the file" },
    shown: (page) => page.getByRole("button", { name: "Start 1 install" }),
    ...{ act: chooseFile, isReadOnce: true as const },
  },
  {
    ...{ path: "/workspaces", fails: /^GET \/v1\/workspaces\?/, loading: "Reading workspaces" },
    shown: table("Workspaces"),
  },
  {
    ...{ path: "/connect", fails: /^GET \/v1\/connect-links\?/, loading: "Reading connect links" },
    shown: heading("No links yet"),
  },
  {
    ...{ path: "/events", fails: /^GET \/v1\/events\?state=unmatched/ },
    ...{ loading: "Reading events that matched no install", shown: heading("Every event found its install") },
  },
  {
    ...{ path: "/events?state=conflict", fails: /^GET \/v1\/events\?state=conflict/ },
    loading: "Reading events that contradict an install",
    shown: heading("No event contradicts an install"),
  },
  {
    ...{ path: "/events?state=unreadable", fails: /^GET \/v1\/events\/unreadable/ },
    ...{ loading: "Reading events that could not be read", shown: heading("Every event could be read") },
  },
  {
    ...{ path: "/events?state=refused", fails: /^GET \/v1\/events\?state=refused/ },
    ...{ loading: "Reading requests that were refused", shown: heading("No request was refused") },
  },
  {
    ...{ path: "/notifications", fails: /^GET \/v1\/notifications\?/, loading: "Reading notifications" },
    shown: table("Notifications"),
  },
  {
    ...{ path: "/notifications", fails: /^GET \/v1\/notifications\/receivers$/ },
    ...{ loading: "Reading receivers", shown: table("Receivers") },
  },
];

/** The API is slow, refuses, drops connections, and works again; then it refuses what is on the screen. */
const fails = (url: string, { path, fails, loading, shown, act, isReadOnce }: Part): Promise<void> =>
  withFailingApi(url, fails, (api) =>
    withPage({ expects: /ERR_|status of 503/ }, async (page) => {
      const again = page.getByRole("button", { name: "Try again" });
      const reading =
        loading === undefined
          ? undefined
          : page.getByRole("status", { name: loading }).or(page.getByText(loading)).first();
      await page.goto(api.url + path);
      await act?.(page);
      await reading?.waitFor();
      assert.equal(await shown(page).count(), 0);
      api.become("refused");
      await page.getByRole("alert").getByText(refusedDetail).waitFor();
      assert.equal(await again.count(), 1);
      if (isReadOnce !== true) {
        api.become("held");
        await until("it is asked for again", async () => api.heldCount() > 0);
        assert.equal(await page.getByRole("alert").getByText(refusedDetail).count(), 1);
        assert.equal((await reading?.count()) ?? 0, 0);
      }
      api.become("dropped");
      await again.click();
      await page.getByRole("alert").getByText("The API did not answer.").waitFor();
      api.become("passed");
      await again.click();
      await shown(page).first().waitFor();
      assert.equal(await again.count(), 0);
      if (isReadOnce === true) return;
      await page.getByRole("link", { name: "Setup", exact: true }).first().focus();
      const notFresh = page.getByRole("status").filter({ hasText: "Not fresh: as of" });
      assert.equal(await notFresh.count(), 0);
      api.become("refused");
      await notFresh.getByText(refusedDetail).waitFor();
      await notFresh.getByText("It is read again every few seconds.").waitFor();
      assert.ok((await shown(page).count()) > 0, "what was read stays");
      assert.equal(await page.evaluate("document.activeElement?.textContent"), "Setup");
      assert.deepEqual(await violations(page), []);
      api.become("passed");
      await notFresh.waitFor({ state: "detached" });
    }).catch((error: unknown) => {
      throw new Error(`${path} without ${fails}`, { cause: error });
    }),
  );

test(
  "every part of a screen says that it is read, what failed, and is there once it is tried again",
  // Some twenty parts, each through all its states.
  { ...options, timeout: 300_000 },
  () =>
    withConsole({ startsPaused: true }, async (stack) =>
      withReceiver(async (receiver) => {
        const { install } = await stack.producer.enqueue(installRequest(1));
        const body = csvOf([numberedRequest(1)]);
        const headers = { "content-type": "text/csv" };
        const sent = await fetch(`${stack.url}/v1/batches?name=march`, { method: "POST", headers, body });
        const batch = batchSchema.parse(await sent.json());
        receiver.status = 500;
        await using _ = await announce(stack, receiver.url, [install.id]);
        const waiting = [...partsOf(install.id, batch.id)];
        const work = async (): Promise<void> => {
          for (let part = waiting.shift(); part !== undefined; part = waiting.shift())
            await fails(stack.url, part);
        };
        await Promise.all(Array.from({ length: 7 }, work));
      }),
    ),
);

/** What each screen of a new Perch says, and what it leads to. */
const empty = [
  ["/", "heading", "No install in the last two days", "/import"],
  ["/installs", "heading", "No installs yet", "/import"],
  ["/batches", "heading", "No batches yet", "/import"],
  ["/workspaces", "heading", "No workspaces yet", "/import"],
  ["/connect", "button", "Make a link", undefined],
  ["/events", "heading", "Every event found its install", undefined],
  ["/events?state=conflict", "heading", "No event contradicts an install", undefined],
  ["/events?state=unreadable", "heading", "Every event could be read", undefined],
  ["/events?state=refused", "heading", "No request was refused", undefined],
  ["/notifications", "heading", "No notifications yet", "/setup"],
  ["/import", "button", "Choose a file", undefined],
  ["/setup", "heading", "Send the first number", undefined],
] as const;

test("every screen of a new Perch says why there is nothing, and leads to what comes next", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await see("/", async (page) => {
      for (const [path, role, name, next] of empty) {
        await goTo(page, path);
        await page.getByRole(role, { name }).waitFor();
        if (next !== undefined) await page.locator(`.state a[href='${next}']`).first().waitFor();
      }
    });
  }),
);
