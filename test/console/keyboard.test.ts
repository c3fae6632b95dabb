import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import { installRequest, workspaceId } from "../support/request.ts";
import { localConnect } from "../support/role-settings.ts";
import type { StackOptions } from "../support/stack.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { announce } from "./announce.ts";
import { goTo, skipped } from "./browser.ts";
import {
  chooseFile,
  dialogHolds,
  hasFocus,
  keepsFocus,
  pressOn,
  skipToScreen,
  tabThrough,
  tabTo,
  watchFocus,
} from "./by-keyboard.ts";
import { withConsole } from "./console-fixture.ts";
import { withReceiver } from "./receiver.ts";
import { keys } from "./sign-in.ts";
import { arrive, connectorId } from "./untaken-events.ts";

/** Bird refuses one number, and takes an hour for the others. */
const sandbox = {
  channelDelayMs: 3_600_000,
  faults: [{ phoneNumber: "+14155550101", fault: { kind: "status", status: 422 } }],
} as const satisfies StackOptions["sandbox"];

const webhookSecret = `whsec_${Buffer.from("a secret of thirty-two characters").toString("base64")}`;

const api = {
  keys,
  connect: localConnect,
  notifier: { secrets: [webhookSecret], allowPrivate: true, timeoutMs: 5000 },
};

/** Opens a screen by its address, and goes to what is special of it. */
const open = async (page: Page, path: string): Promise<void> => {
  await goTo(page, path);
  await skipToScreen(page);
};

/** Types into the field that has the focus, in place of what it holds. */
const type = async (page: Page, text: string): Promise<void> => {
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
};

/** Chooses in the list that a button opens. */
const choose = async (page: Page, button: string | RegExp, choice: string): Promise<void> => {
  await pressOn(page.getByRole("button", { name: button }));
  await page.getByRole("listbox").waitFor();
  await page.keyboard.press("Home");
  await tabTo(page.getByRole("option", { name: choice, exact: true }), "ArrowDown");
  await page.keyboard.press("Enter");
};

const signIn = async (page: Page): Promise<void> => {
  await goTo(page, "/installs");
  await hasFocus(page.getByLabel("API key"));
  await page.keyboard.type("wrong-key");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await tabThrough(page);
  await tabTo(page.getByLabel("API key"));
  await page.keyboard.type("operator-key");
  await pressOn(page.getByRole("button", { name: "Sign in" }));
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  await keepsFocus(page);
};

