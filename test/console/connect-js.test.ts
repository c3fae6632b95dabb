import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import { skipped, type View, withPage } from "./browser.ts";
import { builtPage, endWindow, withConnectPage } from "./connect-page.ts";

const options = { skip: skipped };

/** Uncompressed, bytes. */
const scriptBytesMax = 10_000;

test("connect.js is under 10 kB and depends on nothing", async () => {
  const text = await readFile(join(builtPage, "connect.js"), "utf8");
  assert.ok(text.length > 2000 && text.length < scriptBytesMax, `${text.length} bytes`);
  assert.ok(!/\bimport\b|\brequire\(|sourceMappingURL/.test(text));
});

const statusesSchema = z.array(z.looseObject({ status: z.string(), canStart: z.boolean() }));

/** A page of a platform with connect.js in it, as docs/connect.md has it. */
const withPlatform = (
  { site, connectUrl, link, ...view }: { site: string; connectUrl: string; link: string } & View,
  use: (page: Page, statuses: () => Promise<readonly string[]>) => Promise<void>,
): Promise<void> =>
  withPage(view, async (page) => {
    const html = `<!doctype html><title>Platform</title><link rel="icon" href="data:,">
<button id="connect" disabled>Connect WhatsApp</button>
<script src="${connectUrl}/connect.js"></script>
<script>
  const statuses = [];
  const button = document.querySelector("#connect");
  const session = Perch.connect({
    link: ${JSON.stringify(link)},
    onStatus: (status) => {
      statuses.push(status);
      button.disabled = !status.canStart;
    },
  });
  button.addEventListener("click", () => session.start());
</script>`;
    await page.route(`${site}/**`, (route) => route.fulfill({ contentType: "text/html", body: html }));
    await page.goto(`${site}/`);
    await use(page, async () => {
      const seen = statusesSchema.parse(await page.evaluate("statuses"));
      return seen.map(({ status }) => status);
    });
  });

const until = async (page: Page, status: string): Promise<void> => {
  await page.waitForFunction(`statuses.at(-1).status === "${status}"`);
};

test("a platform's own page connects a customer with connect.js", options, () =>
  withConnectPage({}, async ({ url, makeLink, linkOf }) => {
    const link = await makeLink();
    await withPlatform(
      { site: "https://app.example.com", connectUrl: url, link: link.url },
      async (page, statuses) => {
        await until(page, "ready");
        const opening = page.waitForEvent("popup");
        await page.getByRole("button", { name: "Connect WhatsApp" }).click();
        await endWindow(await opening, { ending: "finish" });
        await until(page, "connected");
        const [first, ...others] = await statuses();
        assert.equal(first, "loading");
        assert.deepEqual([...new Set(others)], ["loading", "ready", "signing_up", "finishing", "connected"]);
      },
    );
    assert.equal((await linkOf(link)).status, "connected");
  }),
);

test("on a page of another site connect.js gets nothing, though it has the link", options, () =>
  withConnectPage({}, async ({ url, makeLink, linkOf }) => {
    const link = await makeLink();
    await withPlatform(
      {
        site: "https://evil.example",
        connectUrl: url,
        link: link.url,
        expects: /CORS|ERR_FAILED|status of 403/,
      },
      async (page) => {
        await page.waitForFunction(`statuses.at(-1).status === "unreachable"`, undefined, {
          timeout: 30_000,
        });
        assert.equal(await page.evaluate("statuses.some(({ name }) => name !== undefined)"), false);
      },
    );
    assert.equal((await linkOf(link)).status, "open");
  }),
);

test("a session that is closed stops asking and says nothing more", options, () =>
  withConnectPage({}, async ({ url, makeLink, links }) => {
    const link = await makeLink();
    await withPlatform({ site: "https://app.example.com", connectUrl: url, link: link.url }, async (page) => {
      await until(page, "ready");
      await page.evaluate("session.close()");
      const asked = page.waitForRequest(/\/v1\/session\//, { timeout: 7000 }).then(
        () => true,
        () => false,
      );
      await links.revoke(link.id);
      assert.equal(await asked, false);
      await until(page, "ready");
    });
  }),
);
