import assert from "node:assert/strict";
import test from "node:test";
import { installRequest, workspaceId } from "../support/request.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";

const options = { skip: skipped };

/** Bird refuses the access key once, and the workspace is held for an hour. */
const heldAtFirst = {
  worker: { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 },
  sandbox: {
    faults: [{ workspaceId, times: 1, fault: { kind: "status" as const, status: 401 as const } }],
  },
};

test("a held workspace says why, takes an access key that is shown nowhere, and is resumed", options, () =>
  withConsole(heldAtFirst, async ({ producer, sandbox, see }) => {
    const { install } = await producer.enqueue(installRequest(1));
    await until("it is held", async () => (await producer.installs.find(install.id))?.status === "held");
    await see("/workspaces?held=true", async (page) => {
      await page.getByText(/Bird refuses the access key; 1 wait/).waitFor();
      const menu = page.getByRole("button", { name: `Actions for workspace ${workspaceId}` });
      await menu.click();
      await page.getByRole("menuitem", { name: "Store an access key" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Access key of Bird").fill(sandbox.accessKey);
      await dialog.getByRole("button", { name: "Store" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByRole("heading", { name: "No workspace is held" }).waitFor();
      assert.ok(!`${page.url()} ${await page.content()}`.includes(sandbox.accessKey));
      await page.getByRole("button", { name: /^Held/ }).click();
      await page.getByRole("option", { name: "Held or not" }).click();
      await page.getByText("its own").waitFor();
      await page.getByText("1 live").waitFor();
    });
  }),
);

test("a hold is lifted once that was asked", options, () =>
  withConsole(heldAtFirst, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(1));
    await until("it is held", async () => (await producer.installs.find(install.id))?.status === "held");
    await see("/workspaces", async (page) => {
      await page.getByRole("button", { name: /Actions for workspace/ }).click();
      await page.getByRole("menuitem", { name: "Resume" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
      await page.getByText("Free", { exact: true }).waitFor();
      await page.getByText("1 live").waitFor();
    });
  }),
);

test("statuses that are not of all installs of a workspace say of how many", options, () =>
  withConsole({ startsPaused: true }, async ({ url, see }) => {
    const send = async (from: number, to: number) => {
      const requests = Array.from({ length: to - from }, (_, n) => numberedRequest(from + n));
      const headers = { "content-type": "text/csv" };
      const sent = await fetch(`${url}/v1/batches`, { method: "POST", headers, body: csvOf(requests) });
      assert.equal(sent.status, 202);
    };
    await send(0, 100);
    await see("/workspaces", async (page) => {
      await page.getByText("100 queued", { exact: true }).waitFor();
      await send(100, 120);
      await page.getByText("Of the newest 100: 100 queued", { exact: true }).waitFor();
      await page.getByRole("link", { name: "120 installs" }).waitFor();
    });
  }),
);

test("the workspaces look right to every reader, also with none", options, () =>
  withConsole(heldAtFirst, async ({ producer, see }) => {
    await looksRight(see, "/workspaces?none", (page) =>
      page.getByRole("heading", { name: "No workspaces yet" }).waitFor(),
    );
    const { install } = await producer.enqueue(installRequest(1));
    await until("it is held", async () => (await producer.installs.find(install.id))?.status === "held");
    await looksRight(see, "/workspaces", (page) => page.getByText("Bird refuses the access key").waitFor());
  }),
);