const overview = async (page: Page): Promise<void> => {
  await goTo(page, "/");
  await page.getByRole("link", { name: "1 Failed" }).waitFor();
  await tabThrough(page);
  await skipToScreen(page);
  await pressOn(page.getByRole("region", { name: "Failures, by cause" }).getByText("As a table"));
  await page.getByRole("table", { name: "Failures, by cause" }).waitFor();
  await tabTo(page.getByRole("link", { name: "1 Failed" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "+14155550101" }).waitFor();
  await keepsFocus(page);
};

const installs = async (page: Page): Promise<void> => {
  await open(page, "/installs");
  await page.getByRole("link", { name: "+14155550102" }).waitFor();
  await tabThrough(page);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await page.keyboard.type("acme");
  await page.keyboard.press("Enter");
  await choose(page, "Any status", "Failed");
  await page.keyboard.press("Escape");
  await hasFocus(page.getByRole("button", { name: /^Failed/ }));
  await page.waitForURL("**/installs?q=acme&status=failed");
  await page.getByRole("link", { name: "+14155550102" }).waitFor({ state: "detached" });
  const one = page.getByRole("link", { name: "+14155550101" });
  await pressOn(one);
  await page.getByRole("region", { name: "Status" }).waitFor();
  await keepsFocus(page);
  await page.goBack();
  await hasFocus(one);
};

const install = async (page: Page): Promise<void> => {
  await open(page, "/installs?status=failed");
  await pressOn(page.getByRole("link", { name: "+14155550101" }));
  const retry = page.getByRole("button", { name: "Retry" });
  await retry.waitFor();
  await tabThrough(page);
  const dialog = page.getByRole("dialog", { name: "Retry this install" });
  await pressOn(retry);
  await dialogHolds(dialog, retry);
  await page.keyboard.press("Enter");
  await tabTo(dialog.getByLabel("Phone number"));
  await type(page, "nonsense");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").waitFor();
  await hasFocus(dialog.getByLabel("Phone number"));
  await type(page, "+14155550177");
  await pressOn(dialog.getByRole("button", { name: "Retry" }));
  const status = page.getByRole("region", { name: "Status" });
  await status.getByText("Waiting for Bird").waitFor();
  await keepsFocus(page);
  const cancel = page.getByRole("button", { name: "Cancel" });
  await pressOn(cancel, " ");
  await dialogHolds(page.getByRole("dialog"), cancel);
  await page.keyboard.press(" ");
  await pressOn(page.getByRole("dialog").getByRole("button", { name: "Cancel the install" }));
  await status.getByText("Cancelled", { exact: true }).waitFor();
  await keepsFocus(page);
};

const importing = async (page: Page): Promise<void> => {
  const path = join(tmpdir(), `perch-keyboard-${process.pid}.csv`);
  const wrong = { ...numberedRequest(22), phoneNumber: "+1 415" };
  const file = csvOf([numberedRequest(21), wrong]).replace("phoneNumber", "Rufnummer");
  await writeFile(path, file);
  try {
    await open(page, "/import");
    await chooseFile(page.getByRole("button", { name: "Choose a file" }), path, " ");
    await page.getByText("1 to decide").waitFor();
    await keepsFocus(page);
    await choose(page, "Column Rufnummer holds", "Phone number");
    const row = page.getByRole("listitem", { name: "Row 2" });
    await tabTo(row.getByLabel("Phone number"));
    await type(page, numberedRequest(22).phoneNumber);
    await pressOn(page.getByRole("button", { name: "Check the corrections" }));
    const start = page.getByRole("button", { name: "Start 2 installs" });
    await start.waitFor();
    await keepsFocus(page);
    await tabThrough(page);
    await pressOn(start);
    await page.waitForURL("**/batches/*");
    await page.getByRole("heading", { name: "0 of 2 rows ended" }).waitFor();
    await keepsFocus(page);
  } finally {
    await rm(path);
  }
};

const batches = async (page: Page): Promise<void> => {
  await open(page, "/batches");
  await page.getByRole("table").waitFor();
  await tabThrough(page);
  await pressOn(page.getByRole("link", { name: /^perch-keyboard/ }));
  await page.getByRole("table", { name: "Rows" }).waitFor();
  await keepsFocus(page);
  await tabThrough(page);
  // Rows that take long to be read again: the next press is not lost meanwhile.
  const isOfRows = (url: URL): boolean => url.pathname.endsWith("/rows");
  await page.route(isOfRows, async (route) => {
    await pause(500);
    await route.continue();
  });
  await pressOn(page.getByRole("button", { name: "Pause" }));
  const resume = page.getByRole("button", { name: "Resume" });
  await hasFocus(resume);
  await page.keyboard.press(" ");
  await hasFocus(page.getByRole("button", { name: "Pause" }));
  await page.unroute(isOfRows);
  const files = page.getByRole("button", { name: "Export" });
  await pressOn(files);
  await tabTo(page.getByRole("menuitem", { name: /All rows as Excel/ }), "ArrowDown");
  await page.keyboard.press("Escape");
  await hasFocus(files);
  const cancel = page.getByRole("button", { name: "Cancel" });
  await tabTo(cancel, "Shift+Tab");
  await page.keyboard.press("Enter");
  await dialogHolds(page.getByRole("dialog"), cancel);
};

const workspaces = async (page: Page): Promise<void> => {
  await open(page, "/workspaces");
  const menu = page.getByRole("button", { name: `Actions for workspace ${workspaceId}` });
  await menu.waitFor();
  await tabThrough(page);
  await pressOn(menu);
  await tabTo(page.getByRole("menuitem", { name: "Prepare its events" }), "ArrowDown");
  await page.keyboard.press("Enter");
  await dialogHolds(page.getByRole("dialog", { name: "Prepare this workspace?" }), menu);
  await page.keyboard.press("Enter");
  await tabTo(page.getByRole("menuitem", { name: "Store an access key" }), "ArrowDown");
  await page.keyboard.press("Enter");
  await hasFocus(page.getByLabel("Access key of Bird"));
  await page.keyboard.type("an-access-key");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await hasFocus(menu);
};

const events = async (page: Page): Promise<void> => {
  await open(page, "/events");
  const look = page.getByRole("link", { name: `Look up the install of connector ${connectorId}` });
  await look.waitFor();
  await tabThrough(page);
  await choose(page, "Which events", "Could not be read");
  await page.getByText("{ service: string").waitFor();
  await hasFocus(page.getByRole("button", { name: "Which events" }));
  await choose(page, "Which events", "Matched no install");
  await pressOn(look);
  await page.getByRole("heading", { name: "No install matches" }).waitFor();
  await keepsFocus(page);
  await pressOn(page.getByRole("button", { name: "Clear all filters" }));
  await page.getByRole("table").waitFor();
  await keepsFocus(page);
};

const notifications = async (page: Page): Promise<void> => {
  await open(page, "/notifications");
  const menu = page.getByRole("button", { name: /^Actions for/ });
  await menu.waitFor();
  await tabThrough(page);
  await pressOn(menu);
  await tabTo(page.getByRole("menuitem", { name: "Send a test event" }), "ArrowDown");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Send a test event" });
  await pressOn(dialog.getByRole("button", { name: "Send it" }));
  await dialog.getByText(/It answered 500/).waitFor();
  await hasFocus(dialog.getByRole("button", { name: "Send another" }));
  await dialogHolds(dialog, menu);
  const requests = page.getByRole("button", { name: /^Requests of install.completed of one/ });
  await pressOn(requests);
  await page.getByRole("list", { name: "Requests, oldest first" }).waitFor();
  await dialogHolds(page.getByRole("dialog"), requests);
  await choose(page, "Any status", "Given up");
  const all = page.getByRole("button", { name: "Send all given up again" });
  await tabTo(all, "Shift+Tab");
  await page.keyboard.press("Enter");
  await dialogHolds(page.getByRole("dialog"), all);
};

const connect = async (page: Page): Promise<void> => {
  await open(page, "/connect");
  const make = page.getByRole("button", { name: "Make a link" });
  await pressOn(make);
  const dialog = page.getByRole("dialog");
  await dialogHolds(dialog, make);
  await page.keyboard.press("Enter");
  await tabTo(dialog.getByLabel("Workspace"));
  await page.keyboard.type(workspaceId);
  await tabTo(dialog.getByLabel("Name"));
  await page.keyboard.type("Acme support");
  await choose(page, "How long it works", "Works for 1 day");
  await pressOn(dialog.getByRole("button", { name: "Make the link" }));
  await page.getByRole("dialog", { name: "The link for Acme support" }).waitFor();
  await pressOn(page.getByRole("button", { name: "Copy: Link" }));
  await pressOn(page.getByRole("button", { name: "Done" }));
  await hasFocus(make);
  const revoke = page.getByRole("button", { name: "Revoke the link for Acme support" });
  await revoke.waitFor();
  await tabThrough(page);
  await pressOn(revoke);
  await dialogHolds(dialog, revoke);
  await page.keyboard.press("Enter");
  await pressOn(dialog.getByRole("button", { name: "Revoke", exact: true }));
  await page.getByRole("row", { name: /Acme support.*Revoked/ }).waitFor();
  await keepsFocus(page);
};

const setup = async (page: Page): Promise<void> => {
  await open(page, "/setup");
  await page.getByRole("list", { name: "What needs attention" }).waitFor();
  await tabThrough(page);
  await pressOn(page.getByRole("button", { name: "Run again" }));
  await page.getByRole("button", { name: "Run again" }).waitFor();
  await keepsFocus(page);
  await pressOn(page.getByText(/^\d+ passed$/));
  await page.getByRole("list", { name: "Checks that passed" }).waitFor();
  await pressOn(page.getByRole("button", { name: "Sign out" }), " ");
  await hasFocus(page.getByLabel("API key"));
};

const journeys = {
  "a key is typed, refused, typed again and taken": signIn,
  "a figure of the overview leads to its list": overview,
  "a filter of installs is set, a row opened, and the way back ends on it": installs,
  "an install is retried with a correction, then cancelled": install,
  "a file is chosen, mapped, corrected and started": importing,
  "a batch is paused and resumed": batches,
  "a workspace is acted on": workspaces,
  "events that nothing took are looked up": events,
  "a receiver is sent a test event, and what it was not given": notifications,
  "a connect link is made and revoked": connect,
  "the checks run again": setup,
} as const satisfies Record<string, (page: Page) => Promise<void>>;

test("every screen is used by keyboard alone, and shows where it is", { skip: skipped }, (t: TestContext) =>
  withConsole({ sandbox, api }, (stack) =>
    withReceiver(async (receiver) => {
      receiver.status = 500;
      for (const n of [1, 2]) await stack.producer.enqueue(installRequest(n));
      await arrive(stack);
      await using _ = await announce(stack, receiver.url, ["one", "two"]);
      await stack.see(
        "/sign-in",
        async (page) => {
          await using _ = await watchFocus(page);
          for (const [name, journey] of Object.entries(journeys)) await t.test(name, () => journey(page));
        },
        { expects: /status of (401|422)/ },
      );
    }),
  ),
);
