import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { skipped, withPage } from "./browser.ts";
import { type ConnectPageTest, endWindow, heading, openWindow, withConnectPage } from "./connect-page.ts";

const options = { skip: skipped };

const connected = "Your number is connected";

const installsOf = async ({ producer }: ConnectPageTest) =>
  (await producer.installs.list({ limit: 10 })).items.length;

test("a double click opens one window, and the button brings it to the front", options, () =>
  withConnectPage({}, async (stack) => {
    const link = await stack.makeLink();
    await stack.see(link, async (page) => {
      const popups: Page[] = [];
      page.on("popup", (popup) => popups.push(popup));
      const [popup] = await Promise.all([
        page.waitForEvent("popup"),
        page.getByRole("button", { name: "Continue with Meta" }).dblclick(),
      ]);
      await heading(page, "Go on in Meta’s window");
      await page.getByRole("button", { name: "Show Meta’s window" }).click();
      assert.equal(popups.length, 1);
      await endWindow(popup, { ending: "finish" });
      await heading(page, connected);
    });
    assert.equal(await installsOf(stack), 1);
  }),
);

test("a reload while the number is being connected goes on where it was", options, () =>
  withConnectPage({ startsPaused: true }, async (stack) => {
    const link = await stack.makeLink();
    await stack.see(link, async (page) => {
      await endWindow(await openWindow(page), { ending: "finish" });
      await heading(page, "Your number is being connected");
      await page.getByText("You can close this window; it goes on.").waitFor();
      await page.reload();
      await heading(page, "Your number is being connected");
      await stack.startAnotherWorker();
      await heading(page, connected);
      await page.reload();
      await heading(page, connected);
    });
    assert.equal(await installsOf(stack), 1);
  }),
);

test(
  "a reload while Meta's window is open lets the customer begin again, and the old window changes nothing",
  options,
  () =>
    withConnectPage({}, async (stack) => {
      const link = await stack.makeLink();
      await stack.see(link, async (page) => {
        const old = await openWindow(page);
        await page.reload();
        await page.getByText("This signup was begun already").waitFor();
        await endWindow(old, { ending: "finish" });
        const popup = await openWindow(page, "Begin again");
        assert.equal(await installsOf(stack), 0);
        await endWindow(popup, { ending: "finish" });
        await heading(page, connected);
      });
      assert.equal(await installsOf(stack), 1);
    }),
);

test("of two tabs both show the end, and one install is made", options, () =>
  withConnectPage({}, async (stack) => {
    const link = await stack.makeLink();
    // The service refuses the second while the first is being finished.
    const view = { expects: /status of 409/ };
    const walk = async (one: Page) => {
      await heading(one, /^Connect your WhatsApp number/);
      const other = await one.context().newPage();
      await other.goto(link.url);
      await heading(other, /^Connect your WhatsApp number/);
      const popup = await openWindow(one);
      await other.getByText("This signup was begun already").waitFor();
      const second = await openWindow(other, "Begin again");
      await Promise.all([endWindow(popup, { ending: "finish" }), endWindow(second, { ending: "finish" })]);
      await Promise.all([heading(one, connected), heading(other, connected)]);
    };
    await stack.see(link, walk, view);
    assert.equal(await installsOf(stack), 1);
  }),
);

test("expired, revoked, connected and incomplete links say so and offer nothing", options, () =>
  withConnectPage({}, async (stack) => {
    const { client, keys, links, makeLink, see } = stack;
    const [expired, revoked, done] = [await makeLink(), await makeLink(), await makeLink()];
    await client.hset(keys.ofInstall(expired.id.slice(4)).connectLink(expired.id), "expiresAtMs", 1);
    await links.revoke(revoked.id);
    await see(done, async (page) => {
      await endWindow(await openWindow(page), { ending: "finish" });
      await heading(page, connected);
    });
    const madeUp = { ...done, secret: "A".repeat(done.secret.length) };
    const noSecret = { ...done, secret: "" };
    for (const [link, says] of [
      [expired, "This link has expired"],
      [revoked, "This link was withdrawn"],
      [done, connected],
      [madeUp, "This link is not complete"],
      [noSecret, "This link is not complete"],
    ] as const)
      await see(
        link,
        async (page) => {
          await heading(page, says);
          assert.equal(await page.getByRole("button").count(), 0, says);
        },
        { expects: /status of 404/ },
      );
  }),
);

test("a link that is revoked while its page is open says so", options, () =>
  withConnectPage({}, async ({ links, makeLink, see }) => {
    const link = await makeLink();
    await see(link, async (page) => {
      await heading(page, /^Connect your WhatsApp number/);
      await links.revoke(link.id);
      await heading(page, "This link was withdrawn");
    });
  }),
);

test(
  "blocked pop-ups, a blocked SDK and a blocked service are said plainly, and the page goes on from there",
  options,
  () =>
    withConnectPage({}, async ({ makeLink, see }) => {
      const link = await makeLink();
      await see(link, async (page) => {
        await page.getByRole("button", { name: "Continue with Meta" }).waitFor();
        await page.evaluate("window.allowed = window.open; window.open = () => null");
        await page.getByRole("button", { name: "Continue with Meta" }).click();
        await page.getByText("Your browser blocked Meta’s window").waitFor();
        await page.evaluate("window.open = window.allowed");
        await endWindow(await openWindow(page), { ending: "cancel" });
        await heading(page, "You have not finished yet");
      });
      const blocked = /Failed to load resource|ERR_FAILED/;
      await withPage({ expects: blocked }, async (page) => {
        await page.route("**/meta/sdk.js", (route) => route.abort());
        await page.goto(`${link.url.replace("#", "?lang=en#")}`);
        await page.getByText("Meta’s sign-in could not be loaded").waitFor();
        await page.unroute("**/meta/sdk.js");
        await page.getByRole("button", { name: "Continue with Meta" }).click();
        await page.getByText("Meta’s sign-in could not be loaded").waitFor({ state: "detached" });
        await endWindow(await openWindow(page), { ending: "cancel" });
        await heading(page, "You have not finished yet");
      });
      await withPage({ expects: blocked }, async (page) => {
        await page.route("**/v1/session/open", (route) => route.abort(), { times: 7 });
        await page.goto(`${link.url.replace("#", "?lang=en#")}`);
        await page.getByText("Check your internet connection").waitFor();
        await page.getByRole("button", { name: "Continue with Meta" }).waitFor();
      });
    }),
);
