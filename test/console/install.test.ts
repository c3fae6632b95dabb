import assert from "node:assert/strict";
import test from "node:test";
import { traceMetadata } from "../../src/queue/installs/trace.ts";
import { installRequest } from "../support/request.ts";
import { announce } from "./announce.ts";
import { dialogLooksRight } from "./axe.ts";
import { skipped } from "./browser.ts";
import { hostileName, looksRight, withConsole } from "./console-fixture.ts";
import { withReceiver } from "./receiver.ts";

const options = { skip: skipped };

/** The sandbox refuses this number. */
const refused = {
  faults: [{ phoneNumber: "+14155550101", fault: { kind: "status" as const, status: 422 as const } }],
};

test(
  "a refused install says who acts and what Bird said, and is live once its number is corrected",
  options,
  () =>
    withConsole({ sandbox: refused }, async ({ producer, see }) => {
      const { install } = await producer.enqueue(installRequest(1));
      await producer.waitFor(install.id);
      await see(
        "/installs",
        async (page) => {
          await page.getByRole("link", { name: "+14155550101" }).click();
          const status = page.getByRole("region", { name: "Status" });
          await status.getByText("Bird refused the data of the request.").waitFor();
          await status.getByText("You", { exact: true }).waitFor();
          await page
            .getByRole("region", { name: "Bird's answer" })
            .getByText("invalid data provided")
            .waitFor();
          await page.getByRole("button", { name: "Retry" }).click();
          const dialog = page.getByRole("dialog", { name: "Retry this install" });
          await dialog.getByLabel("Phone number").fill("nonsense");
          await dialog.getByRole("button", { name: "Retry" }).click();
          await dialog.getByRole("alert").waitFor();
          await dialog.getByLabel("Phone number").fill("+14155550177");
          await dialog.getByLabel("New access token").fill("EAAG-CONSOLE-SECRET");
          await dialog.getByRole("button", { name: "Retry" }).click();
          await dialog.waitFor({ state: "detached" });
          await status.getByText("Live", { exact: true }).waitFor();
          await page.getByRole("heading", { name: "+14155550177" }).waitFor();
          assert.doesNotMatch(`${page.url()} ${await page.content()}`, /CONSOLE-SECRET/);
        },
        { expects: /status of 422/ },
      );
    }),
);

test("an install that waits says so, counts down, and can be cancelled", options, () =>
  withConsole({ sandbox: { channelDelayMs: 3_600_000 } }, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(2));
    await see(`/installs/${install.id}`, async (page) => {
      const status = page.getByRole("region", { name: "Status" });
      await status.getByText("Waiting for Bird").waitFor();
      await status.getByText(/^in \d+ s$/).waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("stays there").waitFor();
      await dialog.getByRole("button", { name: "Cancel the install" }).click();
      await status.getByText("Cancelled", { exact: true }).waitFor();
      await status.getByText("uninstall deletes it").waitFor();
    });
  }),
);

test("a live install sends a test message, and is uninstalled once its number is typed", options, () =>
  withConsole({}, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(3));
    await producer.waitFor(install.id);
    await see(`/installs/${install.id}`, async (page) => {
      await page.getByRole("button", { name: "Send a test message" }).click();
      const dialog = page.getByRole("dialog");
      await dialogLooksRight(page, "test message");
      await dialog.getByLabel("To", { exact: true }).fill("+14155550199");
      await dialog.getByRole("button", { name: "Send" }).click();
      await page.getByText("Bird accepted the message").waitFor();
      await page.getByRole("button", { name: "Uninstall" }).click();
      const confirm = dialog.getByRole("button", { name: "Delete the connector" });
      assert.equal(await confirm.isDisabled(), true);
      await dialogLooksRight(page, "uninstall");
      await dialog.getByRole("textbox").fill(install.phoneNumber);
      await confirm.click();
      await page.getByText("its connector is deleted at Bird").waitFor();
      assert.equal(await page.getByRole("button", { name: "Uninstall" }).count(), 0);
    });
  }),
);

