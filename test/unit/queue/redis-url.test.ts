import assert from "node:assert/strict";
import test from "node:test";
import { parseRedisUrl } from "../../../src/queue/redis-url.ts";

test("plain, encrypted and socket addresses", () => {
  assert.deepEqual(parseRedisUrl("redis://h:1/2"), { kind: "server", url: "redis://h:1/2" });
  assert.deepEqual(parseRedisUrl("rediss://u:p@h"), { kind: "server", url: "rediss://u:p@h" });
  assert.deepEqual(parseRedisUrl("unix:///a%20b/r.sock"), { kind: "socket", path: "/a b/r.sock" });
});

test("sentinels with and without port, and the master's user and password", () => {
  assert.deepEqual(parseRedisUrl("redis+sentinel://u:p%40@a:1,b,[::1]:3/main"), {
    kind: "sentinel",
    sentinels: [
      { host: "a", port: 1 },
      { host: "b", port: 26_379 },
      { host: "[::1]", port: 3 },
    ],
    master: "main",
    username: "u",
    password: "p@",
  });
});

test("everything else is refused", () => {
  for (const url of [
    "",
    "redis://",
    "http://h",
    "unix://relative",
    "redis+sentinel://a:1",
    "redis+sentinel://a:x/m",
    "redis+sentinel:///m",
  ]) {
    assert.equal(parseRedisUrl(url), undefined, url);
  }
});
