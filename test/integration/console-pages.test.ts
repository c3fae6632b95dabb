import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { consoleScreens } from "../../src/api/server/console.ts";
import { createApiClient } from "../support/api-client.ts";
import { withStack } from "../support/stack.ts";

const html = { headers: { accept: "text/html,*/*;q=0.8" } };

/** An API that serves a console of one script. */
const withPages = (run: (url: string) => Promise<void>): Promise<void> =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const dir = await mkdtemp(join(tmpdir(), "perch-console-"));
    await using opened = new AsyncDisposableStack();
    opened.defer(() => rm(dir, { recursive: true, force: true }));
    await mkdir(join(dir, "assets"));
    await writeFile(join(dir, "index.html"), "<!doctype html><title>Perch</title>");
    await writeFile(join(dir, "assets/index-abc.js"), "plain");
    await writeFile(join(dir, "assets/index-abc.js.br"), "compressed");
    const api = await startAnApi({ consoleDir: dir });
    assert.equal(api.hasConsole, true);
    await run(api.url);
  });

test("every screen's address answers with the console's page, which runs nothing but its own files", () =>
  withPages(async (url) => {
    const call = createApiClient(url);
    for (const path of [
      "/",
      "/installs/01M8K2ZF2SNX0YNH3GT8A2C7GP",
      ...consoleScreens.map((name) => `/${name}`),
    ]) {
      const { status, text, headers } = await call(path, html);
      assert.deepEqual([status, text], [200, "<!doctype html><title>Perch</title>"], path);
      assert.equal(headers.get("cache-control"), "no-cache");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'self';.*frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|data:|\*|https?:/);
    }
  }));

test("the console's files are kept for a year, and sent compressed to those who take them so", () =>
  withPages(async (url) => {
    const { status, text, headers } = await createApiClient(url)("/assets/index-abc.js", {
      headers: { "accept-encoding": "identity" },
    });
    assert.deepEqual([status, text], [200, "plain"]);
    assert.equal(headers.get("cache-control"), "public, max-age=31536000, immutable");
    const compressed = await fetch(`${url}/assets/index-abc.js`, {
      method: "HEAD",
      headers: { "accept-encoding": "br" },
    });
    assert.equal(compressed.headers.get("content-encoding"), "br");
    assert.match(compressed.headers.get("vary") ?? "", /accept-encoding/);
  }));

test("nothing outside the console's folder is sent, and the other addresses answer as without a console", () =>
  withPages(async (url) => {
    const call = createApiClient(url);
    for (const path of [
      "/assets/..%2f..%2fpackage.json",
      "/assets/%2e%2e%2findex.html",
      "/assets/none.js",
      "/assets/",
      "/none",
    ])
      assert.ok([400, 403, 404].includes((await call(path, html)).status), path);
    assert.deepEqual((await call("/")).body.name, "perch");
    assert.equal(
      (await call("/v1/installs", html)).headers.get("content-type")?.split(";")[0],
      "application/json",
    );
    assert.match((await call("/docs", html)).text, /swagger/);
    assert.equal((await call("/healthz", html)).status, 200);
    const refused = await call("/installs", { method: "POST", json: {} });
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, HEAD"]);
  }));

test("without a build the API says so in one line and serves the rest", async () => {
  const lines: string[] = [];
  await withStack({ startsPaused: true, onLogLine: (line) => lines.push(line) }, async ({ startAnApi }) => {
    const api = await startAnApi({ consoleDir: join(tmpdir(), "no-console-here") });
    assert.equal(api.hasConsole, false);
    assert.equal((await fetch(api.url, { ...html, redirect: "manual" })).status, 302);
    assert.equal((await createApiClient(api.url)("/v1/installs")).status, 200);
  });
  assert.equal(lines.filter((line) => line.includes("console is not built")).length, 1);
});
