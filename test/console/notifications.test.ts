import assert from "node:assert/strict";
import test from "node:test";
import { announce } from "./announce.ts";
import { skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";
import { withReceiver } from "./receiver.ts";

const options = { skip: skipped };
const secret = `whsec_${Buffer.from("a secret of thirty-two characters").toString("base64")}`;

test(
  "notifications say what their receiver answered; one is sent again, then all that were given up",
  options,
  () =>
    withConsole({ startsPaused: true }, async (stack) =>
      withReceiver(async (receiver) => {
        receiver.status = 500;
        await using _ = await announce(stack, receiver.url, ["one", "two", "three"]);
        await stack.see("/notifications", async (page) => {
          await page
            .getByRole("row", { name: /Given up.*500/ })
            .first()
            .waitFor();
          receiver.status = 200;
          await page.getByRole("button", { name: "Send again: install.completed of one" }).click();
          await page.getByText("It is sent again now.").waitFor();
          await page.getByRole("row", { name: /Delivered.*200/ }).waitFor();
          await page.getByRole("button", { name: "Any status" }).click();
          await page.getByRole("option", { name: "Given up" }).click();
          assert.equal(new URL(page.url()).search, "?status=failed");
          await page.getByRole("button", { name: "Send all given up again" }).click();
          await page.getByText("2 notifications were given up.").waitFor();
          await page.getByRole("dialog").getByRole("button", { name: "Send 2 notifications" }).click();
          await page.getByText("2 notifications sent again now.").waitFor();
          await page.getByRole("heading", { name: "None was given up" }).waitFor();
        });
      }),
    ),
);

test(
  "a receiver shows its rate and last answer, is sent a test event, then all it was not given",
  options,
  () =>
    withConsole(
      { startsPaused: true, api: { notifier: { secrets: [secret], allowPrivate: true, timeoutMs: 5000 } } },
      async (stack) =>
        withReceiver(async (receiver) => {
          receiver.status = 503;
          await using _ = await announce(stack, receiver.url, ["one", "two"]);
          await stack.see("/notifications", async (page) => {
            const receivers = page.getByRole("region", { name: "Receivers" });
            await receivers.getByRole("row", { name: /0 %.*503, .*answered 503/ }).waitFor();
            const act = async (name: string): Promise<void> => {
              await receivers.getByRole("button", { name: /Actions for/ }).press("Enter");
              await page.getByRole("menuitem", { name }).press("Enter");
            };
            await act("Send a test event");
            await page.getByRole("button", { name: "Send it" }).click();
            await page.getByText(/It answered 503 after/).waitFor();
            receiver.status = 204;
            await page.getByRole("button", { name: "Send another" }).click();
            await page.getByText(/It answered 204 after/).waitFor();
            await page.keyboard.press("Escape");
            await page.getByRole("button", { name: /^Requests of install.completed of one/ }).click();
            const requests = page.getByRole("list", { name: "Requests, oldest first" });
            await requests
              .getByText(/503 after/)
              .first()
              .waitFor();
            assert.equal(await requests.getByRole("listitem").count(), 2);
            await page.keyboard.press("Escape");
            await act("Send all given up again");
            await page.getByRole("button", { name: "Send 2 notifications" }).click();
            await receivers.getByRole("row", { name: /100 %.*204/ }).waitFor();
            await receivers.getByRole("link", { name: /^Notifications to/ }).click();
            assert.equal(new URL(page.url()).searchParams.get("url"), receiver.url);
            await page.getByRole("button", { name: "Show every receiver" }).click();
            assert.equal(new URL(page.url()).search, "");
          });
        }),
    ),
);

test("the notifications look right to every reader, also with none", options, () =>
  withConsole({ startsPaused: true }, async (stack) =>
    withReceiver(async (receiver) => {
      await looksRight(stack.see, "/notifications", (page) =>
        page.getByRole("heading", { name: "No notifications yet" }).waitFor(),
      );
      receiver.status = 500;
      await using _ = await announce(stack, receiver.url, ["one", "two"]);
      await looksRight(stack.see, "/notifications?status=failed", (page) =>
        page
          .getByRole("row", { name: /completed.*Given up/ })
          .first()
          .waitFor(),
      );
    }),
  ),
);