test("an id is copied, and an unknown one says that there is no such install", options, () =>
  withConsole({ startsPaused: true }, async ({ producer, see }) => {
    const { install } = await producer.enqueue(installRequest(4));
    await see(`/installs/${install.id}`, async (page) => {
      await page.getByRole("button", { name: "Copy install id" }).click();
      await page.getByRole("button", { name: "install id is copied" }).waitFor();
      assert.equal(await page.evaluate("navigator.clipboard.readText()"), install.id);
    });
    await see(
      "/installs/01M8K2ZEVP0X2NZT5ES65W9MSP",
      (page) => page.getByRole("alert").getByText("There is no such thing here").waitFor(),
      { expects: /status of 404/ },
    );
  }),
);

test("an install shows what services were sent about it, and each answer", options, () =>
  withConsole({ startsPaused: true }, async (stack) =>
    withReceiver(async (receiver) => {
      receiver.status = 500;
      const { install } = await stack.producer.enqueue(installRequest(7));
      const { install: other } = await stack.producer.enqueue(installRequest(8));
      await using _ = await announce(stack, receiver.url, [install.id]);
      await looksRight(stack.see, `/installs/${install.id}`, async (page) => {
        const panel = page.getByRole("region", { name: "Notifications" });
        await panel.getByText("Given up").waitFor();
        await panel.getByText("2 requests").waitFor();
        await panel.getByText("Requests and answers").click();
        await panel
          .getByText(/answered 500 after/)
          .first()
          .waitFor();
        assert.equal(await panel.getByText(/answered 500 after/).count(), 2);
      });
      await stack.see(`/installs/${other.id}`, async (page) => {
        await page.getByText("Queued", { exact: true }).first().waitFor();
        assert.equal(await page.getByRole("region", { name: "Notifications" }).count(), 0);
      });
    }),
  ),
);

test(
  "an install that is traced has the id of its trace, also once its stream has changed it",
  options,
  () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    return withConsole(
      { startsPaused: true },
      async ({ producer, client, keys, see, startAnotherWorker }) => {
        const { install } = await producer.enqueue(installRequest(9));
        const job = keys.ofInstall(install.id).job(install.id);
        const place = { traceId, spanId: "b7ad6b7169203331", traceFlags: 1 };
        const jobOptions = JSON.parse((await client.hget(job, "opts")) ?? "{}");
        await client.hset(job, "opts", JSON.stringify({ ...jobOptions, tm: traceMetadata(place) }));
        await see(`/installs/${install.id}`, async (page) => {
          const details = page.getByRole("region", { name: "Details" });
          await details.getByText(traceId).waitFor();
          await startAnotherWorker();
          await page.getByText("The number is live").waitFor();
          await details.getByText(traceId).waitFor();
          await details.getByRole("button", { name: "Copy trace id" }).click();
          assert.equal(await page.evaluate("navigator.clipboard.readText()"), traceId);
        });
      },
    );
  },
);

test("an install that waits is seen live when its event comes, with no question in between", options, () =>
  withConsole({ startsPaused: true }, async ({ producer, see, startAnotherWorker }) => {
    const { install } = await producer.enqueue(installRequest(6));
    await see("/installs", async (page) => {
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      const following = page.waitForResponse("**/events");
      await page.getByRole("link", { name: install.phoneNumber }).click();
      await following;
      await page.getByText("Queued", { exact: true }).first().waitFor();
      asked.length = 0;
      await startAnotherWorker();
      await page.getByText("The number is live").waitFor();
      assert.equal(asked.includes(`/v1/installs/${install.id}`), false);
    });
  }),
);

test("an install's page and its dialogs look right to every reader, also with a hostile name", options, () =>
  withConsole({ sandbox: refused }, async ({ producer, see }) => {
    const metadata = { [hostileName.slice(0, 60)]: hostileName };
    const { install } = await producer.enqueue(installRequest(1, { name: hostileName, metadata }));
    await producer.waitFor(install.id);
    const path = `/installs/${install.id}`;
    await looksRight(see, path, async (page) => {
      await page.getByText("Bird's answer").waitFor();
      assert.equal(await page.locator("main img").count(), 0);
    });
    await looksRight(see, path, async (page) => {
      await page.getByRole("button", { name: "Retry" }).click();
      await page.getByRole("dialog").waitFor();
    });
  }),
);
