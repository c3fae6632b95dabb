import assert from "node:assert/strict";
import test from "node:test";
import { skipped } from "./browser.ts";
import { endWindow, heading, openWindow, withConnectPage } from "./connect-page.ts";
import { looksRight } from "./console-fixture.ts";

const options = { skip: skipped };

/** Each language's words for the same things: begin, the end. */
const languages = [
  ["en", "Continue with Meta", "Your number is connected"],
  ["de", "Weiter mit Meta", "Ihre Nummer ist verbunden"],
  ["es", "Continuar con Meta", "Su número está conectado"],
  ["pt-BR", "Continuar com a Meta", "Seu número está conectado"],
] as const;

test("the page speaks the customer's language, by the browser's choice and by ?lang=", options, () =>
  withConnectPage({}, async ({ makeLink, see }) => {
    for (const [tag, button, end] of languages) {
      const link = await makeLink();
      await see(
        link,
        async (page) => {
          assert.equal(await page.evaluate("document.documentElement.lang"), tag);
          await endWindow(await openWindow(page, button), { ending: "finish" });
          await heading(page, end);
          assert.match(page.url(), new RegExp(`/c/${link.id}\\?lang=${tag}$`));
        },
        { search: `?lang=${tag}` },
      );
    }
    const link = await makeLink();
    for (const [locale, button] of [
      ["pt-PT", "Continuar com a Meta"],
      ["de-AT", "Weiter mit Meta"],
      ["fr-FR", "Continue with Meta"],
    ] as const)
      await see(link, (page) => page.getByRole("button", { name: button }).waitFor(), { search: "", locale });
  }),
);

test("every screen of the page looks right to every reader", options, () =>
  withConnectPage({}, async ({ links, makeLink, see }) => {
    const link = await makeLink({ redirectUrl: "https://app.example.com/done" });
    const of =
      (target: typeof link) =>
      (_path: string, use: Parameters<typeof see>[1], view = {}) =>
        see(target, use, view);
    await looksRight(of(link), "connect asks", (page) =>
      page.getByRole("button", { name: "Continue with Meta" }).waitFor(),
    );
    await looksRight(of(link), "connect cancelled", async (page) => {
      // The page before may have left the link begun.
      const popup = await openWindow(page, "Continue with Meta");
      await endWindow(popup, { ending: "cancel" });
      await heading(page, "You have not finished yet");
    });
    await see(link, async (page) => {
      await endWindow(await openWindow(page), { ending: "finish" });
      await heading(page, "Your number is connected");
    });
    await looksRight(of(link), "connect connected", (page) => heading(page, "Your number is connected"));
    const revoked = await makeLink();
    await links.revoke(revoked.id);
    await looksRight(of(revoked), "connect revoked", (page) => heading(page, "This link was withdrawn"));
  }),
);

test("the page is used with the keyboard alone", options, () =>
  withConnectPage({}, async ({ makeLink, see }) => {
    const link = await makeLink();
    await see(link, async (page) => {
      await page.getByRole("button", { name: "Continue with Meta" }).waitFor();
      await page.keyboard.press("Tab");
      const opened = page.waitForEvent("popup");
      await page.keyboard.press("Enter");
      const popup = await opened;
      await popup.getByRole("button", { name: "Finish with a number", exact: true }).focus();
      const closed = popup.waitForEvent("close");
      await popup.keyboard.press("Enter");
      await closed;
      await heading(page, "Your number is connected");
      assert.equal(await page.evaluate("document.activeElement.tagName"), "H1");
    });
  }),
);
