import assert from "node:assert/strict";
import test from "node:test";
import { withPerchFolder } from "../support/perch.ts";
import { skipped, withPage } from "./browser.ts";
import { endWindow, heading, openWindow } from "./connect-page.ts";

test(
  "perch start prints a link that ends in a completed install, without any account",
  { skip: skipped },
  () =>
    withPerchFolder(async ({ run }) => {
      const env = { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0" };
      const perch = run(["start"], { env });
      const printed = await perch.prints(/\/c\/lnk_\w+#\S+\n/);
      const [link = ""] = /http:\/\/\S+\/c\/lnk_\S+/.exec(printed) ?? [];
      const [, apiUrl = ""] = /api +(http:\S+)/.exec(printed) ?? [];
      await withPage({}, async (page) => {
        await page.goto(link);
        await heading(page, "Connect your WhatsApp number to Perch");
        await endWindow(await openWindow(page), { ending: "finish" });
        await heading(page, "Your number is connected");
      });
      const list = await (await fetch(`${apiUrl}/v1/installs?status=completed`)).text();
      assert.match(list, /"connectLinkId":"lnk_/);
    }),
);
