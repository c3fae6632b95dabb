import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";
import type { Page } from "playwright-core";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { contentOf } from "../support/content-of.ts";
import { storedNames } from "../support/stored-names.ts";
import { skipped, withPage } from "./browser.ts";
import { endWindow, heading, openWindow, withConnectPage } from "./connect-page.ts";

const options = { skip: skipped };

const stolen = JSON.stringify({
  type: "WA_EMBEDDED_SIGNUP",
  event: "FINISH",
  data: { waba_id: "666", phone_number_id: "667" },
  version: 3,
});

/** A site of somebody else, on a port of its own. */
const withSite = async (html: string, run: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>Another site</title>${html}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port }: AddressInfo = Object(server.address());
  try {
    await run(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};

const finish = async (page: Page, phoneId: string): Promise<void> => {
  await endWindow(await openWindow(page), { ending: "finish", phoneId });
  await heading(page, "Your number is connected");
};

test(
  "a hostile page that opens a link has no hold of its window, and its messages count for nothing",
  options,
  () =>
    withConnectPage({}, async ({ makeLink, linkOf, producer }) => {
      const link = await makeLink();
      await withSite("", (site) =>
        withPage({}, async (page) => {
          await page.goto(site);
          const opening = page.waitForEvent("popup");
          await page.evaluate(
            `window.opened = window.open(${JSON.stringify(link.url.replace("#", "?lang=en#"))})`,
          );
          const opened = await opening;
          await opened.getByRole("button", { name: "Continue with Meta" }).waitFor();
          assert.equal(await opened.evaluate("window.opener"), null);
          assert.equal(await page.evaluate("window.opened.closed"), true, "the opener lost it");
          const popup = await openWindow(opened);
          await page.evaluate(`window.opened.postMessage(${JSON.stringify(stolen)}, "*")`);
          // The page's own origin is not Meta's either.
          await opened.evaluate(`window.postMessage(${JSON.stringify(stolen)}, "*")`);
          await endWindow(popup, { ending: "finish", first: "code", phoneId: "10" });
          await heading(opened, "Your number is connected");
        }),
      );
      const install = await producer.installs.find((await linkOf(link)).installId ?? "");
      assert.equal(install?.phoneId, "10");
    }),
);

test("a frame of Meta's origin that is not the window speaks for nobody", options, () =>
  withConnectPage({}, async ({ makeLink, linkOf, producer, sandbox, see }) => {
    const link = await makeLink();
    await see(link, async (page) => {
      const popup = await openWindow(page);
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement("iframe"), { src: "${sandbox.url}/meta/sdk.js" }))`,
      );
      const frame = await (await page.waitForSelector("iframe")).contentFrame();
      await frame?.waitForURL(`${sandbox.url}/meta/sdk.js`);
      await frame?.evaluate(`parent.postMessage(${JSON.stringify(stolen)}, "*")`);
      await endWindow(popup, { ending: "finish", first: "code", phoneId: "11" });
      await heading(page, "Your number is connected");
    });
    const install = await producer.installs.find((await linkOf(link)).installId ?? "");
    assert.equal(install?.phoneId, "11");
  }),
);

test("a hostile page cannot frame a link, nor ask the service with its secret", options, () =>
  withConnectPage({}, async ({ url, makeLink, linkOf }) => {
    const link = await makeLink();
    await withSite(`<iframe src="${link.url}"></iframe>`, (site) =>
      withPage({ expects: /frame|CORS|status of 403|ERR_FAILED|ERR_BLOCKED/i }, async (page) => {
        await page.goto(site);
        const frame = page.frames()[1];
        assert.equal(await frame?.locator("main").count(), 0);
        const body = JSON.stringify({ link: link.id, secret: link.secret });
        const asked = await page.evaluate(
          `fetch("${url}/v1/session/open", { method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(body)} }).then(() => "answered", () => "refused")`,
        );
        assert.equal(asked, "refused");
      }),
    );
    assert.equal((await linkOf(link)).status, "open");
  }),
);

test("code, token, number and the link's secret are in no address, log line or key of Redis", options, () => {
  const lines: string[] = [];
  return withConnectPage({ onLogLine: (line) => lines.push(line) }, async (stack) => {
    const { client, keys, makeLink, see } = stack;
    const link = await makeLink();
    const code = "CANARY-CODE-OF-A-SIGNUP";
    const urls: string[] = [];
    await see(link, async (page) => {
      page.context().on("request", (request) => urls.push(request.url().replace(/#.*/, "")));
      await page.reload();
      assert.ok(!page.url().includes(link.secret), "the secret leaves the address");
      const popup = await openWindow(page);
      await endWindow(popup, { ending: "finish", code, phoneNumber: "+1 415-555-0177" });
      await heading(page, "Your number is connected");
      const kept = await page.evaluate("JSON.stringify([document.cookie, Object.keys(localStorage)])");
      assert.equal(kept, '["",[]]');
    });
    const secrets = [code, metaTokenOf(code), link.secret];
    const names = await storedNames(client, keys);
    const redis = JSON.stringify([
      names,
      ...(await Promise.all(names.map((name) => contentOf(client, name)))),
    ]);
    assert.ok(redis.includes(link.id) && urls.length > 5 && lines.length > 0, "there is something to search");
    for (const secret of secrets)
      for (const [where, text] of [
        ["Redis", redis],
        ["the log", lines.join("\n")],
        ["an address", urls.join("\n")],
      ] as const)
        assert.ok(!text.includes(secret), `${where} has ${secret}`);
    for (const text of [urls.join("\n"), lines.join("\n")])
      assert.ok(!/4155550177|555-0177/.test(text), "a number");
  });
});

test("the page's policy allows its own files and Meta's alone, and nothing inline", options, () =>
  withConnectPage({}, async ({ url, makeLink, sandbox, see }) => {
    const link = await makeLink();
    const response = await fetch(`${url}/c/${link.id}`);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/unsafe|\*/.test(policy), policy);
    assert.ok(policy.includes(`script-src 'self' ${sandbox.url};`), policy);
    const html = await response.text();
    assert.ok(!/<style|<script(?![^>]*src=)| style=| on\w+=/.test(html), html);
    // withPage fails on every violation that the browser reports.
    await see(link, (page) => finish(page, "12"));
  }),
);
