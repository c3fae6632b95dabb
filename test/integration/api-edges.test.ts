import assert from "node:assert/strict";
import test from "node:test";
import { createApiClient } from "../support/api-client.ts";
import { withStack } from "../support/stack.ts";

test("a method that an address does not take is 405 with those it does, and an unknown address is 404", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    for (const [method, path, allow] of [
      ["DELETE", "/v1/installs", "GET, HEAD, POST"],
      ["PUT", "/v1/installs/x", "GET, HEAD"],
      ["GET", "/v1/installs/x/retry", "POST"],
      ["POST", "/v1/events/unmatched?limit=1", "GET, HEAD"],
      ["POST", "/healthz", "GET, HEAD"],
    ] as const) {
      const answer = await call(path, { method });
      assert.equal(answer.status, 405, path);
      assert.equal(answer.headers.get("allow"), allow, path);
      assert.equal(answer.body.code, "method_not_allowed");
    }
    for (const path of ["/v1/nothing", "/v1/installs/x/nothing", "/v1/installs/", "/v1"])
      assert.equal((await call(path)).status, 404, path);
  }));

test("the root leads a browser to the documentation and names the addresses to anything else", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    const browser = await fetch(url, { headers: { accept: "text/html,*/*" }, redirect: "manual" });
    assert.equal(browser.status, 302);
    const page = await fetch(new URL(browser.headers.get("location") ?? "", url), {
      headers: { accept: "text/html" },
    });
    assert.equal(page.status, 200);
    const { body } = await createApiClient(url)("/");
    assert.deepEqual([body.name, body.docs, body.openapi], ["perch", "/docs", "/openapi.json"]);
  }));

test("a mangled cursor is 422 and named, in every list", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const call = createApiClient((await stack.startAnApi()).url);
    for (const list of [
      "/v1/installs",
      "/v1/batches",
      "/v1/notifications",
      "/v1/events/unmatched",
      "/v1/events/unreadable",
    ])
      for (const cursor of ["zzz", "1_", "01J", "1-x", "%00", "1_zzz".repeat(100)]) {
        const answer = await call(`${list}?cursor=${cursor}`);
        assert.equal(answer.status, 422, `${list} ${cursor}`);
        assert.deepEqual(answer.body.errors, [
          { path: "/cursor", message: "must be the nextCursor of the page before" },
        ]);
      }
    assert.equal((await call("/v1/events/unmatched?cursor=1_zzz")).status, 422);
  }));
