import assert from "node:assert/strict";
import test from "node:test";
import { maskedUrl } from "../../../src/notify/masked-url.ts";

test("a logged URL shows where it leads and nothing of its path and query", () => {
  assert.equal(maskedUrl("https://a.test:8443/hook?key=s3cret#part"), "https://a.test:8443/…");
  assert.equal(maskedUrl("https://a.test/hook"), "https://a.test/…");
  assert.equal(maskedUrl("https://a.test/?key=s3cret"), "https://a.test/…");
  assert.equal(maskedUrl("https://user:s3cret@a.test/"), "https://a.test/");
  assert.equal(maskedUrl("nonsense"), "(unreadable)");
});
